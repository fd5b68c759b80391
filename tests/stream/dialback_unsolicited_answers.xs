# XEP-0220 2.1.2, 2.3.2 (the hole of 2012): an answer counts only for a question asked on this stream,
# in this direction, for this pair and id. All others are counted and forgotten; the stream lives.
partner partner.example tls=optional sasl=notsupported dialback=true
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls dialback-errors limits=524288/600
< <db:result from='partner.example' to='contoso.example' type='valid'/>
news refused dialback_unsolicited
< <db:verify from='partner.example' to='contoso.example' id='1' type='valid'/>
news refused dialback_unsolicited
# an answer to the question we ask elsewhere is none on the stream where the key came in
< <db:result from='partner.example' to='contoso.example'>k</db:result>
news verify contoso.example partner.example $id k
< <db:verify from='partner.example' to='contoso.example' id='$id' type='valid'/>
news refused dialback_unsolicited
< <db:result from='partner.example' to='contoso.example' type='valid'/>
news refused dialback_unsolicited
state EXPECT_STARTTLS
# on a stream that we opened: other pairs, a second answer
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='p1'
< features dialback-errors
> <db:result from='contoso.example' to='partner.example'>$(key partner.example contoso.example p1)</db:result>
< <db:result from='other.example' to='contoso.example' type='valid'/>
news refused dialback_unsolicited
< <db:result from='partner.example' to='other.example' type='valid'/>
news refused dialback_unsolicited
< <db:verify from='partner.example' to='contoso.example' id='p1' type='valid'/>
news refused dialback_unsolicited
state EXPECT_DIALBACK more-targets
< <db:result from='partner.example' to='contoso.example' type='valid'/>
news authorised contoso.example partner.example dialback-plain to
news established
< <db:result from='partner.example' to='contoso.example' type='invalid'/>
news refused dialback_unsolicited
state ESTABLISHED more-targets
# a key sent to us down a stream that we opened
< <db:result from='partner.example' to='contoso.example'>k</db:result>
news refused stream_protocol
state ESTABLISHED more-targets
# verifying: another id, another pair, a second time
verify contoso.example partner.example v1 k
> <db:verify from='contoso.example' to='partner.example' id='v1'>k</db:verify>
< <db:verify from='partner.example' to='contoso.example' id='v2' type='valid'/>
news refused dialback_unsolicited
< <db:verify from='other.example' to='contoso.example' id='v1' type='valid'/>
news refused dialback_unsolicited
< <db:verify from='partner.example' to='contoso.example' id='v1' type='valid'/>
news verified contoso.example partner.example v1 valid
< <db:verify from='partner.example' to='contoso.example' id='v1' type='valid'/>
news refused dialback_unsolicited
