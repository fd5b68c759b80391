# Default deny: a domain that is no allowed partner gets a stream error that says so (RFC 6120
# 4.9.3.14), by header or by db:result; subdomains are not implied.
partner partner.example tls=optional sasl=optional dialback=true
stream receiving edge
< header from='stranger.example' to='contoso.example'
error policy-violation stream_not_allowed headed from='contoso.example' to='stranger.example'
state CLOSING
stream receiving edge
< header from='sub.partner.example' to='contoso.example'
error policy-violation stream_not_allowed headed from='contoso.example' to='sub.partner.example'
# our own domain is no partner either
stream receiving edge
< header from='contoso.example' to='contoso.example'
error policy-violation stream_not_allowed headed from='contoso.example' to='contoso.example'
# on the stream of a partner: only that pair is refused, and not for ever
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls dialback-errors limits=524288/600
< <db:result from='stranger.example' to='contoso.example'>k</db:result>
news refused stream_not_allowed
> <db:result from='contoso.example' to='stranger.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
state EXPECT_STARTTLS
< <db:result from='stranger2.example' to='contoso.example'>k</db:result>
news refused stream_not_allowed
> <db:result from='contoso.example' to='stranger2.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
< <db:result from='stranger3.example' to='contoso.example'>k</db:result>
news refused stream_not_allowed
> <db:result from='contoso.example' to='stranger3.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
< <db:result from='stranger4.example' to='contoso.example'>k</db:result>
news refused stream_not_allowed
> <db:result from='contoso.example' to='stranger4.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
< <db:result from='stranger5.example' to='contoso.example'>k</db:result>
news refused stream_not_allowed
> <db:result from='contoso.example' to='stranger5.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
< <db:result from='stranger6.example' to='contoso.example'>k</db:result>
news refused stream_not_allowed
> <db:result from='contoso.example' to='stranger6.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
< <db:result from='stranger7.example' to='contoso.example'>k</db:result>
news refused stream_not_allowed
> <db:result from='contoso.example' to='stranger7.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
< <db:result from='stranger8.example' to='contoso.example'>k</db:result>
news refused stream_not_allowed
> <db:result from='contoso.example' to='stranger8.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
< <db:result from='stranger9.example' to='contoso.example'>k</db:result>
news refused stream_not_allowed
> <db:result from='contoso.example' to='stranger9.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
< <db:result from='stranger10.example' to='contoso.example'>k</db:result>
news refused stream_not_allowed
> <db:result from='contoso.example' to='stranger10.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
< <db:result from='stranger11.example' to='contoso.example'>k</db:result>
news refused stream_not_allowed
> <db:result from='contoso.example' to='stranger11.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
< <db:result from='stranger12.example' to='contoso.example'>k</db:result>
news refused stream_not_allowed
> <db:result from='contoso.example' to='stranger12.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
< <db:result from='stranger13.example' to='contoso.example'>k</db:result>
news refused stream_not_allowed
> <db:result from='contoso.example' to='stranger13.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
< <db:result from='stranger14.example' to='contoso.example'>k</db:result>
news refused stream_not_allowed
> <db:result from='contoso.example' to='stranger14.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
< <db:result from='stranger15.example' to='contoso.example'>k</db:result>
news refused stream_not_allowed
> <db:result from='contoso.example' to='stranger15.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
< <db:result from='stranger16.example' to='contoso.example'>k</db:result>
> <db:result from='contoso.example' to='stranger16.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
error policy-violation stream_not_allowed
