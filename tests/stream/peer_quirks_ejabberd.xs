# ejabberd 23.01: an empty <mechanisms/> before TLS where its TLS is optional; EXTERNAL on every
# encrypted stream whatever the certificate, then <not-authorized/>, after which the same stream is
# still good for dialback; <errors/> in its dialback feature; a stream without a from to verify on.
partner partner.example tls=optional sasl=optional dialback=true
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='12345678901234567890'
< features starttls mechanisms-empty dialback-errors
> <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
< <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
tls good partner.example
> header from='contoso.example' to='partner.example' db
news restart
< header from='partner.example' to='contoso.example' id='2'
< features external dialback-errors
> <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>Y29udG9zby5leGFtcGxl</auth>
< <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/><text xml:lang='en'>unsupported certificate purpose</text></failure>
news refused sasl_failed
> <db:result from='contoso.example' to='partner.example'>$(key partner.example contoso.example 2)</db:result>
state EXPECT_DIALBACK secure more-targets
< <db:result from='partner.example' to='contoso.example' type='valid'/>
news authorised contoso.example partner.example dialback-tls to
news established
