#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""manual_test - the manual pages say what the programs and the schema have, and are well written.

usage: manual_test.py SOURCE SLUICECTL SLUICE SLUICECTL.8
"""

import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree

import terminal
from terminal import check

SOURCE = pathlib.Path(sys.argv[1])
SLUICECTL, SLUICE, SLUICECTL_8 = sys.argv[2:5]
SLUICE_8, SLUICE_XML_5 = (str(SOURCE / "control/man" / name) for name in ("sluice.8", "sluice.xml.5"))
PAGES = (SLUICECTL_8, SLUICE_8, SLUICE_XML_5)
RNG = "{http://relaxng.org/ns/structure/1.0}"


def run(*argv, **env):
    return subprocess.run(argv, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=terminal.PATIENCE_S)  # fmt: skip


def rendered(page):
    """As it is read, without overstriking, blanks as one."""
    text = run("mandoc", "-T", "ascii", "-O", "width=300", page).stdout
    return re.sub(r"\s+", " ", re.sub(".\b", "", text))


def commands_are_in_the_page():
    table = (SOURCE / "control/operator/grammar.def").read_text()
    rows = re.findall(r'^COMMAND\(\w+, \w+, "([^"]+)", ([A-Z]+), "((?:[^"\\]|\\.)+)"\)$', table, re.M)
    check(len(rows) == table.count("\nCOMMAND("), "a row of grammar.def that this test does not read")
    page = rendered(SLUICECTL_8)
    for syntax, level, text in rows:
        text = text.replace('\\"', '"')
        wanted = f" {syntax} {text[:1].upper()}{text[1:]} ({level.lower()})."
        check(wanted in page, f"sluicectl.8 does not say: {wanted}")
    told = run(SLUICECTL, "--commands").stdout.splitlines()
    for line in told:
        check(f" {line.split(chr(9))[0]} " in page, f"sluicectl.8 does not know: {line}")
    check(len(told) > len(rows), "sluicectl has no commands of its own")


def options_are_in_the_pages():
    for program, page in ((SLUICECTL, SLUICECTL_8), (SLUICE, SLUICE_8)):
        options = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", run(program, "--help").stdout)) - {"--nft"}
        check(len(options) > 5, f"{program} --help names few options: {options}")
        text = rendered(page)
        missing = [o for o in options if not re.search(rf"(?<![\w-]){re.escape(o)}(?![\w-])", text)]
        check(not missing, f"{page} does not know {missing}")


def exit_codes_are_in_the_page():
    codes = re.findall(r"EXIT_\w+ = (\d+)", (SOURCE / "control/operator/exit_code.h").read_text())
    status = rendered(SLUICECTL_8).partition("EXIT STATUS")[2].partition("EXAMPLES")[0]
    check(len(codes) == 8, f"exit codes: {codes}")
    for code in codes:
        check(re.search(rf" {code} [A-Z]", status), f"sluicectl.8 does not say what {code} is")


def sections():
    """The list of tags of each subsection of sluice.xml.5, and the whole of its text."""
    text = pathlib.Path(SLUICE_XML_5).read_text()
    found = {}
    for part in text.split("\n.Ss ")[1:]:
        title, _, body = part.partition("\n")
        tags = re.findall(r"^\.It Ic (.*)$", body, re.M)
        found[title] = ({tag for line in tags for tag in line.replace(" ,", "").split()}, body)
    return text, found


def schema_is_in_the_page():
    text, found = sections()
    schema = xml.etree.ElementTree.parse(SOURCE / "control/sluice.rng").getroot()
    parents = {child: parent for parent in schema.iter() for child in parent}
    counted = 0

    def above(node):
        node = parents.get(node)
        while node is not None and node.tag != f"{RNG}element":
            node = parents.get(node)
        return node

    for element in schema.iter(f"{RNG}element"):
        name = element.get("name")
        check(f"<{name}>" in text, f"sluice.xml.5 does not name <{name}>")
        attributes = [a for a in element.iter(f"{RNG}attribute") if above(a) is element]
        title = f"<{name}> in <{above(element).get('name')}>" if name == "tls" else f"<{name}>"
        check(not attributes or title in found, f"sluice.xml.5 has no section on {title}")
        for attribute in attributes:
            tags, body = found[title]
            counted += 1
            check(attribute.get("name") in tags, f"{title}: {attribute.get('name')} is not explained")
            for value in attribute.iter(f"{RNG}value"):
                check(re.search(rf"\b{re.escape(value.text)}\b", body), f"{title}: no value {value.text}")
    check(counted > 60, f"only {counted} attributes were found in the schema")


def defaults_are_those_of_the_example():
    """Where the example shows a default and says so, the page says the same."""
    _, found = sections()
    example = (SOURCE / "control/sluice.example.xml").read_text()
    for section, name in (("<dataplane>", "cores"), ("<dataplane>", "memory-mb"), ("<dataplane>", "idle"),
                          ("<GatewayConfiguration>", "KeepAliveInterval"),
                          ("<GatewayConfiguration>", "MaxStanzaBytes")):  # fmt: skip
        shown = re.search(rf'\b{name}="([^"]+)"', example).group(1)
        entry = found[section][1].partition(f".It Ic {name}\n")[2].partition("\n.It")[0]
        check(f"Default: {shown}." in entry, f"{name}: not Default: {shown}.")


def pages_are_well_written():
    for page in PAGES:
        # which other pages are installed here is no matter of the page's
        lint = [line for line in run("mandoc", "-T", "lint", page).stdout.splitlines()
                if "referenced manual not found" not in line]  # fmt: skip
        check(not lint, f"{page}: " + "\n".join(lint))
        shown = run("man", "--warnings", "-l", page, MANWIDTH="80", LC_ALL="C.UTF-8", MANROFFOPT="")
        check(shown.returncode == 0 and not shown.stderr, f"{page}: {shown.stderr}")
        check(len(shown.stdout) > 2000, f"{page}: man shows nothing")


if __name__ == "__main__":
    sys.exit(terminal.run_tests([
        commands_are_in_the_page, options_are_in_the_pages, exit_codes_are_in_the_page,
        schema_is_in_the_page, defaults_are_those_of_the_example, pages_are_well_written,
    ]))  # fmt: skip
