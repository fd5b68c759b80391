# RFC 6120 5.3.1: where TLS is required, neither SASL nor dialback is taken before it; where it is not,
# EXTERNAL still needs it (6.5.3).
partner partner.example tls=required sasl=optional dialback=true
partner lax.example tls=optional sasl=optional dialback=true
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls-required
< <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>
error policy-violation stream_tls_required
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls-required
< <db:result from='partner.example' to='contoso.example'>k</db:result>
error policy-violation stream_tls_required
stream receiving edge
< header from='lax.example' to='contoso.example'
> header from='contoso.example' to='lax.example' db
> features starttls dialback-errors limits=524288/600
< <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>
news refused sasl_failed
> <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><encryption-required/><text xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>[trace-1]</text></failure>
# a lax header does not open the door to a strict domain: nothing is authorised yet, so the stream ends
< <db:result from='partner.example' to='contoso.example'>k</db:result>
error policy-violation stream_tls_required
# nor does a header that names nobody
stream receiving edge
< header to='contoso.example'
> header from='contoso.example' db
> features starttls dialback-errors limits=524288/600
< <db:result from='partner.example' to='contoso.example'>k</db:result>
error policy-violation stream_tls_required
# with an authorised pair on the stream only the further one is refused
stream receiving edge
< header to='contoso.example'
> header from='contoso.example' db
> features starttls dialback-errors limits=524288/600
< <db:result from='lax.example' to='contoso.example'>k</db:result>
news verify contoso.example lax.example $id k
verified contoso.example lax.example $id valid
news authorised contoso.example lax.example dialback-plain from
news established
> <db:result from='contoso.example' to='lax.example' type='valid'/>
< <db:result from='partner.example' to='contoso.example'>k</db:result>
news refused stream_tls_required
> <db:result from='contoso.example' to='partner.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
# STARTTLS after dialback is too late
< <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news refused stream_protocol
> <failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news close stream_protocol
