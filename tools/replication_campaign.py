#!/usr/bin/python3
"""Random faults on real processes, with 500 writes/s on the cache and on the database each.

  tools/replication_campaign.py --single 200 --double 50 [--seed S] [--json FILE]

Each fault must be seen to bite, and acknowledged writes must lie around it; one that does not is made up for. After it, everything has to be
in sync again. At the end of each cluster: no acknowledged write is lost, no failed one is there, no read of a
primary is stale, no two members' serving times overlap (from their own events, on the shared monotonic clock),
all logs are equal. Exit 0 only if all of that holds; what failed is kept in build/replication-campaign.
"""
import argparse
import json
import os
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx
import machine

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("MULTIAZ_BUILD", "release")
sys.path.insert(0, str(ROOT / "tests" / "system"))
from cluster import Cluster, process_state, wait_until  # noqa: E402
from replication_load import Load  # noqa: E402

TOML = "[web]\ncount = 1\n[lb]\nper_zone = 1\n"
LEASE = re.compile(r"epoch (\d+) (serves since|served until) (\d+) ns")
GROUPS = ("cache", "db")


class Strike:
    """One fault: strike() begins it, bit() says whether it was seen from outside, end() ends it."""

    def __init__(self, cluster, draw, kind, group, who):
        self.cluster, self.kind, self.group, self.who = cluster, kind, group, who
        members = [i for i in cluster.ps().values() if i["tier"] == group]
        primaries = [i for i in members if i["role"] == "primary"]
        others = [i for i in members if i["role"] in ("replica", "standby", "secondary")] or members
        self.one = (primaries or members)[0] if who == "primary" else draw.choice(others)
        self.others = [i for i in members if i["id"] != self.one["id"]]
        self.peer = draw.choice(self.others)
        self.for_ms = draw.choice([100, 400, 700, 1200, 2500])
        self.held = 0

    @property
    def name(self):
        return f"{self.kind} {self.group}:{self.who}"

    def counters(self, member):
        return self.cluster.get(f"/v1/instances/{member['id']}")["counters"]

    def held_bytes(self):
        return sum(self.counters(m).get("fabric_bytes_held", 0) for m in (self.one, self.peer))

    def post(self, path, **body):
        answer = self.cluster.post(path, **body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def strike(self):
        target = self.one["id"]
        if self.kind in ("kill", "kill twice"):
            self.post("/v1/kill", target=target)
        elif self.kind == "kill orchestrator":
            self.pid = self.cluster.orchestrator_pid()
            os.kill(self.pid, 9)
        elif self.kind == "stop":
            os.kill(self.one["pid"], 19)
        else:
            self.for_ms = max(self.for_ms, 400)  # some heartbeats long
            self.held = self.held_bytes()
            body = {"cut": {"kind": "cut"}, "cut one way": {"kind": "cut_one_way"},
                    "cut off": {"kind": "cut"},
                    "delay": {"kind": "delay", "delay_ms": 60, "jitter_ms": 40}}[self.kind]
            if self.kind == "delay":  # of a link that commits wait for
                names = next(g for g in self.cluster.get("/v1/groups") if g["name"] == self.group)["in_sync"]
                self.peer = next((i for i in self.others if i["id"] in names), self.peer)
            for other in self.others if self.kind == "cut off" else [self.peer]:
                self.post("/v1/fault", a=target, b=other["id"], for_ms=self.for_ms, **body)
        self.at = time.monotonic()

    def bit(self):
        if self.kind == "stop":
            wait_until(lambda: process_state(self.one["pid"]) == "T", 2, "the stop")
            return True
        if self.kind == "kill orchestrator":
            wait_until(lambda: self.cluster.orchestrator_pid() not in (None, self.pid), 10, "another orchestrator")
            return True
        if self.kind == "kill":
            wait_until(self.replaced, 10, f"another {self.one['id']}")
            return True
        if self.kind == "kill twice":
            fresh = wait_until(self.replaced, 10, f"another {self.one['id']}")
            os.kill(fresh, 9)  # as it starts
            self.one["pid"] = fresh
            wait_until(self.replaced, 10, f"a third {self.one['id']}")
            return True
        time.sleep(self.for_ms / 1000)
        return True  # looked at after its end: bytes_were_held

    def replaced(self):
        now = instances(self.cluster).get(self.one["id"])
        return now["pid"] if now and now["pid"] and now["pid"] != self.one["pid"] else None

    def over(self):
        try:
            return not self.cluster.get("/v1/faults")
        except httpx.TransportError:
            return False

    def end(self):
        if self.kind == "stop":
            time.sleep(self.for_ms / 1000)
            try:
                os.kill(self.one["pid"], 18)
            except ProcessLookupError:
                pass  # taken for hung and replaced
            return True
        if self.kind.startswith("cut"):
            wait_until(self.over, 20, "the end of the fault")
            try:
                # Held bytes, or a member that was replaced meanwhile and counts anew.
                return self.held_bytes() != self.held
            except AssertionError:
                return True
        return True


EXTRA_CLUSTERS_MAX = 3
SINGLE = [("kill", "primary", 5), ("kill", "secondary", 2), ("kill twice", "primary", 3), ("kill twice", "secondary", 1),
          ("stop", "primary", 5), ("stop", "secondary", 2), ("cut", "primary", 4), ("cut one way", "primary", 4),
          ("cut one way", "secondary", 1), ("cut off", "primary", 4), ("cut off", "secondary", 1), ("delay", "primary", 3),
          ("kill orchestrator", "primary", 1)]


def draw_strike(cluster, draw):
    kind, who, _ = draw.choices(SINGLE, weights=[s[2] for s in SINGLE])[0]
    return Strike(cluster, draw, kind, draw.choice(GROUPS), who)


def whole(cluster):
    try:
        return cluster.healthy() and all(len(g["in_sync"]) == (3 if g["name"] == "cache" else 2) for g in cluster.get("/v1/groups"))
    except Exception:  # the orchestrator is just being replaced
        return False


def act(cluster, draw, double):
    """One experiment; a row for the report."""
    wait_until(lambda: whole(cluster), 60, "a whole cluster")
    time.sleep(draw.uniform(0.02, 0.2))
    begin = time.monotonic()
    strikes = [draw_strike(cluster, draw)]
    strikes[0].strike()
    if double:
        time.sleep(draw.uniform(0, 0.6))
        wait_until(lambda: cluster.orchestrator_pid() is not None, 10, "an orchestrator")
        wait_until(lambda: instances(cluster), 10, "its API")
        strikes.append(draw_strike(cluster, draw))
        while strikes[1].one["id"] == strikes[0].one["id"] and strikes[0].kind == "stop":
            strikes[1] = draw_strike(cluster, draw)
        strikes[1].strike()
    bits = [s.bit() for s in strikes]
    ends = [s.end() for s in strikes]
    wait_until(lambda: whole(cluster), 90, "a whole cluster again")
    return {"name": " + ".join(s.name for s in strikes), "groups": sorted({s.group for s in strikes}), "begin": begin,
            "end": time.monotonic(), "bit": all(bits) and all(ends),
            "delays": [(s.group, s.at, s.for_ms / 1000) for s in strikes if s.kind == "delay"]}


def delay_bit(load, at, for_s):
    """Writes took as long as the link, or none got through (its member was taken out meanwhile)."""
    took = [w.end - w.begin for w in load.writes if w.outcome == "ok" and at + 0.1 < w.begin < at + for_s - 0.1]
    return not took or max(took) > 0.05


def instances(cluster):
    """Empty while the orchestrator is being replaced: it may be the other fault's target."""
    try:
        return cluster.ps()
    except httpx.TransportError:
        return {}


def lease_problems(cluster):
    """(texts, number of serving times). An end that was never told is bounded by the signal that killed the process,
    or by its exit: that comes later when a thread of it still waits for the disk."""
    wrong, count = [], 0
    events = cluster.events()
    exits = {}
    for event in events:
        if event["kind"] in ("exit", "kill"):
            exits.setdefault(event["target"], []).append(event["t_ns"])
    for group in GROUPS:
        spans, open_since = [], {}
        for event in sorted((e for e in events if e["kind"] == "lease" and e["source"].startswith(group + "-")),
                            key=lambda e: int(LEASE.search(e["text"])[3])):
            epoch, what, t = LEASE.search(event["text"]).groups()
            member = event["source"]
            if what == "serves since":
                if member in open_since:
                    spans.append(close_span(member, open_since.pop(member), exits))
                open_since[member] = (int(t), int(epoch))
            elif member in open_since:
                since = open_since.pop(member)
                spans.append((since[0], int(t), since[1], member))
        spans += [close_span(member, since, exits) for member, since in open_since.items()]
        spans.sort()
        count += len(spans)
        for a, b in zip(spans, spans[1:]):
            if b[0] < a[1] and a[3] != b[3]:
                wrong.append(f"{group}: {a[3]} served epoch {a[2]} until {a[1]}, {b[3]} epoch {b[2]} from {b[0]}")
            if b[2] < a[2]:
                wrong.append(f"{group}: epoch {b[2]} after {a[2]}")
    return wrong, count


def close_span(member, since, exits):
    ends = [t for t in exits.get(member, []) if t > since[0]]
    return since[0], min(ends, default=time.monotonic_ns()), since[1], member


def log_problems(cluster):
    def tails():
        rows = {}
        for one in cluster.ps().values():
            if one["tier"] in GROUPS:
                more = cluster.get(f"/v1/instances/{one['id']}")
                rows.setdefault(one["tier"], set()).add((more["tail"], more["commit"], more["counters"]["log_tail_hash"]))
        return rows
    try:
        wait_until(lambda: all(len(one) == 1 for one in tails().values()), 15, "equal logs")
        return []
    except AssertionError:
        return [f"logs differ: {tails()}"]


def run_cluster(options, number, plan):
    """One cluster, some experiments. Returns (rows, problems, counts)."""
    draw = random.Random(options.seed * 1000 + number)
    folder = Path(tempfile.mkdtemp(prefix="multiaz-campaign-"))
    rows, problems = [], []
    cluster = Cluster(folder, name="camp", toml=TOML)
    try:
        loads = [Load(group, cluster.endpoints, options.rate, seed=number) for group in GROUPS]
        time.sleep(0.5)
        for double in plan:
            row = act(cluster, draw, double)
            rows.append(row)
            print(f"  {row['name']}: {row['end'] - row['begin']:.1f} s{'' if row['bit'] else ', DID NOT BITE'}", flush=True)
        time.sleep(0.5)
        for load in loads:
            load.end()
        for load in loads:
            problems += load.judge()
        leases, spans = lease_problems(cluster)
        problems += leases + log_problems(cluster)
        if spans < 2:
            problems.append(f"only {spans} serving times were told: nothing could be compared")
        for row in rows:
            row["double"] = " + " in row["name"]
            for load in loads:
                row["bit"] &= all(delay_bit(load, at, for_s) for group, at, for_s in row["delays"] if group == load.daemon)
                row[f"outage_{load.daemon}"] = load.outage_s(row["begin"], row["end"])
                row["overlap"] = row.get("overlap", True) and load.acknowledged(row["begin"] - 1, row["begin"]) > 0 \
                    and load.acknowledged(row["begin"], row["end"] + 1) > 0
        counts = {"acknowledged": sum(w.outcome == "ok" for l in loads for w in l.writes), "serving_times": spans,
                  "doubt": sum(w.outcome == "doubt" for l in loads for w in l.writes),
                  "failed": sum(w.outcome == "failed" for l in loads for w in l.writes),
                  "reads": sum(len(l.reads) for l in loads)}
        if problems:
            keep(folder, cluster, problems, options, number)
        cluster.down()
        return rows, problems, counts
    except BaseException as error:
        keep(folder, cluster, problems + [repr(error)], options, number)
        raise
    finally:
        cluster.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def counted(row):
    return row["bit"] and row["overlap"]


def keep(folder, cluster, problems, options, number):
    to = ROOT / "build" / "replication-campaign" / f"seed-{options.seed}-cluster-{number}"
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(folder, to, dirs_exist_ok=True, ignore=lambda d, names: [n for n in names if n == "data" or n.endswith(".sock")])
    state = "\n".join(f"{path}: {cluster.http.get(path).text}" for path in ("/v1/health", "/v1/groups", "/v1/faults", "/v1/instances")) \
        if instances(cluster) else "the API does not answer"
    (to / "problems.txt").write_text("\n".join([*problems, state]))
    print(f"kept in {to}", flush=True)


def table(rows):
    print("\n| fault | times | bit | cache outage ms, median (max) | db outage ms, median (max) |\n|---|---|---|---|---|")
    names = sorted({row["name"] if not row["double"] else "two at a time" for row in rows})
    for name in names:
        these = [row for row in rows if (row["name"] if not row["double"] else "two at a time") == name]
        cells = []
        for daemon in GROUPS:
            hit = [row[f"outage_{daemon}"] * 1000 for row in these if daemon in row["groups"]]
            cells.append(f"{statistics.median(hit):.0f} ({max(hit):.0f})" if hit else "-")
        print(f"| {name} | {len(these)} | {sum(row['bit'] for row in these)} | {cells[0]} | {cells[1]} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--single", type=int, default=200)
    parser.add_argument("--double", type=int, default=50)
    parser.add_argument("--rate", type=int, default=500, help="writes/s on each of the two")
    parser.add_argument("--slice", type=int, default=25, help="faults in one cluster")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", help="write the rows to this file")
    options = parser.parse_args()
    print(f"{machine.line()}, seed {options.seed}", flush=True)
    plan = [False] * options.single + [True] * options.double
    random.Random(options.seed).shuffle(plan)
    rows, problems, totals = [], [], {}
    slices = [plan[first:first + options.slice] for first in range(0, len(plan), options.slice)]
    number = 0
    while slices and number < EXTRA_CLUSTERS_MAX + len(plan) / options.slice:
        some, wrong, counts = run_cluster(options, number, slices.pop(0))
        number += 1
        rows += some
        if not slices:  # what did not bite does not count, and is made up for
            missing = [double for double, wanted in ((False, options.single), (True, options.double))
                       for _ in range(wanted - sum(counted(row) and row["double"] == double for row in rows))]
            slices = [missing] if missing else []
        problems += wrong
        for key, value in counts.items():
            totals[key] = totals.get(key, 0) + value
        print(f"cluster {number - 1}: {len(some)} faults, {counts}, {len(wrong)} problems {wrong[:3]}", flush=True)
    table(rows)
    count = sum(counted(row) for row in rows)
    print(f"\n{count} faults that bit with load around them ({len(rows) - count} more did not and do not count); {totals}; "
          f"{len(problems)} problems")
    for problem in problems:
        print(problem)
    if options.json:
        Path(options.json).write_text(json.dumps({"rows": rows, "totals": totals, "problems": problems}, indent=1))
    sys.exit(0 if not problems and count >= len(plan) else 1)


if __name__ == "__main__":
    main()
