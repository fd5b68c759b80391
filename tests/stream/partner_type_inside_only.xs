# The partner's type is told on the internal leg alone: on headers and db:result towards a gateway,
# never to the partner itself.
partner partner.example tls=optional sasl=optional dialback=true type=PublicVerified
gateway gw1 names=fe1.contoso.example domains=contoso.example
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls dialback-errors limits=524288/600
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='p1'
< features dialback
> <db:result from='contoso.example' to='partner.example'>$(key partner.example contoso.example p1)</db:result>
stream receiving internal
< header from='contoso.example' to='partner.example'
> header from='partner.example' to='contoso.example' partner:type='PublicVerified' db
> features starttls-required
