#!/usr/bin/python3
"""Measures MyClothes.com's web tier on real processes (release build) and prints what was seen.

  tools/bench_web.py browse      product pages (cache hit): one webnode beside Flask on gunicorn, interleaved, with wrk
  tools/bench_web.py latency     1,000 pages a second, open loop, through the load balancer
  tools/bench_web.py checkout    one order after the other through all tiers

Needs wrk, gunicorn, python3-flask, redis and psycopg of Debian."""
import argparse
import asyncio
import gc
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import machine

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "system"))
os.environ.setdefault("MULTIAZ_BUILD", "release")
import httpx  # noqa: E402

from cluster import Cluster  # noqa: E402
from shop_tiers import CACHE_PASSWORD, DB_PASSWORD, free_port, wait_for  # noqa: E402
from web_shop import Shop, Shopper  # noqa: E402

PAGE = "/product/7"
CONNECTIONS = 32


def version(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    return (done.stdout + done.stderr).strip().splitlines()[0]


def summary(values, unit, digits=0):
    return f"p50 {statistics.median(values):.{digits}f} {unit} ({min(values):.{digits}f}-{max(values):.{digits}f})"


# --- browse

def urls_of(shop):
    return {"CACHE_URL": f"redis://:{CACHE_PASSWORD}@127.0.0.1:{shop.cache.port}",
            "DATABASE_URL": f"postgresql://shop:{DB_PASSWORD}@127.0.0.1:{shop.db_port}/shop"}


class Gunicorn:
    """Tuned: as many workers and threads as gave the most in tries of 1-6 and 1-16."""

    def __init__(self, shop, workers, threads):
        self.port = free_port()
        env = dict(os.environ, PYTHONPATH=str(ROOT / "tools"), **urls_of(shop))
        self.process = subprocess.Popen(
            ["gunicorn", "-k", "gthread", "-w", str(workers), "--threads", str(threads), "--keep-alive", "75",
             "-b", f"127.0.0.1:{self.port}", "bench_web_flask:app"], env=env, cwd=shop.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{self.port}"
        wait_for(self.up, 20, "gunicorn")

    def up(self):
        try:
            return httpx.get(self.url + PAGE).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def pages_per_s(url, seconds, cookie):
    done = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-H", f"Cookie: sid={cookie}", url + PAGE],
                          capture_output=True, text=True, check=True)
    assert "Non-2xx" not in done.stdout and "Socket errors" not in done.stdout, done.stdout
    return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1))


def browse(folder, args):
    shop = Shop(folder, "dbnode")
    # Straight to cache and database, not over the test's links.
    web = shop.start_web("web-b1", CACHE_STRATEGY="lazy", CACHE_TTL_MS="60000", **urls_of(shop))
    try:
        seen = {"webnode": [], "gunicorn": []}
        peers = {(w, t): Gunicorn(shop, w, t) for w, t in args.peers}
        pages = {"webnode": httpx.get(web.url + PAGE), **{peer: httpx.get(g.url + PAGE) for peer, g in peers.items()}}
        sizes = {name: len(page.content) for name, page in pages.items()}
        assert max(sizes.values()) < 1.05 * min(sizes.values()), f"not the same page: {sizes}"
        cookie = {name: page.cookies["sid"] for name, page in pages.items()}
        best, tries = None, {}
        for peer, gunicorn in peers.items():
            tries[peer] = pages_per_s(gunicorn.url, 3, cookie[peer])
        best = max(tries, key=tries.get)
        for peer, gunicorn in peers.items():
            if peer != best:
                gunicorn.stop()
        for _ in range(args.rounds):
            seen["webnode"].append(pages_per_s(web.url, args.seconds, cookie["webnode"]))
            seen["gunicorn"].append(pages_per_s(peers[best].url, args.seconds, cookie[best]))
        peers[best].stop()
        ratio = [a / b for a, b in zip(seen["webnode"], seen["gunicorn"])]
        print(f"product page, {sizes['webnode']} bytes, cache hit, {CONNECTIONS} connections, {args.rounds} rounds:\n"
              f"  webnode, one process:  {summary(seen['webnode'], 'pages/s')}\n"
              f"  Flask on gunicorn, {best[0]} workers of {best[1]} threads (the best of {len(tries)} settings): "
              f"{summary(seen['gunicorn'], 'pages/s')}\n  ratio {summary(ratio, 'times', 1)}")
        print("  " + ", ".join([version("gunicorn", "--version"), version(
            "/usr/bin/python3", "-c", "import flask, redis; print('Flask', flask.__version__, 'redis-py', redis.__version__)"),
            version("wrk", "-v").split(" Copy")[0]]))
    finally:
        shop.close()


# --- latency

class OpenLoop:
    """`rate` requests a second, evenly, each counted from when it was due: a late answer delays nobody else."""

    def __init__(self, url, path, rate, seconds):
        host, port = url.removeprefix("http://").split(":")
        self.where, self.rate, self.seconds = (host, int(port)), rate, seconds
        self.request = f"GET {path} HTTP/1.1\r\nHost: shop\r\n\r\n".encode()
        self.ms, self.failures = [], []

    async def drive(self):
        free = asyncio.Queue()
        for _ in range(64):
            free.put_nowait(await asyncio.open_connection(*self.where))
        running, due = set(), time.monotonic()
        end = due + self.seconds
        while due < end:
            wait = due - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            task = asyncio.create_task(self.one(free, due))
            running.add(task)
            task.add_done_callback(running.discard)
            due += 1 / self.rate
        await asyncio.wait(running, timeout=20)

    async def one(self, free, due):
        reader, writer = await free.get()
        try:
            writer.write(self.request)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(re.search(rb"(?i)content-length: (\d+)", head).group(1)))
            (self.ms.append((time.monotonic() - due) * 1000) if head[9:12] == b"200" else self.failures.append(head[:80]))
        except (OSError, asyncio.IncompleteReadError) as error:
            self.failures.append(repr(error))
        free.put_nowait((reader, writer))


def latency(folder, args):
    p50s, p99s, answered = [], [], 0
    with Cluster(folder, name="web", toml="[web]\ncache_strategy = \"lazy\"\n") as cluster:
        for _ in range(args.rounds):
            load = OpenLoop(cluster.endpoints["shop"], PAGE, 1000, args.seconds)
            gc.disable()  # the client's own pauses are not the shop's
            asyncio.run(load.drive())
            gc.enable()
            assert not load.failures, load.failures[:3]
            load.ms.sort()
            answered += len(load.ms)
            p50s.append(load.ms[len(load.ms) // 2])
            p99s.append(load.ms[len(load.ms) * 99 // 100])
    print(f"1,000 product pages/s, open loop, through the load balancers to six instances: {answered} answered, none failed; "
          f"median {summary(p50s, 'ms', 2)}, 99th percentile {summary(p99s, 'ms', 2)}")


# --- checkout

def checkout(folder, args):
    with Cluster(folder, name="web") as cluster:
        class At:
            url = cluster.endpoints["shop"]

        shopper = Shopper(None, At).sign_up()
        cookie = "; ".join(f"{name}={value}" for name, value in shopper.cookies.items())
        host, port = At.url.removeprefix("http://").split(":")
        link = http.client.HTTPConnection(host, int(port))
        headers = {"Cookie": cookie, "Content-Type": "application/json"}

        def ask(path, body, **more):
            began = time.perf_counter()
            link.request("POST", path, body, {**headers, **more})
            answer = link.getresponse()
            text = answer.read()
            assert answer.status in (200, 201), (answer.status, text)
            return (time.perf_counter() - began) * 1000

        size = shopper.get("/api/products/7").json()["sizes"][0]
        adds, orders = [], []
        for number in range(args.orders):
            adds.append(ask("/api/cart/lines", json.dumps({"product": 7, "size": size, "qty": 1})))
            orders.append(ask("/api/checkout", "{}", **{"Idempotency-Key": f"bench-{number:06}"}))
        assert len(shopper.orders()) >= min(args.orders, 100)
    for name, values in (("add to cart", adds), ("checkout", orders)):
        values.sort()
        print(f"{name}, one after the other, three zones, {len(values)} times: p50 {values[len(values) // 2]:.2f} ms, "
              f"p99 {values[len(values) * 99 // 100]:.2f} ms, max {values[-1]:.2f} ms")


VERBS = {"browse": browse, "latency": latency, "checkout": checkout}


def pair(text):
    workers, threads = text.split("x")
    return int(workers), int(threads)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", nargs="+", choices=VERBS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="a round")
    parser.add_argument("--orders", type=int, default=500)
    parser.add_argument("--peers", type=pair, nargs="+", default=[pair(p) for p in ("2x1", "2x4", "3x2", "3x4", "5x4")],
                        help="settings of gunicorn that are tried, WORKERSxTHREADS")
    args = parser.parse_args()
    print(machine.line())
    for verb in args.verb:
        folder = Path(tempfile.mkdtemp(prefix="multiaz-bench-"))
        try:
            VERBS[verb](folder, args)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


main()
