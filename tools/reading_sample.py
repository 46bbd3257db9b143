#!/usr/bin/python3
"""A sample for reading tests: comments, event texts and names of the tree, drawn by a seed.

Read each line once, like a reader who has never seen the code; a line that must be read twice is to be mended.
  tools/reading_sample.py --seed 17 [--count 40] [--under FOLDER]
"""
import argparse
import random
import re
import subprocess
from pathlib import Path

import tidy_english

ROOT = Path(__file__).resolve().parent.parent
EVENT = re.compile(r"(?:event|notice|on_event_?|queue_event)\(\s*(?:[^;]*?,\s*)?((?:[^;]|\n)*?)\);")
NAME = re.compile(r"^\s*(?:class|struct|enum class)\s+(\w+)\s*[{:]|^\s*(?:[\w:<>,&*\[\] ]+\s)?(\w+)\([^;{}]*\)\s*(?:const)?\s*(?:override)?;", re.M)


def sources(under):
    out = subprocess.run(["git", "ls-files", under], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    return {path: (ROOT / path).read_text() for path in out if path.endswith((".h", ".cc"))}


def comments(files):
    for path, text in files.items():
        for line, comment, own in tidy_english.comments_of(text):
            if own and comment.count(" ") >= 2 and not comment.startswith(("NOLINT", "---", "namespace")):
                yield f"{path}:{line}", comment[:400]


def events(files):
    for path, text in files.items():
        if path.startswith("tests/"):
            continue
        for match in EVENT.finditer(text):
            words = re.findall(r'"((?:\\.|[^"\\])*)"', match.group(1))
            if sum(word.count(" ") for word in words) >= 2:
                yield f"{path}:{text.count(chr(10), 0, match.start()) + 1}", " .. ".join(words)


def names(files):
    for path, text in files.items():
        if path.endswith(".h"):
            for match in NAME.finditer(text):
                name = match.group(1) or match.group(2)
                if name not in ("return", "co_return"):
                    yield f"{path}:{text.count(chr(10), 0, match.start(match.lastindex)) + 1}", match.group(0).strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--under", default=".")
    options = parser.parse_args()
    files = sources(options.under)
    for title, find in (("comments", comments), ("event texts", events), ("names", names)):
        found = sorted(set(find(files)))
        print(f"## {title}: {min(options.count, len(found))} of {len(found)}")
        for place, text in random.Random(options.seed).sample(found, min(options.count, len(found))):
            print(f"{place}: {text}")


if __name__ == "__main__":
    main()
