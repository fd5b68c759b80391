# A reload that takes the method away between a proof and its grant: the new policy decides.
# First: while the key of a partner is being verified.
partner partner.example tls=optional sasl=notsupported dialback=true
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls dialback-errors limits=524288/600
< <db:result from='partner.example' to='contoso.example'>k</db:result>
news verify contoso.example partner.example $id k
partner partner.example tls=required sasl=required dialback=true
verified contoso.example partner.example $id valid
news refused stream_tls_required
> <db:result from='contoso.example' to='partner.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
state EXPECT_STARTTLS

# between <success/> and the restarted header
partner partner.example tls=required sasl=required dialback=true
stream receiving edge direct-tls
tls good partner.example
news restart
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example'
> features external bidi limits=524288/600
< <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>
> <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
news restart
partner partner.example tls=required sasl=notsupported dialback=true
< header from='partner.example' to='contoso.example'
error policy-violation stream_no_method headed from='contoso.example' to='partner.example' db

# we dialled: between <success/> and features
partner partner.example tls=required sasl=required dialback=true
stream initiating edge contoso.example partner.example direct-tls
tls good partner.example
> header from='contoso.example' to='partner.example'
news restart
< header from='partner.example' to='contoso.example' id='p1'
< features external
> <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>Y29udG9zby5leGFtcGxl</auth>
< <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
> header from='contoso.example' to='partner.example'
news restart
< header from='partner.example' to='contoso.example' id='p2'
partner partner.example tls=required sasl=notsupported dialback=true
< features
error policy-violation stream_no_method

# we asked by dialback in the clear, and TLS has become required
partner partner.example tls=optional sasl=notsupported dialback=true
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='p1'
< features dialback
> <db:result from='contoso.example' to='partner.example'>$(key partner.example contoso.example p1)</db:result>
partner partner.example tls=required sasl=notsupported dialback=true
< <db:result from='partner.example' to='contoso.example' type='valid'/>
news refused dialback_refused
news pair-failed contoso.example partner.example dialback_refused
news close dialback_refused
