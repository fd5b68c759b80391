# XEP-0220 2.2.2, XEP-0185: db:verify is answered from the secret alone, on any stream that came in,
# authenticated or not, before or behind other elements; the key covers both domains and the id.
passphrase s3cr3tf0rd14lb4ck
local montague.example
partner capulet.example tls=optional sasl=optional dialback=true
stream receiving edge
< header from='capulet.example' to='montague.example'
> header from='montague.example' to='capulet.example' db
> features starttls dialback-errors limits=524288/600
< <db:verify from='capulet.example' to='montague.example' id='D60000229F'>$(key capulet.example montague.example D60000229F)</db:verify>
> <db:verify from='montague.example' to='capulet.example' id='D60000229F' type='valid'/>
# indented, as the XEP's examples are
< <db:verify from='capulet.example' to='montague.example' id='D60000229F'>   $(key capulet.example montague.example D60000229F)   </db:verify>
> <db:verify from='montague.example' to='capulet.example' id='D60000229F' type='valid'/>
< <db:verify from='capulet.example' to='montague.example' id='D60000229E'>$(key capulet.example montague.example D60000229F)</db:verify>
news refused dialback_invalid
> <db:verify from='montague.example' to='capulet.example' id='D60000229E' type='invalid'/>
< <db:verify from='other.example' to='montague.example' id='D60000229F'>$(key capulet.example montague.example D60000229F)</db:verify>
news refused dialback_invalid
> <db:verify from='montague.example' to='other.example' id='D60000229F' type='invalid'/>
# no id: nothing could ever match the answer
< <db:verify from='capulet.example' to='montague.example'>k</db:verify>
error bad-format stream_protocol

# ejabberd's way: TLS, EXTERNAL, and the question right behind the restarted header
partner capulet.example tls=required sasl=optional dialback=true
stream receiving edge direct-tls
tls good capulet.example
news restart
< header from='capulet.example' to='montague.example'
> header from='montague.example' to='capulet.example' db
> features external bidi dialback-errors limits=524288/600
< <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>Y2FwdWxldC5leGFtcGxl</auth>
> <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
news restart
< header from='capulet.example' to='montague.example'
news authorised montague.example capulet.example sasl-external from
news established
> header from='montague.example' to='capulet.example' db
> features dialback-errors limits=524288/600
< <db:verify from='capulet.example' to='montague.example' id='1'>$(key capulet.example montague.example 1)</db:verify>
> <db:verify from='montague.example' to='capulet.example' id='1' type='valid'/>
< footer
news close ordinary

# without a from in the header: a stream that does nothing but verify ends in good order
stream receiving edge direct-tls
tls none
news restart
< header to='montague.example'
> header from='montague.example' db
> features bidi dialback-errors limits=524288/600
< <db:verify from='capulet.example' to='montague.example' id='1'>$(key capulet.example montague.example 1)</db:verify>
> <db:verify from='montague.example' to='capulet.example' id='1' type='valid'/>
< footer
news close ordinary
# and one that did not even do that does not
stream receiving edge direct-tls
tls none
news restart
< header to='montague.example'
> header from='montague.example' db
> features bidi dialback-errors limits=524288/600
< footer
news refused stream_closed_early
news close stream_closed_early
# in the clear where TLS is required: not even a question
stream receiving edge
< header from='capulet.example' to='montague.example'
> header from='montague.example' to='capulet.example' db
> features starttls-required
< <db:verify from='capulet.example' to='montague.example' id='1'>k</db:verify>
error policy-violation stream_tls_required
