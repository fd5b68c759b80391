# SPDX-License-Identifier: BSD-3-Clause
"""run - every benchmark of the project, what met its goal and what did not.

Installs what is needed and builds, unless --prepared; then runs the parts named (all by default),
one after the other, and writes into --out: results.json, results.md, machine.json and plots (SVG).
Progress is on standard error.

Exit status: 0 every goal that was measured is met, 1 one is not, 2 a part could not be measured.
"""

import argparse
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from suite import curves, link, machine, parts, peers, plots, results, watch  # noqa: E402

TREE = pathlib.Path(__file__).resolve().parents[2]
ALL = [*parts.PROGRAMS, link.LinkPart(), *watch.PARTS, peers.Peers()]


def arguments():
    names = "\n".join(f"  {p.name:<11} {p.title}" for p in ALL)
    parser = argparse.ArgumentParser(
        prog="run", description=__doc__, epilog=f"parts:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("parts", nargs="*", metavar="PART", help="one of those below")
    parser.add_argument("--short", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--json", action="store_true", help="one object a line on standard output")
    parser.add_argument("--out", type=pathlib.Path, default=TREE / "build" / "bench-results",
                        help="folder for what is written")  # fmt: skip
    parser.add_argument("--build", type=pathlib.Path, default=TREE / "build")
    parser.add_argument("--lab", type=int, default=90, help="number of the lab to use")
    parser.add_argument("--plots", action="store_true", help="only draw the plots of the results in --out anew")
    parser.add_argument("--list", action="store_true", help="name the parts and end")
    parser.add_argument("--prepared", action="store_true", help="install and build nothing")
    args = parser.parse_args()
    known = {p.name for p in ALL}
    if wrong := set(args.parts) - known:
        parser.error(f"no part {', '.join(sorted(wrong))}; --list names them")
    return args


def run_part(part, args, book, place):
    """False when it could not be measured."""
    print(f"run: [{place}] {part.name}: {part.title}", file=sys.stderr, flush=True)
    began = time.monotonic()
    try:
        for item in part.measure(args, book.found):
            book.add(part.name, item)
    except parts.CannotMeasure as e:
        print(f"run: {part.name}: {e}", file=sys.stderr)
        book.cannot(part.name, str(e))
        return False
    print(f"run: [{place}] {part.name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    return True


def draw_again(out):
    try:
        lines = [json.loads(line) for line in (out / "results.json").read_text().splitlines()]
    except OSError as e:
        print(f"run: {e}: --out names the folder of an earlier run", file=sys.stderr)
        return 2
    for _, file in plots.draw(curves.of({line["name"]: line["value"] for line in lines}), out):
        print(file)
    return 0


def main():
    args = arguments()
    if args.list:
        for part in ALL:
            print(f"{part.name:<11} {part.title}")
        return 0
    if args.plots:
        return draw_again(args.out)
    chosen = [p for p in ALL if not args.parts or p.name in args.parts]
    facts = machine.facts()
    book = results.Book(args.json)
    before = machine.steal()
    good = [run_part(part, args, book, f"{n}/{len(chosen)}") for n, part in enumerate(chosen, 1)]
    facts["steal during the run"] = machine.steal_share(before)
    args.out.mkdir(parents=True, exist_ok=True)
    drawn = plots.draw(curves.of(book.found), args.out)
    book.write(args.out, facts, drawn)
    book.say_verdict(args.out)
    return 2 if not all(good) else int(book.missed > 0)


if __name__ == "__main__":
    sys.exit(main())
