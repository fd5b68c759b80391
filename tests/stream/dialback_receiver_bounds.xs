# Before a peer has proved anything it may have eight keys verified at once, not sixty-four: each makes
# us dial the domain that it names (XEP-0205).
local contoso.example,l2.example,l3.example,l4.example,l5.example,l6.example,l7.example,l8.example,l9.example
partner partner.example tls=optional sasl=notsupported dialback=true
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls dialback-errors limits=524288/600
< <db:result from='partner.example' to='contoso.example'>k</db:result>
news verify contoso.example partner.example $id k
< <db:result from='partner.example' to='l2.example'>k</db:result>
news verify l2.example partner.example $id k
< <db:result from='partner.example' to='l3.example'>k</db:result>
news verify l3.example partner.example $id k
< <db:result from='partner.example' to='l4.example'>k</db:result>
news verify l4.example partner.example $id k
< <db:result from='partner.example' to='l5.example'>k</db:result>
news verify l5.example partner.example $id k
< <db:result from='partner.example' to='l6.example'>k</db:result>
news verify l6.example partner.example $id k
< <db:result from='partner.example' to='l7.example'>k</db:result>
news verify l7.example partner.example $id k
< <db:result from='partner.example' to='l8.example'>k</db:result>
news verify l8.example partner.example $id k
< <db:result from='partner.example' to='l9.example'>k</db:result>
news refused stream_limit
> <db:result from='l9.example' to='partner.example' type='error'><error type='cancel'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
# once it is proved, more
verified contoso.example partner.example $id valid
news authorised contoso.example partner.example dialback-plain from
news established
> <db:result from='contoso.example' to='partner.example' type='valid'/>
< <db:result from='partner.example' to='l9.example'>k</db:result>
news verify l9.example partner.example $id k
