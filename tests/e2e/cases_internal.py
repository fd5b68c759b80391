# SPDX-License-Identifier: BSD-3-Clause
"""The internal port: who is let in on 23456, and what a gateway's stanzas may do."""

from harness import LabError, case, check, s2s, wait_until

REFUSED_ALERTS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "HANDSHAKE_FAILURE")


def refused(world, certificate, drop):
    """A client that shows @certificate gets no further than the handshake; @drop counts it."""
    with world.drops(drop):
        stream = world.insider()
        ended = None
        try:
            stream.secure(world.tls(certificate, inside=True, verify=False), "fabrikam.example")
            stream.open("fabrikam.example", "contoso.example")
            ended = stream.end()
        except s2s.Ended as e:
            ended = e
        except OSError as e:  # ssl.SSLError is one: the alert came during the handshake
            ended = s2s.Ended(None, getattr(e, "reason", None) or "closed")
        finally:
            stream.close()
        alert = ended.alert or ""
        check(
            ended.condition == "not-authorized" or any(a in alert for a in REFUSED_ALERTS),
            f"neither an alert nor not-authorized: {ended}",
        )
    world.good_pair()


@case("internal")
def no_client_certificate(world):
    refused(world, None, "tls_no_client_certificate")


@case("internal")
def expired_certificate(world):
    refused(world, "gw-expired", "tls_client_certificate")


@case("internal")
def certificate_of_another_name(world):
    refused(world, "gw-other-name", "tls_client_certificate")


@case("internal")
def certificate_of_another_ca(world):
    refused(world, "gw-other-ca", "tls_client_certificate")


@case("internal")
def listed_certificate_is_let_in(world):
    """The counter-test of the four above: the same client with the right certificate gets EXTERNAL."""
    with world.insider() as stream:
        stream.secure(world.tls("gw-good", inside=True), "fabrikam.example")
        stream.open("fabrikam.example", "contoso.example")
        check(b"EXTERNAL" in stream.features(), "EXTERNAL is not offered")
        stream.external("contoso.example")


@case("internal")
def gateway_may_not_speak_for_others(world):
    """contoso's gateway authenticates as northwind.example: refused."""
    with world.drops("stream_not_allowed"), world.insider() as stream:
        stream.secure(world.tls("gw-good", inside=True), "fabrikam.example")
        try:
            stream.open("fabrikam.example", "northwind.example")
            features = stream.features()
            if b"EXTERNAL" in features:
                stream.external("northwind.example")
            raise AssertionError(f"not refused: {features!r}")
        except (LabError, s2s.Ended):
            pass
    world.good_pair()


@case("internal")
def plaintext_gets_starttls_only(world):
    """A stream in the clear on 23456 is offered STARTTLS, required, and nothing else."""
    with world.insider() as stream:
        stream.open("fabrikam.example", "contoso.example")
        features = stream.features()
        check(b"<required" in features and b"mechanism" not in features, f"{features!r}")
        stream.starttls(world.tls("gw-good", inside=True), "fabrikam.example")
        stream.open("fabrikam.example", "contoso.example")
        check(b"EXTERNAL" in stream.features(), "EXTERNAL is not offered after STARTTLS")


@case("internal")
def unlisted_destination_bounces(world):
    """alice writes to a domain that is not a partner: an error comes back at once."""
    with world.insider() as stream:
        stream.secure(world.tls("gw-good", inside=True), "fabrikam.example")
        stream.open("fabrikam.example", "contoso.example")
        stream.features()
        stream.external("contoso.example")
        stream.open("fabrikam.example", "contoso.example")
        stream.features()
        before = world.relay.law()["bounced"]
        stream.send(
            "<message id='u1' from='alice@contoso.example/x' to='eve@unlisted.example'>"
            "<body>hello?</body></message>"
        )
        wait_until(lambda: world.relay.law()["bounced"] > before, "the bounce", 5)


@case("internal")
def direct_tls_certificate_by_sni(world):
    """The relay stands in for the partner that SNI names, with that partner's certificate."""
    for name in ("fabrikam.example", "tailspin.example"):
        with world.insider() as stream:
            stream.secure(world.tls("gw-good", inside=True), name)  # verifies the name itself
            names = [n for _, n in stream.sock.getpeercert()["subjectAltName"]]
            check(names == [name], f"certificate for {name} names {names}")
