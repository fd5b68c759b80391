#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""table.py - the table of clauses in README.md, made from the first lines of the scripts.

  tests/tcp/table.py [--write]

Without --write it fails where a first line names no clause, where the table is not what the scripts
say, and where a numbered requirement of RFC 9293 is named by neither the table nor the text.
"""
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
README = FOLDER / "README.md"
BEGIN, END = "| RFC | Clause | Scripts |\n| --- | --- | --- |\n", "\n## "
HEAD = re.compile(r"^# RFC (\d[^:]*): \S.*[.]$")
RFC = re.compile(r"^\d{3,4}$")
SECTION = re.compile(r"^\d{1,2}([.]\d+)*$")
NUMBERED = re.compile(r"^(MUST|SHLD|MAY)-\d+$")
TAKES_NUMBER = ("case", "equation", "figure", "step")
ORDER = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"]
REQUIREMENTS = [f"MUST-{n}" for n in range(1, 70)] + [f"SHLD-{n}" for n in range(1, 32)]


def clauses(text):
    """(RFC, section, tag) of each clause that a first line names; text is what stands before its colon."""
    rfc, section, tags, found = None, "", [], []

    def close():
        nonlocal tags
        if rfc is not None:
            found.extend((rfc, section, tag) for tag in tags or [""])
        tags = []

    for part in re.split(r",| and ", text):
        words, free = part.split(), []
        while words:
            word = words.pop(0)
            if RFC.match(word):
                close()
                rfc, section = int(word), ""
            elif SECTION.match(word):
                if section:
                    close()
                section = word
            elif NUMBERED.match(word):
                tags.append(word)
            else:
                free.append(word)
                if word in TAKES_NUMBER and words:
                    free.append(words.pop(0))
        if free:
            tags.append(" ".join(free))
    close()
    return found


def place(row):
    """Where a row stands: by RFC, by section, then steps, numbered requirements, the rest."""
    rfc, section, tag = row
    number = re.search(r"\d+$", tag)
    kind = 0 if not tag else 1 if tag in ORDER else 3 if NUMBERED.match(tag) else 2
    within = ORDER.index(tag) if tag in ORDER else int(number.group()) if number else 0
    return (rfc, [int(n) for n in section.split(".") if n], kind, tag.split("-")[0] if kind == 3 else "", within, tag)


def table(nameless):
    """The table's rows as text; the scripts whose first line names no clause go to nameless."""
    rows = {}
    for script in sorted(FOLDER.glob("*.pkt")):
        with script.open(encoding="ascii") as lines:
            head = HEAD.match(lines.readline().rstrip("\n"))
        named = clauses(head.group(1)) if head else []
        if not named:
            nameless.append(f"{script.name}: the first line is not '# RFC CLAUSES: what is shown.'")
        for row in named:
            rows.setdefault(row, []).append(script.stem)
    return "".join(
        f"| {row[0]} | {' '.join(row[1:]).strip()} | {', '.join(dict.fromkeys(rows[row]))} |\n"
        for row in sorted(rows, key=place)
    )


def main():
    nameless, stale = [], []
    made = table(nameless)
    text = README.read_text(encoding="ascii")
    start = text.index(BEGIN) + len(BEGIN)
    end = text.index(END, start)
    if "--write" in sys.argv[1:]:
        text = text[:start] + made + text[end:]
        README.write_text(text, encoding="ascii")
    elif text[start:end] != made:
        stale.append("README.md: the table is not what the scripts say; tests/tcp/table.py --write makes it so")
    said = set(re.findall(r"(?:MUST|SHLD)-\d+", text))
    silent = [f"README.md: nothing about {r} of RFC 9293" for r in REQUIREMENTS if r not in said]
    checks = [nameless, stale, silent]
    for complaint in sum(checks, []):
        print(complaint)
    failed = sum(1 for check in checks if check)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
