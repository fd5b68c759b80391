# A reload that takes the partner away while its key is being verified: a valid answer comes too late.
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
> <db:result from='contoso.example' to='partner.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>
state EXPECT_STARTTLS
