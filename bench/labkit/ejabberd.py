# SPDX-License-Identifier: BSD-3-Clause
"""ejabberd: an unmodified ejabberd with spool, log and node name of its own.

Started by `erl` as the package's ejabberdctl does, but without `su` and with an epmd on the loopback
of the server's namespace. `s2s_max_retry_delay` is low because ejabberd bounces for up to that long
after one failure; `inetrc` sends Erlang's resolver to the lab's DNS.
"""

import subprocess

from .state import LabError

# erl's scheduler threads spin while idle unless told not to; the lab shares few CPUs
ERL_OPTIONS = "+sbwt none +sbwtdcpu none +sbwtdio none +S 1:1 +A 2 +P 20000".split()


def configuration(server, folder, ca):
    hosts = ", ".join(f'"{d}"' for d in server.domains)
    certificates = ", ".join(f'"{folder}/certs/{d}.pem"' for d in server.domains + server.components)
    plain = "".join(
        f'  "{d}":\n    s2s_use_starttls: false\n' for d in server.plain_domains
    )
    components = "".join(
        f'  - {{port: 5347, ip: "{server.address}", module: ejabberd_service, hosts:'
        f' {{"{d}": {{password: "{server.password}"}}}}}}\n'
        for d in server.components
    )
    return f"""\
hosts: [{hosts}]
loglevel: {server.log_level}
certfiles: [{certificates}]
ca_file: "{ca}"
s2s_cafile: "{ca}"
s2s_use_starttls: required
s2s_max_retry_delay: 1
s2s_timeout: infinity
outgoing_s2s_families: [ipv4]
auth_method: internal
auth_password_format: plain
shaper: {{}}
listen:
  - {{port: 5222, ip: "{server.address}", module: ejabberd_c2s, starttls: true, max_stanza_size: 1048576}}
  - {{port: 5269, ip: "{server.address}", module: ejabberd_s2s_in, max_stanza_size: 524288}}
  - {{port: 5270, ip: "{server.address}", module: ejabberd_s2s_in, tls: true, max_stanza_size: 524288}}
{components}modules: {{mod_disco: {{}}, mod_ping: {{}}, mod_roster: {{}}, mod_admin_extra: {{}}, mod_s2s_dialback: {{}}}}
""" + (f"host_config:\n{plain}" if plain else "")


class Ejabberd:
    """One ejabberd node of the lab."""

    def __init__(self, rundir, network, server, dns, ca, issue):
        self.rundir, self.network, self.server = rundir, network, server
        self.folder = rundir.folder(server.name)
        rundir.folder(server.name, "spool")
        for domain in server.domains + server.components:
            issue(f"{self.folder}/certs/{domain}", [domain, *server.extra_names])
        rundir.write(f"{server.name}/ejabberd.yml", configuration(server, self.folder, ca))
        octets = dns.replace(".", ",")
        rundir.write(
            f"{server.name}/inetrc",
            '{resolv_conf,""}.\nclear_ns.\n{nameserver,{%s},53}.\n{lookup,[file,native]}.\n' % octets,
        )
        self.resolv_conf = rundir.write(f"{server.name}/resolv.conf", f"nameserver {dns}\n")
        self.environment = {
            "EJABBERD_CONFIG_PATH": f"{self.folder}/ejabberd.yml",
            "EJABBERD_LOG_PATH": f"{self.folder}/ejabberd.log",
            "ERL_CRASH_DUMP_BYTES": "0",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_INETRC": f"{self.folder}/inetrc",
            "ERL_LIBS": "/usr/lib/x86_64-linux-gnu",
            "ERL_MAX_PORTS": "4096",
            "HOME": str(self.folder),
        }
        self.node = f"{server.name}@localhost"
        self.namespace = network.name(server.namespace)
        self.cookie = f"lab{rundir.number}{server.name}"

    def erl(self, node, *arguments):
        return ["erl", "-noinput", "-sname", node, "-setcookie", self.cookie, "-start_epmd", "false",
                *ERL_OPTIONS, *arguments]  # fmt: skip

    def ctl(self, *command):
        """One command of ejabberdctl against this node."""
        return subprocess.run(
            ["ip", "netns", "exec", self.namespace,
             *self.erl(f"ctl-{self.server.name}@localhost", "-hidden", "-s", "ejabberd_ctl",
                       "-extra", self.node, *command)],
            capture_output=True, text=True, timeout=60, cwd=self.folder,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **self.environment},
        )  # fmt: skip

    def register(self):
        """Accounts need the running node: see finish()."""

    def start(self):
        spawn = self.rundir.spawn
        spawn(f"epmd-{self.server.name}", ["epmd", "-address", "127.0.0.1"], self.namespace,
              self.environment)  # fmt: skip
        spawn(
            self.server.name,
            ["sh", "-ec", 'mount --bind "$0" /etc/resolv.conf; exec "$@"', self.resolv_conf,
             *self.erl(self.node, "-mnesia", "dir", f'"{self.folder}/spool"', "-s", "ejabberd")],
            self.namespace, self.environment, self.folder,
        )  # fmt: skip

    def ready(self):
        listens = self.network.listens
        return listens(self.server.namespace, 5222) and listens(self.server.namespace, 5269)

    def finish(self):
        for user, domain in self.server.users:
            done = self.ctl("register", user, domain, self.server.password)
            if done.returncode != 0:
                raise LabError(f"ejabberdctl register {user}: {done.stdout}{done.stderr}")
