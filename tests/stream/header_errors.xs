# RFC 6120 4.9.1.1, 4.9.3: what is wrong with a header is said inside a stream: our header comes first.
local contoso.example,fabrikam.example
partner partner.example tls=required sasl=optional dialback=true
# 4.9.3.10: a client's namespace on the port of servers
stream receiving edge
< <?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='contoso.example' version='1.0'>
error invalid-namespace stream_namespace headed db
# a root that is no stream
stream receiving edge
< <stream:stream xmlns='jabber:server' xmlns:stream='urn:example:other' to='contoso.example' version='1.0'>
error invalid-namespace stream_namespace headed db
# 4.9.3.25: a version that is none
stream receiving edge
< <stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' to='contoso.example' version='one'>
error unsupported-version stream_namespace headed db
# 4.7.5: a later version is answered by ours
stream receiving edge
< <stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' from='partner.example' to='contoso.example' version='2.1'>
> header from='contoso.example' to='partner.example' db
> features starttls-required
# 4.9.3.6: a domain that is not served here; our header speaks for one that is
stream receiving edge
< header from='partner.example' to='nosuch.example'
error host-unknown stream_host_unknown headed from='contoso.example' db
# 4.9.3.7: no to at all, an empty one
stream receiving edge
< header from='partner.example'
error improper-addressing stream_host_unknown headed db
stream receiving edge
< header from='partner.example' to=''
error improper-addressing stream_host_unknown headed db
# from is no domain name
stream receiving edge
< header from='not a domain' to='contoso.example'
error improper-addressing stream_not_allowed headed from='contoso.example' db
# case and the root's dot do not matter (RFC 7622 3.2)
stream receiving edge
< header from='PARTNER.example.' to='Contoso.EXAMPLE'
> header from='contoso.example' to='partner.example' db
> features starttls-required
# Prosody sends an empty id, other attributes come in any order and either quote
stream receiving edge
< <?xml version="1.0"?><stream:stream version="1.0" to="fabrikam.example" id='' xml:lang='en' from="partner.example" xmlns:db="jabber:server:dialback" xmlns:stream="http://etherx.jabber.org/streams" xmlns="jabber:server">
> header from='fabrikam.example' to='partner.example' db
> features starttls-required
# a U-label is its A-label (RFC 6120 8.1.2, RFC 7622 3.2)
partner xn--bcher-kva.example tls=required sasl=optional dialback=true
stream receiving edge
< header from='bücher.example' to='contoso.example'
> header from='contoso.example' to='xn--bcher-kva.example' db
> features starttls-required
# markup in a name comes back as no markup
stream receiving edge
< header from='partner.example' to='&lt;/stream:stream&gt;'
error host-unknown stream_host_unknown headed from='contoso.example' db
