# XEP-0220 2.4: a target that is not ours is item-not-found, and the stream lives on.
partner partner.example tls=optional sasl=notsupported dialback=true
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls dialback-errors limits=524288/600
< <db:result from='partner.example' to='nosuch.example'>k</db:result>
news refused stream_host_unknown
> <db:result from='nosuch.example' to='partner.example' type='error'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
state EXPECT_STARTTLS
< <db:verify from='partner.example' to='nosuch.example' id='x'>k</db:verify>
news refused stream_host_unknown
> <db:verify from='nosuch.example' to='partner.example' id='x' type='error'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:verify>
# a name that is none is worse
< <db:result from='partner.example' to=''>k</db:result>
error improper-addressing stream_protocol
