# A server from before RFC 3920: no version, no features (RFC 6120 4.7.5), the namespace declaration is
# its word for dialback; to and from may be missing. Google Talk's way, by policy alone.
partner partner.example tls=notsupported sasl=notsupported dialback=true
partner strict.example tls=required sasl=optional dialback=true
stream receiving edge
< oldheader
> header db
< <db:result from='partner.example' to='contoso.example'>k</db:result>
news verify contoso.example partner.example $id k
verified contoso.example partner.example $id valid
news authorised contoso.example partner.example dialback-plain from
news established
> <db:result from='contoso.example' to='partner.example' type='valid'/>
stream receiving edge
< oldheader from='strict.example' to='contoso.example'
error policy-violation stream_tls_required headed from='contoso.example' to='strict.example' db
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< oldheader id='old1'
> <db:result from='contoso.example' to='partner.example'>$(key partner.example contoso.example old1)</db:result>
< <db:result from='partner.example' to='contoso.example' type='valid'/>
news authorised contoso.example partner.example dialback-plain to
news established
stream initiating edge contoso.example strict.example
open
> header from='contoso.example' to='strict.example' db
< oldheader id='old1'
error policy-violation stream_tls_required
# no id: there is nothing to make a key of
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< oldheader
error policy-violation stream_no_method
