# SPDX-License-Identifier: BSD-3-Clause
"""prosody: an unmodified Prosody with configuration, data and log of its own.

Settings that are there for a reason: no mod_limits (it would hold every inbound server connection to
30 kB/s), the lab's DNS by `unbound.forward`, and the families of address that the server is to use for other servers.
"""

import subprocess

from .state import LabError

BASE_MODULES = ["roster", "saslauth", "tls", "dialback", "disco", "ping", "posix"]


def quoted(values):
    return "{ " + ", ".join(f'"{v}"' for v in values) + " }"


def configuration(server, folder, dns, ca):
    """@server: cast.Server."""
    modules = list(BASE_MODULES)
    if server.bidi:
        modules.append("s2s_bidi")
    if server.plain:
        modules.remove("tls")
    lines = [
        "run_as_root = true",
        f'data_path = "{folder}/data"',
        f'certificates = "{folder}/certs"',
        f'pidfile = "{folder}/prosody.pid"',
        f'log = {{ {server.log_level} = "*console" }}',
        f"modules_enabled = {quoted(modules)}",
        'modules_disabled = { "limits" }',
        'authentication = "internal_plain"',
        'storage = "internal"',
        f"use_ipv4 = {str(4 in server.families).lower()}",
        f"use_ipv6 = {str(6 in server.families).lower()}",
        f'interfaces = {{ "{server.address}" }}',
        f"s2s_interfaces = {quoted(server.s2s_addresses)}",
        f"s2s_direct_tls_interfaces = {quoted(server.s2s_addresses)}",
        'unbound = { resolvconf = false, hoststxt = false, forward = "%s@53" }' % dns,
        "c2s_ports = { 5222 }",
        "s2s_ports = { 5269 }",
        f'component_interfaces = {{ "{server.address}" }}',
        f"s2s_direct_tls_ports = {{ {'' if server.plain else 5270} }}",
        f's2s_ssl = {{ cafile = "{ca}" }}',
        f's2s_direct_tls_ssl = {{ cafile = "{ca}" }}',
        f"s2s_require_encryption = {'false' if server.plain else 'true'}",
        f"s2s_secure_auth = {'false' if server.plain else 'true'}",
        f"c2s_require_encryption = {'false' if server.plain else 'true'}",
        f"allow_unencrypted_plain_auth = {'true' if server.plain else 'false'}",
    ]
    for domain in server.domains:
        lines += [
            f'VirtualHost "{domain}"',
            f'  ssl = {{ certificate = "{folder}/certs/{domain}.crt";'
            f' key = "{folder}/certs/{domain}.key"; cafile = "{ca}" }}',
        ]
    for domain in server.components:
        lines += [
            f'Component "{domain}"',
            f'  component_secret = "{server.password}"',
            f'  ssl = {{ certificate = "{folder}/certs/{domain}.crt";'
            f' key = "{folder}/certs/{domain}.key"; cafile = "{ca}" }}',
        ]
    return "\n".join(lines) + "\n"


class Prosody:
    """One Prosody process of the lab."""

    def __init__(self, rundir, network, server, dns, ca, issue):
        self.rundir, self.network, self.server = rundir, network, server
        self.folder = rundir.folder(server.name)
        rundir.folder(server.name, "data")
        for domain in server.domains + server.components:
            issue(f"{self.folder}/certs/{domain}", [domain, *server.extra_names])
        self.config = rundir.write(
            f"{server.name}/prosody.cfg.lua", configuration(server, self.folder, dns, ca)
        )

    def register(self):
        """Makes the accounts; before start, as prosodyctl writes the files itself."""
        for user, domain in self.server.users:
            done = subprocess.run(
                [
                    "prosodyctl", "--root", "--config", str(self.config),
                    "register", user, domain, self.server.password,
                ],
                capture_output=True, text=True,
            )  # fmt: skip
            if done.returncode != 0:
                raise LabError(f"prosodyctl register {user}: {done.stdout}{done.stderr}")

    def start(self):
        self.rundir.spawn(
            self.server.name,
            ["prosody", "-F", "--config", self.config],
            self.network.name(self.server.namespace),
        )

    def ready(self):
        listens = self.network.listens
        return listens(self.server.namespace, 5222) and listens(self.server.namespace, 5269)

    def finish(self):
        """What needs the running server: nothing here."""
