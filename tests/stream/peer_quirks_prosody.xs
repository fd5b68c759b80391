# Prosody 0.12: id='' and an XML declaration in its headers, <bidi/><auth/> in one go, a dialback
# feature without <errors/> (so no second target is asked for), and no stanza before our features.
partner partner.example tls=required sasl=optional dialback=true also=two.partner.example
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< <?xml version='1.0'?><stream:stream xmlns:db='jabber:server:dialback' xmlns:stream='http://etherx.jabber.org/streams' xml:lang='en' from='partner.example' id='0b0a-1' to='contoso.example' version='1.0' xmlns='jabber:server'>
< <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>
> <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
< <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
tls bad partner.example
> header from='contoso.example' to='partner.example' db
news restart
< header from='partner.example' to='contoso.example' id='0b0a-2'
< features dialback bidi
> <bidi xmlns='urn:xmpp:bidi'/>
> <db:result from='contoso.example' to='partner.example'>$(key partner.example contoso.example 0b0a-2)</db:result>
< <db:result from='partner.example' to='contoso.example' type='valid'/>
news authorised contoso.example partner.example dialback-tls from,to
news established
state ESTABLISHED secure bidi
add-pair contoso.example two.partner.example no
# another sender of ours it would take
local contoso.example,fabrikam.example
add-pair fabrikam.example partner.example
> <db:result from='fabrikam.example' to='partner.example'>$(key partner.example fabrikam.example 0b0a-2)</db:result>
