# SPDX-License-Identifier: BSD-3-Clause
"""The Debian package: built by its one command, installed, edited, upgraded, removed and purged, on a copy of this
machine that is laid over it in a mount namespace of its own and forgotten afterwards."""

import pathlib
import re
import shutil
import subprocess

from harness import TREE, case, check, wait_until

MACHINE = """set -e
mkdir -p {at} && mount -t tmpfs none {at} && cd {at} && mkdir up all new
mount -t overlay overlay -o lowerdir=/,upperdir=up,workdir=all new
mount --rbind /dev new/dev && mount -t proc none new/proc
mount -t tmpfs none new/run && mount -t tmpfs none new/tmp
exec sleep infinity"""
DROP_INS = ("none", "vfio", "virtual", "af_xdp")


class Machine:
    """Commands on the copy."""

    def __init__(self, world):
        self.lab, self.root = world.lab, f"{world.lab.rundir.path}/machine/new"
        script = MACHINE.format(at=pathlib.Path(self.root).parent)
        self.child = self.lab.rundir.spawn("machine", ["unshare", "--mount", "sh", "-c", script])
        wait_until(lambda: self.run("test -c /dev/null && mountpoint -q /run", code=None).returncode == 0,
                   "the copy of this machine", 20)  # fmt: skip

    def run(self, command, code=0, data=None):
        done = subprocess.run(
            ["nsenter", "-t", str(self.child.pid), "-m", "chroot", self.root, "sh", "-c", command],
            input=data, capture_output=True,
        )  # fmt: skip
        done.text = (done.stdout + done.stderr).decode(errors="replace")
        check(code is None or done.returncode == code, f"{command}: exit {done.returncode}: {done.text}")
        return done

    def put(self, name, data, mode="644"):
        self.run(f"cat > '{name}' && chmod {mode} '{name}'", data=data)

    def install(self, package):
        self.put("/tmp/sluice.deb", package.read_bytes())
        return self.run("DEBIAN_FRONTEND=noninteractive dpkg --force-confold -i /tmp/sluice.deb").text

    def seen(self, name):
        """Mode, owner and group."""
        return self.run(f"stat -c '%a %U %G' '{name}'").text.strip()

    def close(self):
        self.lab.rundir.end("machine")


def built(*argv):
    done = subprocess.run([TREE / "control/service/deb", *argv], capture_output=True, text=True)
    check(done.returncode == 0, f"control/service/deb: {done.stderr[-2000:]}")
    return pathlib.Path(done.stdout.strip())


def next_version(world, package):
    """The same of a later version whose configuration has changed, too."""
    folder = world.lab.rundir.folder("package")
    shutil.rmtree(folder)
    subprocess.run(["dpkg-deb", "-R", package, folder], check=True)
    control = folder / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: (.*)$", r"Version: \1+1", control.read_text(), flags=re.M))
    config = folder / "etc/sluice/sluice.xml"
    config.write_text(config.read_text().replace("</sluice>", "<!-- of the next version -->\n</sluice>"))
    made = folder.with_suffix(".deb")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", folder, made], check=True, capture_output=True)
    return made


def is_a_good_unit(machine):
    """systemd reads unit and drop-ins, and finds the exposure that the README says."""
    readme = machine.run("cat /usr/share/sluice/service/README.md").text
    for name in DROP_INS:
        folder = "/etc/systemd/system/sluice.service.d"
        machine.run(f"rm -rf {folder} && mkdir -p {folder}")
        if name != "none":
            machine.run(f"ln -s /usr/share/sluice/service/{name}.conf {folder}/")
        said = machine.run("systemd-analyze verify --man=no /lib/systemd/system/sluice.service").text
        check(not said.strip(), f"{name}: {said}")
        said = machine.run("systemd-analyze security --offline=yes --no-pager sluice.service").text
        figure = re.search(r"Overall exposure level for sluice.service: ([\d.]+)", said)[1]
        row = "no drop-in" if name == "none" else f"`{name}.conf`"
        check(f"| {row} | {figure} |" in readme, f"{row} is {figure} now, which the README does not say")
    machine.run("rm -rf /etc/systemd/system/sluice.service.d")


def is_checked(machine, world):
    """The configuration as it comes lacks nothing but certificates; with these it is good."""
    said = machine.run("sluice --check /etc/sluice/sluice.xml", code=7).text
    errors = [line for line in said.splitlines() if ": error: " in line]
    lacking = {re.search(r'"/etc/sluice/([\w.-]+)": No such file', line)[1] for line in errors}
    check(lacking == {"edge.crt", "edge.key", "internal.crt", "internal.key", "internal-ca.pem"}, said)
    for name, source in (("edge", "edge"), ("internal", "edge-int")):
        for ending in ("crt", "key"):
            machine.put(f"/etc/sluice/{name}.{ending}", world.pki(f"{source}.{ending}").read_bytes(), "640")
        machine.run(f"chgrp sluice /etc/sluice/{name}.key /etc/sluice/{name}.crt")
    machine.put("/etc/sluice/internal-ca.pem", world.pki("inside-ca.crt").read_bytes())
    machine.run("setpriv --reuid=sluice --regid=sluice --init-groups sluice --check /etc/sluice/sluice.xml")
    key = machine.run("cat /etc/sluice/edge.key").stdout
    machine.put("/etc/sluice/edge.key", world.pki("mallet.key").read_bytes(), "640")
    said = machine.run("sluice --check /etc/sluice/sluice.xml", code=7).text
    check("edge.key" in said, said)
    machine.put("/etc/sluice/edge.key", key, "640")


def is_rotated(machine):
    machine.put("/var/log/sluice/sluice.log", b"a line\n", "640")
    machine.run("chown sluice:adm /var/log/sluice/sluice.log && logrotate -f /etc/logrotate.d/sluice")
    check(machine.seen("/var/log/sluice/sluice.log") == "640 sluice adm", machine.seen("/var/log/sluice/sluice.log"))
    machine.run("grep -q 'a line' /var/log/sluice/sluice.log.1")


@case("package")
def debian_package(world):
    """Built, installed, checked, edited, upgraded, removed, purged: what is whose stays whose."""
    package = built()
    after = next_version(world, package)
    machine = Machine(world)
    try:
        machine.run("command -v sluice || test ! -e /etc/sluice")
        machine.install(package)
        check(machine.run("sluice --version").text.split()[1] in package.name, package.name)
        machine.run("id -nG sluice | grep -qw sluice-admin")
        for name, wanted in (("/etc/sluice", "750 root sluice"),
                             ("/etc/sluice/sluice.xml", "640 root sluice"),
                             ("/etc/sluice/dialback.secret", "640 root sluice"),
                             ("/run/sluice", "755 sluice sluice"),
                             ("/var/log/sluice", "750 sluice adm")):  # fmt: skip
            check(machine.seen(name) == wanted, f"{name}: {machine.seen(name)}, not {wanted}")
        secret = machine.run("cat /etc/sluice/dialback.secret").stdout
        check(re.fullmatch(rb"[0-9a-f]{64}\n", secret), "dialback.secret")
        is_a_good_unit(machine)
        is_checked(machine, world)
        is_rotated(machine)
        machine.run("sed -i s/contoso.example/edited.example/ /etc/sluice/sluice.xml && chmod 600 /etc/sluice/sluice.xml")
        edited = machine.run("cat /etc/sluice/sluice.xml").stdout
        machine.install(after)
        check("+1" in machine.run("dpkg-query -W sluice").text, "not upgraded")
        check(machine.run("cat /etc/sluice/sluice.xml").stdout == edited, "the edited configuration is lost")
        check(machine.seen("/etc/sluice/sluice.xml") == "600 root sluice", "its mode is changed")
        check(machine.run("cat /etc/sluice/dialback.secret").stdout == secret, "another secret")
        machine.run("dpkg -r sluice")
        machine.run("test ! -e /usr/sbin/sluice && test ! -e /lib/systemd/system/sluice.service")
        check(machine.run("cat /etc/sluice/sluice.xml").stdout == edited, "lost by removing")
        machine.run("dpkg -P sluice")
        left = machine.run("ls /etc/sluice").text.split()
        check("dialback.secret" not in left and "sluice.xml" not in left, f"left behind: {left}")
        check({"edge.key", "internal.key"} <= {*left}, f"certificates are gone: {left}")
        machine.run("test ! -e /var/log/sluice && test ! -e /etc/logrotate.d/sluice")
    finally:
        machine.close()
