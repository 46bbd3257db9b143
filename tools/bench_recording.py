#!/usr/bin/python3
"""What recording costs: the same load on one cluster with everything recorded and with counts only, in turn (release
build). Operations a second of shoppers and probes that never wait, so that the recorder shares the machine with all
that it records.

  tools/bench_recording.py [--rounds 7] [--seconds 6] [--shoppers 32]"""
import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

import machine

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "system"))
os.environ.setdefault("MULTIAZ_BUILD", "release")
from cluster import Cluster  # noqa: E402


def load(cluster, options, seed, *flags):
    done = cluster.run("chaos", "load", "--for", f"{options.seconds}s", "--shoppers", options.shoppers, "--think-ms", 0,
                       "--seed", seed, "--json", *flags, timeout=options.seconds + 60)
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout.strip().splitlines()[-1])


def spread(values):
    return f"{statistics.median(values):.0f} ({min(values):.0f}-{max(values):.0f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--shoppers", type=int, default=32)
    options = parser.parse_args()
    recorded, counted = [], []
    with tempfile.TemporaryDirectory(prefix="multiaz-") as home, Cluster(home, name="record") as cluster:
        load(cluster, options, 1)  # warm
        for number in range(options.rounds):
            runs = [(recorded, []), (counted, ["--no-record"])]
            for into, flags in runs if number % 2 == 0 else reversed(runs):
                into.append(load(cluster, options, number + 2, *flags)["operations_per_s"])
    ratios = [with_it / without for with_it, without in zip(recorded, counted)]
    print(f"{machine.line()}, release preset, "
          f"{options.rounds} rounds of {options.seconds} s, {options.shoppers} shoppers")
    print(f"recorded:    {spread(recorded)} operations/s")
    print(f"counts only: {spread(counted)} operations/s")
    print(f"recorded / counts only: {statistics.median(ratios):.3f} ({min(ratios):.3f}-{max(ratios):.3f})")
    sys.exit(0 if statistics.median(ratios) > 0.95 else 1)


if __name__ == "__main__":
    main()
