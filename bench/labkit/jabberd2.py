# SPDX-License-Identifier: BSD-3-Clause
"""jabberd2: its router and its s2s, which is all that stanzas between a server and a component meet.

It knows STARTTLS with dialback, no SASL EXTERNAL. The component's secret is the server's password.
"""

FILES_MAX = 60000


def router_configuration(server, folder):
    return f"""\
<router>
  <id>router</id>
  <pidfile>{folder}/router.pid</pidfile>
  <log type='stdout'/>
  <local>
    <ip>{server.address}</ip>
    <port>5347</port>
    <users>{folder}/router-users.xml</users>
    <secret>{server.password}</secret>
  </local>
  <check><interval>60</interval><keepalive>0</keepalive></check>
  <io><max_fds>1024</max_fds></io>
  <aci><acl type='all'><user>jabberd</user></acl></aci>
</router>
"""


def s2s_configuration(server, folder, ca):
    return f"""\
<s2s>
  <id>s2s</id>
  <pidfile>{folder}/s2s.pid</pidfile>
  <router>
    <ip>{server.address}</ip>
    <port>5347</port>
    <user>jabberd</user>
    <pass>{server.password}</pass>
    <retry><init>10</init><lost>3</lost><sleep>1</sleep></retry>
  </router>
  <log type='stdout'/>
  <local>
    <ip>{server.address}</ip>
    <port>5269</port>
    <secret>{server.password}</secret>
    <pemfile>{folder}/certs/{server.domains[0]}.pem</pemfile>
    <cachain>{ca}</cachain>
  </local>
  <io><max_fds>{FILES_MAX}</max_fds><limits><stanzasize>524288</stanzasize></limits></io>
  <check>
    <interval>60</interval><queue>60</queue><retry>5</retry><idle>86400</idle>
    <keepalive>0</keepalive><dnscache>300</dnscache>
  </check>
  <lookup>
    <srv>xmpp-server</srv>
    <min-ttl>30</min-ttl><max-ttl>86400</max-ttl><bad-host-timeout>5</bad-host-timeout>
  </lookup>
  <security><require_tls/></security>
</s2s>
"""


class Jabberd2:
    """Two processes: <name>-router and <name>."""

    def __init__(self, rundir, network, server, dns, ca, issue):
        self.rundir, self.network, self.server = rundir, network, server
        self.folder = rundir.folder(server.name)
        issue(f"{self.folder}/certs/{server.domains[0]}",
              [*server.domains, *server.components, *server.extra_names])  # fmt: skip
        write = rundir.write
        self.router = write(f"{server.name}/router.xml", router_configuration(server, self.folder))
        self.s2s = write(f"{server.name}/s2s.xml", s2s_configuration(server, self.folder, ca))
        write(f"{server.name}/router-users.xml", "<users><user><name>jabberd</name>"
              f"<secret>{server.password}</secret></user></users>\n")  # fmt: skip
        self.resolv_conf = write(f"{server.name}/resolv.conf", f"nameserver {dns}\n")

    def register(self):
        """No accounts: sm and c2s do not run."""

    def start(self):
        namespace = self.network.name(self.server.namespace)
        self.rundir.spawn(f"{self.server.name}-router", ["jabberd2-router", "-c", self.router],
                          namespace)  # fmt: skip
        self.rundir.spawn(
            self.server.name,
            ["sh", "-ec", 'mount --bind "$0" /etc/resolv.conf; exec "$@"', self.resolv_conf,
             "jabberd2-s2s", "-c", self.s2s],
            namespace,
        )  # fmt: skip

    def ready(self):
        listens = self.network.listens
        return listens(self.server.namespace, 5347) and listens(self.server.namespace, 5269)

    def finish(self):
        """What needs the running server: nothing here."""
