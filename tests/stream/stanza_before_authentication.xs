# RFC 6120 4.9.3.12: nothing is relayed before authentication; and after it the core sends here only
# what no grant covers (4.9.3.9, 4.9.3.7).
partner partner.example tls=optional sasl=optional dialback=true
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls dialback-errors limits=524288/600
< <message from='a@partner.example' to='b@contoso.example'><body>x</body></message>
error not-authorized stanza_unauthenticated
# while the key is still being verified
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls dialback-errors limits=524288/600
< <db:result from='partner.example' to='contoso.example'>k</db:result>
news verify contoso.example partner.example $id k
< <iq type='get' id='1' from='partner.example' to='contoso.example'><ping xmlns='urn:xmpp:ping'/></iq>
error not-authorized stanza_unauthenticated
# the answer comes too late to matter
verified contoso.example partner.example $id valid
state CLOSING
# after authentication
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls dialback-errors limits=524288/600
< <db:result from='partner.example' to='contoso.example'>k</db:result>
news verify contoso.example partner.example $id k
verified contoso.example partner.example $id valid
news authorised contoso.example partner.example dialback-plain from
news established
> <db:result from='contoso.example' to='partner.example' type='valid'/>
< <presence from='a@other.example' to='b@contoso.example'/>
error invalid-from stanza_invalid_from
# on a stream that we opened, from a peer that we did not ask for bidi
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='p1'
< <message from='a@partner.example' to='b@contoso.example'/>
error not-authorized stanza_unauthenticated
