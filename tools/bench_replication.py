#!/usr/bin/python3
"""What replication costs and how fast it takes over, on real processes (release build).

  tools/bench_replication.py cost      writes/s at 64 clients: a daemon alone, in memory, against the group
  tools/bench_replication.py failover  SIGKILL of the primary with 100 MB of state: exit to the next acknowledged write
  tools/bench_replication.py stop      the same after SIGSTOP
  tools/bench_replication.py catch-up  a member is 950 MiB behind and catches up under 1,000 writes/s

--daemon cache|db, --rounds N, --mb N. Prints Markdown for docs/results.md; runs are interleaved and medians are given.
"""
import argparse
import contextlib
import json
import os
import re
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import machine

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("MULTIAZ_BUILD", "release")
sys.path.insert(0, str(ROOT / "tests" / "system"))
import psycopg  # noqa: E402
from cluster import BIN, Cluster, wait_until  # noqa: E402

VALUE = "x" * 100
LARGE = 10_000  # bytes of a value when a state is made large
TOML = """
[web]
count = 1
[cache]
memory_mb = 3072
{cache}
[db]
replicas = {replicas}
size_mb = 1024
{db}
"""


def percentile(values, p):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * p / 100))] if ordered else float("nan")


def spread(values, digits=0):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


# --- clients: one blocking connection each; they reconnect by themselves

class CacheClient:
    def __init__(self, url, timeout_s=5):
        found = re.match(r"redis://default:(\w*)@([\d.]+):(\d+)", url)
        self.password, self.to, self.timeout_s = found[1], (found[2], int(found[3])), timeout_s
        self.conn = None

    def connect(self):
        self.conn = socket.create_connection(self.to, self.timeout_s)
        self.conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.password:
            self.call("AUTH", self.password)

    def call(self, *words):
        data = b"*%d\r\n" % len(words)
        for word in words:
            word = word.encode() if isinstance(word, str) else word
            data += b"$%d\r\n%s\r\n" % (len(word), word)
        self.conn.sendall(data)
        answer = self.conn.recv(4096)
        if not answer or answer[:1] == b"-":
            raise OSError(answer.decode(errors="replace") or "closed")
        return answer

    def write(self, key, value):
        if self.conn is None:
            self.connect()
        self.call("SET", f"k{key}", value)

    def fill(self, megabytes):
        """Values of 10 kB, a hundred commands at a time."""
        if self.conn is None:
            self.connect()
        value = b"y" * LARGE
        total = megabytes * (1 << 20) // LARGE
        for first in range(0, total, 100):
            batch = b"".join(b"*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n" % (len(k), k, LARGE, value)
                             for k in (b"large%d" % i for i in range(first, min(total, first + 100))))
            sender = threading.Thread(target=self.conn.sendall, args=(batch,))
            sender.start()
            want, got = min(100, total - first) * 5, 0
            while got < want:
                data = self.conn.recv(65536)
                assert data and b"-" not in data, data
                got += len(data)
            sender.join()

    def close(self):
        if self.conn is not None:
            self.conn.close()
        self.conn = None


class DbClient:
    def __init__(self, url, timeout_s=5):
        self.url, self.timeout_s, self.conn = url, timeout_s, None

    def connect(self):
        self.conn = psycopg.connect(self.url, autocommit=True, connect_timeout=self.timeout_s, prepare_threshold=1)

    def prepare(self):
        self.connect()
        self.conn.execute("create table if not exists bench (k integer primary key, v text)")
        self.conn.execute("create table if not exists large (k integer primary key, v text)")

    def write(self, key, value):
        if self.conn is None:
            self.connect()
        self.conn.execute("insert into bench (k, v) values (%s, %s) on conflict (k) do update set v = excluded.v",
                          (key, value))

    def fill(self, megabytes):
        if self.conn is None:
            self.prepare()
        value = "y" * LARGE
        total = megabytes * (1 << 20) // LARGE
        for first in range(0, total, 50):
            rows = range(first, min(total, first + 50))
            self.conn.execute("insert into large (k, v) values " + ", ".join(["(%s, %s)"] * len(rows))
                              + " on conflict (k) do update set v = excluded.v",
                              [x for k in rows for x in (k, value + str(time.monotonic_ns()))])

    def close(self):
        with contextlib.suppress(Exception):
            self.conn.close()
        self.conn = None


def client(cluster, daemon, **more):
    return (CacheClient if daemon == "cache" else DbClient)(cluster.endpoints[daemon], **more)


# --- a paced load: latency counts from the moment a write was due

class Load:
    def __init__(self, cluster, daemon, rate, threads=4):
        self.samples = []  # (due, latency s)
        self.failures = 0
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(client(cluster, daemon), rate / threads, number))
                        for number in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self, one, rate, number):
        due = time.monotonic() + number / (rate * 4)
        count = 0
        while not self.over.is_set():
            now = time.monotonic()
            if now < due:
                time.sleep(due - now)
            try:
                one.write(number * 1_000_000 + count % 5000, f"{VALUE}{time.monotonic_ns()}")
                self.samples.append((due, time.monotonic() - due))
            except (OSError, psycopg.Error):
                self.failures += 1
                one.close()
            count += 1
            due += 1 / rate
        one.close()

    def between(self, start, end):
        return [latency * 1000 for due, latency in list(self.samples) if start <= due < end]

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


def start(daemon, cache="", db="", replicas=0):
    folder = tempfile.mkdtemp(prefix="multiaz-bench-")
    return Cluster(Path(folder), name="bench", toml=TOML.format(cache=cache, db=db, replicas=replicas))


# --- cost

def redis_benchmark(host, port, password):
    auth = ["-a", password] if password else []
    out = subprocess.run(["redis-benchmark", "-h", host, "-p", str(port), *auth, "-c", "64", "-n", "300000", "-t", "set",
                          "-d", "100", "-r", "100000", "-q"], capture_output=True, text=True, check=True).stdout
    return float(re.findall(r"SET: ([\d.]+) requests", out.replace("\r", "\n"))[-1])


PGBENCH = """\\set k random(1, 100000)
\\set r random(100000000000, 999999999999)
insert into bench (k, v) values (:k, :r || '%s') on conflict (k) do update set v = excluded.v;
""" % ("x" * 90)


def pgbench(url, script):
    out = subprocess.run(["pgbench", "-n", "-f", script, "-c", "64", "-j", "1", "-T", "5", "-M", "prepared", url],
                         capture_output=True, text=True, check=True).stdout
    return float(re.search(r"tps = ([\d.]+)", out)[1])


@contextlib.contextmanager
def alone(daemon):
    env = dict(os.environ, MULTIAZ_DB_PASSWORD="x")
    flags = ["--durability", "memory"] if daemon == "cache" else []
    process = subprocess.Popen([BIN / f"{daemon}node", "--port", "0", *flags], env=env, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    try:
        yield json.loads(process.stdout.readline())["port"]
    finally:
        process.terminate()
        process.wait()


def cost(options):
    for daemon in options.daemons:
        results = {"alone, memory": []}
        levels = ["memory", "os"] if daemon == "cache" else ["memory", "disk"]
        with contextlib.ExitStack() as stack:
            script = stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".sql"))
            script.write(PGBENCH)
            script.flush()
            port = stack.enter_context(alone(daemon))
            clusters = {}
            for level in levels:
                line = f'durability = "{level}"'
                clusters[level] = stack.enter_context(start(daemon, **{daemon: line}))
                if daemon == "db":
                    client(clusters[level], "db").prepare()
            own = f"postgresql://shop:x@127.0.0.1:{port}/shop"
            if daemon == "db":
                DbClient(own).prepare()
            for _ in range(options.rounds):
                run = redis_benchmark("127.0.0.1", port, "") if daemon == "cache" else pgbench(own, script.name)
                results["alone, memory"].append(run)
                for level, cluster in clusters.items():
                    url = cluster.endpoints[daemon]
                    if daemon == "cache":
                        found = re.match(r"redis://default:(\w*)@([\d.]+):(\d+)", url)
                        run = redis_benchmark(found[2], found[3], found[1])
                    else:
                        run = pgbench(url, script.name)
                    results.setdefault(f"group, {level}", []).append(run)
        print(f"\n| {daemon}, 64 clients | writes/s, median (min-max) of {options.rounds} | of alone |\n|---|---|---|")
        base = statistics.median(results["alone, memory"])
        for name, values in results.items():
            print(f"| {name} | {spread(values)} | {statistics.median(values) / base:.2f} |", flush=True)


# --- failover

def exit_moment(pid):
    """Kills it; the monotonic moment at which the kernel says that it is gone."""
    fd = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    select.select([fd], [], [], 10)
    at = time.monotonic()
    os.close(fd)
    return at


def outage(cluster, daemon, strike):
    """Seconds from the strike to the end of the first write that began after it and was acknowledged."""
    one = client(cluster, daemon, timeout_s=3)
    one.write(0, "before")
    at = strike()
    one.close()  # a connection to a stopped process says nothing for ever: it is the client's to give up
    deadline = at + 20
    while time.monotonic() < deadline:
        try:
            if one.conn is None:
                one.connect()
            one.write(0, "after")
            done = time.monotonic() - at
            one.close()
            return done
        except (OSError, psycopg.Error):
            one.close()
    raise AssertionError("no write was acknowledged any more")


def failover(options, stop=False):
    for daemon in options.daemons:
        times = []
        with start(daemon, replicas=1) as cluster:
            first = client(cluster, daemon)
            if daemon == "db":
                first.prepare()
            first.fill(options.mb)
            first.close()
            for _ in range(options.rounds):
                cluster.wait_healthy()
                wait_until(lambda: cluster.one(daemon, "primary"), what="a primary")
                pid = cluster.one(daemon, "primary")["pid"]

                def freeze(pid=pid):
                    os.kill(pid, signal.SIGSTOP)
                    return time.monotonic()
                times.append(outage(cluster, daemon, freeze if stop else lambda pid=pid: exit_moment(pid)) * 1000)
                if stop:
                    os.kill(pid, signal.SIGCONT)
        name = "SIGSTOP" if stop else "SIGKILL, from the exit"
        print(f"{daemon}, {options.mb} MB, {name}: p50 {percentile(times, 50):.0f} ms, p90 {percentile(times, 90):.0f}, "
              f"max {max(times):.0f}, of {len(times)}", flush=True)


# --- catch-up

def caught_up(cluster, daemon, member):
    group = next(g for g in cluster.get("/v1/groups") if g["name"] == daemon)
    rows = {m["id"]: m for m in group["members"]}
    primary = rows[group["primary"]]
    return member in rows and primary["commit"] - rows[member]["commit"] < 2000 and rows[member]["commit"] > 0


def catch_up(options):
    for daemon in options.daemons:
        ratios = []
        for _ in range(options.rounds):
            with start(daemon, replicas=1) as cluster:
                member = f"{daemon}-c1"
                first = client(cluster, daemon)
                if daemon == "db":
                    first.prepare()
                first.write(1, "x")
                assert cluster.run("zone", "down", "az-c").returncode == 0
                began = time.monotonic()
                first.fill(options.mb)
                filled = time.monotonic() - began
                first.close()
                time.sleep(options.settle_s)  # the others write their own snapshots after so much
                load = Load(cluster, daemon, options.rate)
                time.sleep(3)
                quiet = time.monotonic()
                time.sleep(10)
                back = time.monotonic()
                assert cluster.run("zone", "up", "az-c").returncode == 0
                while not caught_up(cluster, daemon, member):
                    assert time.monotonic() - back < 300, f"{member} does not catch up"
                    time.sleep(1)  # asking more often would take the load's own time
                done = time.monotonic()
                time.sleep(1)
                load.end()
                before, during = load.between(quiet, back), load.between(back, done)
                ratios.append(percentile(during, 99) / percentile(before, 99))
                print(f"{daemon}, {options.mb} MB in {filled:.1f} s; back in {done - back:.1f} s; {load.failures} failed; "
                      f"before p50 {percentile(before, 50):.2f} p99 {percentile(before, 99):.2f} ms of {len(before)}, during "
                      f"p50 {percentile(during, 50):.2f} p99 {percentile(during, 99):.2f} max {max(during):.0f} ms of "
                      f"{len(during)}; p99 x {ratios[-1]:.2f}", flush=True)
        print(f"{daemon}: p99 during the catch-up / before: {spread(ratios, 2)}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["cost", "failover", "stop", "catch-up"])
    parser.add_argument("--daemon", choices=["cache", "db"])
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--mb", type=int)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--settle-s", type=int, default=30)
    options = parser.parse_args()
    options.daemons = [options.daemon] if options.daemon else ["cache", "db"]
    options.rounds = options.rounds or {"cost": 5, "failover": 50, "stop": 20, "catch-up": 3}[options.what]
    options.mb = options.mb or (950 if options.what == "catch-up" else 100)
    print(machine.line(), flush=True)
    if options.what == "cost":
        cost(options)
    elif options.what == "catch-up":
        catch_up(options)
    else:
        failover(options, stop=options.what == "stop")


if __name__ == "__main__":
    main()
