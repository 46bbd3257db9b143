#!/usr/bin/python3
"""Measures the control plane on real processes (release build), from outside, and prints what was seen.

  tools/bench_control.py start       50 web instances and 15 replicas: time to health, ps, CPU at rest
  tools/bench_control.py replace     kills and stops of web instances: time to in service again
  tools/bench_control.py deploy      rolling deployments under 1,000 requests/s, a good and a broken one
  tools/bench_control.py double      the load doubles: time to more instances; and back
  tools/bench_control.py sine        two minutes of a sine-shaped load: changes of the capacity
  tools/bench_control.py dns         a client that honours TTLs, and a load balancer that dies
  tools/bench_control.py kills       100 kills of the orchestrator, 20 of the supervisor

Exit code 0: everything asked for was there. Needs redis, psycopg and httpx of the system's Python."""
import argparse
import asyncio
import json
import math
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import machine

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "system"))
os.environ.setdefault("MULTIAZ_BUILD", "release")
from cluster import BIN, Cluster, alive, multiaz, processes_naming, wait_until  # noqa: E402

CONNECTIONS = 64


class Load(threading.Thread):
    """Open-loop requests at `rate` a second (may be changed), each over one of many kept connections."""

    def __init__(self, url, rate):
        super().__init__(daemon=True)
        host, port = url.removeprefix("http://").split(":")
        self.where, self.rate = (host, int(port)), rate
        self.sent = self.answered = 0
        self.failures, self.over = [], False

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over = True
        self.join()

    def run(self):
        asyncio.run(self.drive())

    async def drive(self):
        free = asyncio.Queue()
        for _ in range(CONNECTIONS):
            free.put_nowait(None)
        running, next_at = set(), time.monotonic()
        while not self.over:
            if self.rate <= 0:
                await asyncio.sleep(0.01)
                next_at = time.monotonic()
                continue
            wait = next_at - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            next_at += 1 / self.rate
            task = asyncio.create_task(self.request(free))
            running.add(task)
            task.add_done_callback(running.discard)
        if running:
            await asyncio.wait(running, timeout=20)

    async def request(self, free):
        self.sent += 1
        connection = await free.get()
        try:
            fresh = connection is None
            if fresh:
                connection = await asyncio.open_connection(*self.where)
            reader, writer = connection
            writer.write(b"GET /api/products?page_size=5 HTTP/1.1\r\nHost: shop\r\n\r\n")
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 15)
            length = int(next(line.split(b":")[1] for line in head.split(b"\r\n")
                              if line.lower().startswith(b"content-length")))
            await reader.readexactly(length)
            if head[9:12] != b"200":
                self.failures.append(head[:200].decode(errors="replace"))
            self.answered += 1
            if b"connection: close" in head.lower():
                writer.close()
                connection = None
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, StopIteration) as error:
            self.failures.append(repr(error))
            connection = None
        free.put_nowait(connection)


def asg(cluster):
    return cluster.get("/v1/asg")


def in_service(cluster):
    return [one for one in asg(cluster)["instances"] if one["lifecycle"] == "InService"]


def settled(cluster, count):
    return len(in_service(cluster)) == count == len(asg(cluster)["instances"])


def summary(values):
    return f"p50 {statistics.median(values):.0f} ms ({min(values):.0f}-{max(values):.0f})"


def cpu_ticks(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def start(folder, args):
    toml = "[web]\ncount = 50\n[db]\nreplicas = 15\n"
    ups, listings, rests = [], [], []
    for number in range(args.rounds or 3):
        began = time.monotonic()
        with Cluster(folder / str(number), name="big", toml=toml) as cluster:
            ups.append((time.monotonic() - began) * 1000)
            for _ in range(10):
                began = time.monotonic()
                assert len(json.loads(cluster.run("ps", "--json").stdout)) >= 70
                listings.append((time.monotonic() - began) * 1000)
            time.sleep(3)
            before = cpu_ticks(cluster.pids["orchestrator"])
            time.sleep(10)
            rests.append((cpu_ticks(cluster.pids["orchestrator"]) - before) / 10)
    print(f"50 web, 17 databases, 3 caches, 3 load balancers: healthy after {summary(ups)}; ps {summary(listings)}; "
          f"orchestrator at rest {statistics.median(rests):.1f} % of a core ({min(rests):.1f}-{max(rests):.1f})")
    return max(ups) < 3000 and statistics.median(listings) < 50 and statistics.median(rests) < 3


def replace(folder, args):
    good = True
    with Cluster(folder, name="replace") as cluster:
        for what, number in (("kill", signal.SIGKILL), ("stop", signal.SIGSTOP)):
            took = []
            for _ in range(args.rounds or 20):
                wait_until(lambda: settled(cluster, 6), 30, "six in service")
                time.sleep(2.5)  # past the grace period
                victim = random.choice(in_service(cluster))["id"]
                since, pid = cluster.last_seq(), cluster.ps()[victim]["pid"]
                struck = time.monotonic_ns()
                os.kill(pid, number)
                events = wait_until(lambda: [e for e in cluster.events(since, "in-service") if e["target"] == victim],
                                    20, "that it is in service again")
                took.append((events[0]["t_ns"] - struck) / 1e6)
            print(f"{what} of a web instance: in service again after {summary(took)}, {len(took)} times")
            good = good and max(took) < (1000 if what == "kill" else 7000)
    return good


def deploy(folder, args):
    good = True
    with Cluster(folder, name="deploy") as cluster:
        for round_number in range(args.rounds or 3):
            with Load(cluster.endpoints["shop"], 1000) as load:
                time.sleep(1)
                began = time.monotonic()
                done = cluster.run("deploy", "web", "--env", f"MULTIAZ_NOTE={round_number}", "--wait", "--json")
                took = time.monotonic() - began
                time.sleep(1)
            status = json.loads(done.stdout)["status"]
            print(f"deployment of 6 instances: {status} in {took:.1f} s; {load.answered} requests answered, "
                  f"{len(load.failures)} failed {load.failures[:2]}")
            good = good and status == "Successful" and not load.failures
        with Load(cluster.endpoints["shop"], 1000) as load:
            began = time.monotonic()
            done = cluster.run("deploy", "web", "--program", "/bin/false", "--wait", "--json")
            took = time.monotonic() - began
            time.sleep(1)
        refresh = json.loads(done.stdout)
        print(f"broken version: {refresh['status']} in {took:.1f} s ({refresh['reason']}); {load.answered} requests "
              f"answered, {len(load.failures)} failed {load.failures[:2]}")
        good = good and refresh["status"] == "RollbackSuccessful" and not load.failures
    return good


def double(folder, args):
    with Cluster(folder, name="double") as cluster:
        cluster.run("asg", "policy", "rps", "--metric", "requests", "--target", "100")
        with Load(cluster.endpoints["shop"], 520) as load:
            time.sleep(8)
            before = asg(cluster)["desired"]
            load.rate = 1040
            began = time.monotonic()
            more = wait_until(lambda: len(in_service(cluster)) > before and len(in_service(cluster)), 20, "more")
            out_s = time.monotonic() - began
            time.sleep(6)
            top = asg(cluster)["desired"]
            load.rate = 260
            began = time.monotonic()
            wait_until(lambda: asg(cluster)["desired"] < top, 60, "fewer")
            in_s = time.monotonic() - began
        print(f"load x 2: {before} -> {more} instances in service after {out_s:.1f} s (then {top}); load / 4: fewer "
              f"after {in_s:.1f} s; {load.answered} requests, {len(load.failures)} failed")
        return out_s < 3 and not load.failures


def sine(folder, args):
    seconds, wave_s = 120, 40
    with Cluster(folder, name="sine") as cluster:
        cluster.run("asg", "policy", "rps", "--metric", "requests", "--target", "80")
        since = cluster.last_seq()
        with Load(cluster.endpoints["shop"], 500) as load:
            began = time.monotonic()
            while time.monotonic() - began < seconds:
                load.rate = 500 + 300 * math.sin(2 * math.pi * (time.monotonic() - began) / wave_s)
                time.sleep(0.05)
        course = [int(event["text"].split("-> ")[1].split(":")[0]) for event in cluster.events(since, "capacity")]
        turns = sum((b > a) != (c > b) for a, b, c in zip(course, course[1:], course[2:]))
        print(f"{seconds} s of 500 +- 300 requests/s in waves of {wave_s} s: capacity {course}, {turns} turns, "
              f"{load.answered} requests, {len(load.failures)} failed {load.failures[:2]}")
        return turns <= 2 * seconds / wave_s and not load.failures


def dns(folder, args):
    import dns.message
    import dns.query
    took = []
    with Cluster(folder, name="dns") as cluster:
        host, port = cluster.endpoints["dns"].removeprefix("dns://").split(":")

        def resolve():
            query = dns.message.make_query("shop.multiaz.test", "A")
            rrset = dns.query.udp(query, host, port=int(port), timeout=2).answer[0]
            return [item.address for item in rrset], rrset.ttl

        for _ in range(args.rounds or 10):
            cluster.wait_healthy()
            wait_until(lambda: len(resolve()[0]) == 3, 20, "three addresses")
            time.sleep(0.5)
            victim = random.choice([one for one in cluster.ps().values() if one["tier"] == "lb"])
            os.kill(victim["pid"], signal.SIGSTOP)
            struck = time.monotonic()
            addresses, expires = None, 0
            while True:  # a client with a cache, always at the dead one as long as it is named
                now = time.monotonic()
                if now >= expires:
                    addresses, ttl = resolve()
                    expires = now + ttl
                if victim["address"] not in addresses:
                    break
                time.sleep(0.005)
            took.append((time.monotonic() - struck) * 1000)
            os.kill(victim["pid"], signal.SIGCONT)
    print(f"a stopped load balancer: a client that honours the TTL of 1 s leaves it after {summary(took)}, "
          f"{len(took)} times")
    return max(took) < 1000 + 2000


def look(cluster, seen):
    """No two members serve in one epoch; numbers only grow."""
    for group in cluster.get("/v1/groups"):
        epoch, primary = group["epoch"], group["primary"]
        key = (group["name"], epoch)
        assert seen.setdefault(key, primary) == primary, f"two primaries in {key}"
        assert epoch >= seen.get(group["name"], 0), "an epoch went back"
        seen[group["name"]] = epoch


def kills(folder, args):
    kill_orchestrators(folder, args.rounds or 100)
    kill_supervisors(folder, 20)
    return True


def kill_orchestrators(folder, count):
    seen = {}
    with Cluster(folder / "orchestrator", name="kills", toml="[web]\ncount = 4\n") as cluster:
        with Load(cluster.endpoints["shop"], 200) as load:
            for number in range(count):
                manager = cluster.orchestrator_pid()
                if number % 3 == 0:  # in the middle of something
                    cluster.post("/v1/asg", desired=random.randint(3, 6))
                if number % 7 == 0:
                    cluster.post("/v1/kill", target="any:cache" if number % 2 else "db:primary")
                time.sleep(random.uniform(0, 0.15))
                os.kill(manager, signal.SIGKILL)
                wait_until(lambda: cluster.orchestrator_pid() not in (None, manager), 15, "another orchestrator")
                time.sleep(random.uniform(0, 0.4))
                try:
                    look(cluster, seen)
                except cluster_errors():
                    pass
            cluster.wait_healthy(60)
            wait_until(lambda: settled(cluster, asg(cluster)["desired"]), 30, "the desired capacity")
            look(cluster, seen)
        sequence = [event["seq"] for event in cluster.events()]
        assert sequence == sorted(set(sequence)), "events twice or out of order"
        share = 100 * len(load.failures) / max(1, load.answered)
        print(f"{count} kills of the orchestrator, while it scaled and replaced: healthy, {len(seen)} views, never two "
              f"primaries in one; {load.answered} requests answered, {len(load.failures)} failed ({share:.2f} %)")


def kill_supervisors(folder, count):
    for number in range(count):
        home = folder / f"supervisor{number}"
        cluster = Cluster(home, name="sup", toml="[web]\ncount = 4\n", wait="page")
        time.sleep(random.uniform(0, 1))
        os.kill(cluster.pids["supervisor"], signal.SIGKILL)
        wait_until(lambda: not processes_naming(home), 10, "that no process is left")
        wait_until(lambda: not any(alive(pid) for pid in cluster.pids.values()), 10, "that all are gone")
        cluster.http.close()
        done = multiaz("doctor", "--fix", run_dir=home)
        assert done.returncode in (0, 3), done.stdout + done.stderr
        again = Cluster(home, name="sup", toml="[web]\ncount = 4\n", wait="page")  # the ports are free
        again.down()
        assert not (home / "sup").exists(), "a file is left"
    print(f"{count} kills of the supervisor: no process is left, the same ports serve the next cluster, no file is left")


def cluster_errors():
    import httpx
    return (httpx.TransportError, AssertionError)


BENCHES = {"start": start, "replace": replace, "deploy": deploy, "double": double, "sine": sine, "dns": dns,
           "kills": kills}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=BENCHES)
    parser.add_argument("--rounds", type=int)
    args = parser.parse_args()
    if not (BIN / "multiaz").exists():
        sys.exit("build first: tools/build release")
    subprocess.run([str(BIN / "multiaz"), "doctor"], capture_output=True)
    print(machine.line(), flush=True)
    folder = Path(tempfile.mkdtemp(prefix="multiaz-control-"))
    try:
        good = BENCHES[args.what](folder, args)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("as it should be" if good else "NOT as it should be")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
