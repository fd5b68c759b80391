# SPDX-License-Identifier: BSD-3-Clause
"""proxies: HAProxy and nginx as what they are here for: TLS in, TLS out, nothing parsed.

Mutual TLS on both sides, one thread, connections on port 5269 passed on to BACKEND_PORT of the same
host, where the load generator takes them.
"""

import resource

BACKEND_PORT = 7269
STREAMS_MAX = resource.getrlimit(resource.RLIMIT_NOFILE)[1] // 2 - 100  # two files each


def haproxy_configuration(server, certificate, ca):
    return f"""\
global
  nbthread 1
  maxconn {STREAMS_MAX}
  ssl-default-bind-options ssl-min-ver TLSv1.3
defaults
  mode tcp
  timeout connect 10s
  timeout client 1h
  timeout server 1h
frontend edge
  bind {server.address}:5269 ssl crt {certificate}.pem ca-file {ca} verify required
  default_backend inside
backend inside
  server gateway {server.address}:{BACKEND_PORT} ssl crt {certificate}.pem ca-file {ca} verify required sni str({server.domains[0]}) verifyhost {server.domains[0]}
"""


def nginx_configuration(server, folder, certificate, ca):
    return f"""\
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
master_process off;
user root;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections {2 * STREAMS_MAX}; }}
worker_rlimit_nofile {2 * STREAMS_MAX};
stream {{
  server {{
    listen {server.address}:5269 ssl;
    ssl_certificate {certificate}.crt;
    ssl_certificate_key {certificate}.key;
    ssl_client_certificate {ca};
    ssl_verify_client on;
    ssl_protocols TLSv1.3;
    proxy_pass {server.address}:{BACKEND_PORT};
    proxy_ssl on;
    proxy_ssl_protocols TLSv1.3;
    proxy_ssl_certificate {certificate}.crt;
    proxy_ssl_certificate_key {certificate}.key;
    proxy_ssl_trusted_certificate {ca};
    proxy_ssl_verify on;
    proxy_ssl_server_name on;
    proxy_ssl_name {server.domains[0]};
    proxy_timeout 1h;
  }}
}}
"""


class Proxy:
    """One of the two; @command starts it in the foreground with its configuration file."""

    def __init__(self, rundir, network, server, _dns, ca, issue):
        self.rundir, self.network, self.server = rundir, network, server
        self.folder = rundir.folder(server.name)
        certificate = f"{self.folder}/certs/{server.domains[0]}"
        issue(certificate, server.domains)
        self.config = rundir.write(f"{server.name}/{server.kind}.conf",
                                   self.configuration(certificate, ca))  # fmt: skip

    def register(self):
        """No accounts here."""

    def start(self):
        self.rundir.spawn(self.server.name, self.command(),
                          self.network.name(self.server.namespace))  # fmt: skip

    def ready(self):
        return self.network.listens(self.server.namespace, 5269)

    def finish(self):
        """What needs the running server: nothing here."""


class Haproxy(Proxy):
    def configuration(self, certificate, ca):
        return haproxy_configuration(self.server, certificate, ca)

    def command(self):
        return ["haproxy", "-db", "-f", self.config]


class Nginx(Proxy):
    def configuration(self, certificate, ca):
        return nginx_configuration(self.server, self.folder, certificate, ca)

    def command(self):
        return ["nginx", "-c", self.config, "-p", self.folder]
