#!/usr/bin/python3
"""Runs the demonstration many times and prints one table (Markdown, for docs/results.md).

  tools/campaign.py --runs 20                     the whole demonstration, 20 times in a row
  tools/campaign.py --runs 1 --repeat 20 --only kill    each kill 20 times in one cluster

A run that fails is kept: its JSON and story go to build/campaign/ and the exit code is 1.
Nothing is retried.
"""
import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

import machine

ROOT = Path(__file__).resolve().parent.parent
CLAIMS = ["lost_carts", "lost_acked_cart_writes", "lost_orders", "duplicate_orders", "stale_reads", "unread"]


def run_once(number, options):
    flags = ["--json", "--seed", str(options.seed + number), "--repeat", str(options.repeat)]
    if options.only:
        flags += ["--only", options.only]
    binary = ROOT / "build" / options.build / "bin" / "multiaz"
    done = subprocess.run([binary, "demo", *flags], capture_output=True, text=True)
    try:
        report = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        report = {"ok": False, "faults": []}
    folder = ROOT / "build" / "campaign"
    folder.mkdir(parents=True, exist_ok=True)
    if done.returncode != 0:
        (folder / f"seed-{options.seed + number}.json").write_text(done.stdout)
        (folder / f"seed-{options.seed + number}.txt").write_text(done.stderr)
    return done.returncode, report


def spread(values):
    return f"{statistics.median(values):.0f} ({min(values):.0f}-{max(values):.0f})" if values else "-"


def print_table(reports, codes):
    print(f"\n{machine.line()}: {len(reports)} runs, {codes.count(0)} without failure\n")
    for key in ["elapsed_ms", "start_ms", "memory_mb", "requests", "failed_requests", "acked_cart_writes", "orders", *CLAIMS]:
        print(f"- {key}: {spread([report[key] for report in reports if key in report])}")
    print("\n| fault | times | outage ms, median (min-max) | detected ms | failed requests | whole again ms |\n|---|---|---|---|---|---|")
    names = list(dict.fromkeys(fault["fault"] for report in reports for fault in report["faults"]))
    for name in names:
        rows = [fault for report in reports for fault in report["faults"] if fault["fault"] == name]
        columns = [spread([row[key] for row in rows]) for key in ["outage_ms", "detect_ms", "failed_requests", "redundancy_restored_ms"]]
        print(f"| {name} | {len(rows)} | " + " | ".join(columns) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--build", default="release")
    options = parser.parse_args()
    codes, reports = [], []
    for number in range(options.runs):
        code, report = run_once(number, options)
        codes.append(code)
        reports.append(report)
        print(f"run {number + 1}: exit {code}, " + ", ".join(f"{claim} {report.get(claim)}" for claim in CLAIMS), flush=True)
    print_table(reports, codes)
    sys.exit(0 if all(code == 0 for code in codes) else 1)


if __name__ == "__main__":
    main()
