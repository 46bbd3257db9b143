#!/usr/bin/python3
"""Faults and their heals, a thousand times at random: each must be gone within a second of its end, wherever it was.

  tools/fault_pairs.py [--pairs 1000] [--hands 4] [--seed 1]

Each hand places one fault after the other on a running cluster: of links, inside processes, of whole
zones, of processes (stopped, stopped in turn), of the control plane's rules. Half of them end by their time to live, half
are healed by order at a random moment before. "Gone" is looked for from outside: in the control plane's list, in /proc for
the stopped, and in what every daemon reports of itself (`faults_in_force` is never more than the faults that have not
ended, or ended within the last second). Exit code 0: every one was gone in time, and the cluster is whole at the end."""
import argparse
import collections
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import machine

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "system"))
os.environ.setdefault("MULTIAZ_BUILD", "release")
from cluster import BIN, Cluster, process_state  # noqa: E402

TOML = "[cluster]\nzones = 3\n[web]\ncount = 6\n[dns]\nenabled = true\n"
HEAL_S = 1.0
# kind, figures, the one it is inside of ("" = the hand's own web instance); a link's ends are the hand's own two zones.
LINKS = [("cut", {}, "-"), ("cut_one_way", {}, "-"), ("delay", {"delay_ms": 30}, "-"), ("black_hole", {}, "-"),
         ("reset", {"percent": 30}, "-"), ("bandwidth", {"amount": 2000}, "-")]
INSIDE = [("clock_jump", {"amount": 60000}, ""), ("clock_drift", {"amount": 5000}, ""), ("cpu_hog", {"percent": 40}, ""),
          ("memory_hog", {"amount": 16}, ""), ("slow_requests", {"amount": 50}, ""), ("health_lie", {}, ""),
          ("failing_requests", {"percent": 10}, ""), ("fd_exhaustion", {"amount": 64}, ""), ("disk_slow", {"amount": 20}, "db-c1"),
          ("dns_outage", {}, "dns-1"), ("dns_lie", {}, "dns-1")]
SLOW_LINKS = 4  # zone_slow is one fault for each other end: two zones, the name server, the control plane
ACTS = ["stop", "stop_duty", "zone_slow", "zone_shift", "sg_mistake", "asg_suspend"]


class Books:
    """Which faults may be in force: those that have not ended, or ended less than HEAL_S ago."""

    def __init__(self):
        self.lock, self.open, self.ended = threading.Lock(), {}, collections.deque()

    def begin(self, what, count=1):
        with self.lock:
            self.open[what] = count

    def end(self, what, at):
        with self.lock:
            self.ended.append((at, self.open.pop(what)))

    def allowed(self, at):
        with self.lock:
            while self.ended and self.ended[0][0] < at - 10:
                self.ended.popleft()
            return sum(self.open.values()) + sum(count for end, count in self.ended if end > at - HEAL_S)


class Watcher(threading.Thread):
    """Compares, all the time, what the control plane lists and each daemon reports with what the books allow."""

    def __init__(self, cluster, books):
        super().__init__(daemon=True)
        self.cluster, self.books, self.over = cluster, books, threading.Event()
        self.looks, self.seen, self.problems = 0, 0, []

    def run(self):
        while not self.over.is_set():
            try:
                told = {"the control plane": len(self.cluster.get("/v1/faults"))}
                for id in self.cluster.ps():
                    told[id] = self.cluster.get(f"/v1/instances/{id}").get("counters", {}).get("faults_in_force", 0)
            except (OSError, httpx.HTTPError, AssertionError):
                continue  # the control plane was asked while an instance went
            allowed = self.books.allowed(time.monotonic())
            self.looks += 1
            self.seen = max(self.seen, *told.values())
            self.problems += [f"{who}: {count} faults in force, at most {allowed} may be"
                              for who, count in told.items() if count > allowed]
            time.sleep(0.05)


class Hand(threading.Thread):
    """Places faults and heals them, one after the other; `done`: (kind, seconds from the end to gone)."""

    def __init__(self, cluster, books, number, share, seed):
        super().__init__()
        self.cluster, self.books, self.share = cluster, books, share
        self.random = random.Random(seed * 1000 + number)
        self.web = sorted(id for id, one in cluster.ps().items() if one["tier"] == "web")[number % 6]
        self.zones = [("az-a", "az-b"), ("az-b", "az-c"), ("az-a", "az-c")][number % 3]
        self.acts_too = number == 0  # of whole zones and of the control plane's rules: one hand
        self.done, self.problems = [], []

    def run(self):
        for number in range(self.share):
            try:
                if self.acts_too and self.random.random() < 0.4:
                    self.act((id(self), number))
                else:
                    self.order((id(self), number), *self.random.choice(self.random.choice([LINKS, INSIDE])))
            except Exception as error:  # noqa: BLE001 - reported, and the campaign fails
                self.problems.append(repr(error))

    def order(self, number, kind, figures, inside):
        """One fault of the control plane's, ended by its time to live or by order."""
        ends = {"a": self.zones[0], "b": self.zones[1]} if inside == "-" else {"a": inside or self.web}
        for_ms = self.random.randint(50, 800)
        self.books.begin(number)
        placed = self.cluster.post("/v1/fault", kind=kind, for_ms=for_ms, **ends, **figures)
        end = time.monotonic() + for_ms / 1000
        try:
            assert placed.status_code == 200, placed.text
            fault = placed.json()["id"]
            if self.random.random() < 0.5:
                time.sleep(self.random.uniform(0, for_ms / 1000))
                self.cluster.post("/v1/heal", id=fault)
                end = min(end, time.monotonic())
            time.sleep(max(0, end - time.monotonic()))
        finally:
            self.books.end(number, end)
        self.wait_gone(kind, end, lambda: any(one["id"] == fault for one in self.cluster.get("/v1/faults")))

    def act(self, number):
        """One whose heal is an act, through `chaos inject`."""
        kind = self.random.choice(ACTS)
        target = {"stop": self.web, "stop_duty": self.web, "zone_slow": "az-c", "zone_shift": "az-b"}.get(kind)
        for_ms = self.random.randint(300, 800)
        pid = self.cluster.ps()[self.web]["pid"]
        words = ["chaos", "inject", kind, *([target] if target else []), "--for-ms", for_ms, "--name", self.cluster.name]
        self.books.begin(number, SLOW_LINKS if kind == "zone_slow" else 0)
        done = subprocess.run([str(BIN / "multiaz"), *map(str, words)], env=self.cluster._env, capture_output=True,
                              text=True, timeout=60)
        record = json.loads(done.stdout)
        end = record["applied_ns"] / 1e9 + for_ms / 1000  # of the same clock
        self.books.end(number, end)
        if record["left_behind"] or not record["bit"]:
            self.problems.append(f"{kind}: {record}")
        stopped = kind in ("stop", "stop_duty")
        self.wait_gone(kind, record["healed_ns"] / 1e9 - end, lambda: stopped and is_stopped(pid), late=True)

    def wait_gone(self, kind, end, left, late=False):
        """Waits until it is gone; `late`: `end` is how late it was healed, as the record has it."""
        began = time.monotonic()
        while left() and time.monotonic() - began < 10:
            time.sleep(0.01)
        now = time.monotonic()
        self.done.append((kind, end + now - began if late else now - end))


def is_stopped(pid):
    try:
        return process_state(pid) == "T"
    except FileNotFoundError:
        return False  # it was replaced meanwhile


def report(hands, watcher, elapsed_s):
    done = [one for hand in hands for one in hand.done]
    problems = [one for hand in hands for one in hand.problems] + watcher.problems
    late = [f"{kind}: gone {seconds:.2f} s after its end" for kind, seconds in done if seconds > HEAL_S]
    kinds = collections.defaultdict(list)
    for kind, seconds in done:
        kinds[kind].append(seconds * 1000)
    print(f"{machine.line()}: {len(done)} pairs by "
          f"{len(hands)} hands in {elapsed_s:.0f} s; {watcher.looks} looks at every daemon, up to {watcher.seen} in force at once")
    print("\n| fault | pairs | gone after ms, median (max) |\n|---|---|---|")
    for kind, values in sorted(kinds.items()):
        print(f"| {kind} | {len(values)} | {statistics.median(values):.0f} ({max(values):.0f}) |")
    for text in (late + problems)[:20]:
        print(text)
    print(f"\nlate: {len(late)}, problems: {len(problems)}")
    return 1 if late or problems else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--hands", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="multiaz-") as home, Cluster(home, name="pairs", toml=TOML) as cluster:
        books = Books()
        watcher = Watcher(cluster, books)
        watcher.start()
        hands = [Hand(cluster, books, number, options.pairs // options.hands, options.seed) for number in range(options.hands)]
        began = time.monotonic()
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        elapsed_s = time.monotonic() - began
        time.sleep(HEAL_S + 0.5)  # the last ones, too, are looked at
        watcher.over.set()
        watcher.join()
        cluster.wait_healthy()
        code = report(hands, watcher, elapsed_s)
    sys.exit(code)


if __name__ == "__main__":
    main()
