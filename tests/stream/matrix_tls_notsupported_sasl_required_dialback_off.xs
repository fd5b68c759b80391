# The negotiation matrix, row TLS=notsupported SASL=required dialback=false: nothing is left (the configuration refuses it).
# S: SASL EXTERNAL (RFC 6120 6, XEP-0178); DT, DC: dialback over TLS, over plain TCP (XEP-0220).
partner partner.example tls=notsupported sasl=required dialback=false

# receiving, dialback over plain TCP
stream receiving edge
< header from='partner.example' to='contoso.example'
error policy-violation stream_no_method headed from='contoso.example' to='partner.example'

# initiating, the other side offers no TLS
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example'
< header from='partner.example' to='contoso.example' id='a1'
< features dialback-errors
error policy-violation stream_no_method

# initiating, the other side offers TLS, which is not taken
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example'
< header from='partner.example' to='contoso.example' id='a1'
< features starttls dialback-errors
error policy-violation stream_no_method

# initiating, the other side requires TLS
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example'
< header from='partner.example' to='contoso.example' id='a1'
< features starttls-required
error policy-violation stream_no_method
