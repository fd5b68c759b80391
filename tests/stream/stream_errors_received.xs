# RFC 6120 4.9: a stream error ends the stream, in any state; an unknown condition counts as
# undefined-condition; see-other-host is a failure (4.9.3.19), not a way to be sent elsewhere.
partner partner.example tls=required sasl=optional dialback=true
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='p1'
< <stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>198.51.100.9:5269</see-other-host></stream:error>
news refused stream_error
news pair-failed contoso.example partner.example stream_error
news close stream_error
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls-required
< <stream:error><of-our-own xmlns='urn:example'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>bye</text></stream:error>
news refused stream_error
news close stream_error
state CLOSING
# what comes after the end is not answered
< <message from='a@partner.example' to='b@contoso.example'/>
< footer
state CLOSING
