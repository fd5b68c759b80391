#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""commands - puts the list of sluicectl's commands into its manual page.

usage: commands.py SLUICECTL FRAME PAGE
"""

import pathlib
import re
import subprocess
import sys


def escaped(text):
    return text.replace("\\", r"\e").replace('"', r"\(dq")


def macros(syntax):
    """The words of a syntax as mdoc: what is typed, what is a value, what may be left out."""
    out = []
    for token in re.findall(r"\[|\]|[^\s\[\]]+", syntax):
        if token == "[":
            out.append("Oo")
        elif token == "]":
            out.append("Oc")
        elif token == "...":
            out.append("No ...")
        elif token[0].isupper():
            out.append(f"Ar {token}")
        elif token.startswith("-"):
            out.append(f"Fl {token[1:]}")
        else:
            out.append(f"Ic {token}")
    return " ".join(out)


def listed(rows):
    lines = [".Bl -tag -width Ds"]
    for syntax, level, text in rows:
        lines += [f".It {macros(syntax)}", f"{escaped(text[:1].upper() + text[1:])}", f"({level})."]
    return "\n".join([*lines, ".El"])


def main():
    program, frame, page = sys.argv[1:4]
    told = subprocess.run([program, "--commands"], check=True, stdout=subprocess.PIPE, text=True).stdout
    rows = [line.split("\t") for line in told.splitlines()]
    text = pathlib.Path(frame).read_text(encoding="utf-8")
    pathlib.Path(page).write_text(text.replace("@COMMANDS@", listed(rows)), encoding="utf-8")


if __name__ == "__main__":
    main()
