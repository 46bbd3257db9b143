#!/usr/bin/python3
"""How long the checkers of histories take (release build): makes a legal history of registers and sets, has it judged,
then spoils one read and has it judged again.

  tools/bench_checkers.py [--operations 1000000] [--keys 100] [--rounds 3]"""
import argparse
import json
import random
import statistics
import subprocess
import tempfile
from pathlib import Path

import machine

CHAOS = Path(__file__).resolve().parents[1] / "build" / "release" / "bin" / "chaos"


def make(path, operations, keys, seed, spoil):
    """Each operation takes effect at a moment of its own, so the history is legal; one in ten writes stays in doubt."""
    rnd, lines, now, value = random.Random(seed), [], 0, 0
    content, first = ["null"] * keys, ["null"] * keys
    for number in range(operations):
        now += 100
        key = rnd.randrange(keys)
        began, ended, who = now - rnd.randrange(90), now + rnd.randrange(90), f"c{number}"
        if rnd.random() < 0.5:
            value += 1
            content[key] = str(value)
            first[key] = content[key] if first[key] == "null" else first[key]
            lines.append((began, f'{{"type":"invoke","t_ns":{began},"p":"{who}","f":"write","k":"k{key}","v":{value}}}'))
            if rnd.random() >= 0.1:
                lines.append((ended, f'{{"type":"ok","t_ns":{ended},"p":"{who}","f":"write","k":"k{key}","v":{value}}}'))
        else:
            seen = content[key]
            if spoil and number > operations // 2:
                seen, spoil = first[key], False  # long overwritten
            lines.append((began, f'{{"type":"invoke","t_ns":{began},"p":"{who}","f":"read","k":"k{key}","v":null}}'))
            lines.append((ended, f'{{"type":"ok","t_ns":{ended},"p":"{who}","f":"read","k":"k{key}","v":{seen}}}'))
    lines.sort(key=lambda line: line[0])
    path.write_text("\n".join(line for _, line in lines) + "\n")


def judge(path):
    done = subprocess.run([CHAOS, "check", path, "--json"], capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--keys", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    print(machine.line())
    with tempfile.TemporaryDirectory(prefix="multiaz-checkers-") as folder:
        path = Path(folder) / "history.jsonl"
        for spoil in (False, True):
            make(path, args.operations, args.keys, 1, spoil)
            seen = [judge(path) for _ in range(args.rounds)]
            codes = {code for code, _ in seen}
            assert codes == {1 if spoil else 0}, (codes, seen[0][1])
            judged = [result["judge_ms"] for _, result in seen]
            print(f"{'one read spoiled' if spoil else 'legal'}: {seen[0][1]['registers']['operations']} operations, "
                  f"{seen[0][1]['registers']['anomalies']} anomalies; read in {seen[0][1]['load_ms']} ms, "
                  f"judged in p50 {statistics.median(judged):.0f} ms ({min(judged)}-{max(judged)})")


main()
