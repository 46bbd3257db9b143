#!/usr/bin/python3
"""The same scenarios on our engines and on Redis (with its replicas) and PostgreSQL (with its synchronous standby), in
turn on one machine; prints one table for docs/results.md (release build).

  tools/engines_table.py [--seeds 3] [SCENARIO...]

Outage: the longest time without an acknowledged request, the worst of browse, cart and order; median (max) of the seeds.
Lost: acknowledged cart writes + orders that are gone. Anomalies: reads of registers and sets, straight at the engines, that
no linearizable store could answer. Exit code 0 unless ours lost something or a run proved nothing twice."""
import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import machine

MULTIAZ = Path(__file__).resolve().parents[1] / "build" / "release" / "bin" / "multiaz"
SCENARIOS = ["cache-primary-killed", "cache-double-failover", "cache-primary-stopped", "cache-primary-cut-then-killed",
             "cache-primary-isolated", "cache-orderly-failover", "cache-slow-replicas", "db-primary-killed",
             "db-double-failover", "db-primary-stopped", "db-primary-cut-then-killed", "db-primary-isolated",
             "db-orderly-failover", "db-slow-replicas", "cache-then-database", "zone-of-the-primary-down",
             "zone-of-the-primary-cut-off", "zone-slow", "aws-az-power-interruption", "aws-rds-failover",
             "control-plane-dies-in-a-failover", "web-killed", "lb-killed"]
ENGINES = {"ours": [], "theirs": ["--cache-engine", "redis", "--db-engine", "postgres"]}


def run(scenario, seed, engine, folder):
    """The result of a run that proves something, or None; a second attempt is counted and said."""
    for attempt in range(2):
        out = Path(folder) / f"{scenario}-{engine}-{seed}-{attempt}"
        done = subprocess.run([MULTIAZ, "chaos", "run", scenario, "--seed", str(seed), "--json", "--out", out,
                               *ENGINES[engine]], capture_output=True, text=True, timeout=300)
        try:
            result = json.loads(done.stdout.strip().splitlines()[-1])
        except (ValueError, IndexError):
            print(f"{scenario}, {engine}, seed {seed}: exit {done.returncode}: {done.stderr[-300:]}", file=sys.stderr)
            continue
        if done.returncode in (0, 1):
            return result
        why = "; ".join(one["name"] + ": " + one["text"] for one in result["claims"] if one["ruling"] != "holds")
        print(f"{scenario}, {engine}, seed {seed}: exit {done.returncode}: {why}", file=sys.stderr)
    return None


class Cell:
    """What the seeds of one scenario on one pair of engines gave."""

    def __init__(self, results):
        self.results = [one for one in results if one]
        figures = [one["figures"] for one in self.results]
        self.outages = [max(one[f"outage_{path}_ms"] for path in ("browse", "cart", "order")) for one in figures]
        self.lost = sum(one["lost_writes"] + one["lost_orders"] for one in figures)
        self.acked = sum(one.get("acked_writes", 0) + one.get("orders", 0) for one in figures)
        self.anomalies = sum(one["anomalies"] for one in figures)

    def text(self):
        if not self.results:
            return "no proof | - | -"
        return (f"{statistics.median(self.outages):.0f} ({max(self.outages)}) | {self.lost} of {self.acked} | {self.anomalies}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", default=SCENARIOS)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    bad = 0
    print(f"{machine.line()}, release preset, "
          f"seeds 1-{options.seeds}\n")
    print("| scenario | ours: outage ms | lost | anomalies | Redis, PostgreSQL: outage ms | lost | anomalies |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="multiaz-") as folder:
        for scenario in options.scenarios:
            results = {engine: [] for engine in ENGINES}
            for seed in range(1, options.seeds + 1):
                for engine in ENGINES if seed % 2 else reversed(ENGINES):
                    results[engine].append(run(scenario, seed, engine, folder))
            ours, theirs = Cell(results["ours"]), Cell(results["theirs"])
            bad += ours.lost + ours.anomalies + (not ours.results) + (not theirs.results)
            print(f"| {scenario} | {ours.text()} | {theirs.text()} |", flush=True)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
