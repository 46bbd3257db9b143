"""Somebody's own app in the web tier: the examples in Python and Node, under the same faults."""
import shutil
import subprocess
import threading
import time

import httpx
import pytest

from cluster import ROOT, Cluster, multiaz, wait_until

APPS = ["python", "node"]


@pytest.fixture(scope="module", params=APPS)
def cluster(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    toml = (ROOT / "examples" / "apps" / request.param / "cluster.toml").read_text()
    # The file is written elsewhere: the app comes along.
    shutil.copytree(ROOT / "examples" / "apps" / request.param, folder, dirs_exist_ok=True)
    if request.param == "node":
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True,
                              timeout=110)
        assert done.returncode == 0, done.stdout + done.stderr
    with Cluster(folder, name="app-" + request.param, toml=toml + "[cache]\ncount = 2\n") as one:
        yield one


def ask(cluster, method="GET", **more):
    return httpx.request(method, cluster.endpoints["shop"] + "/", timeout=20, **more)


def test_every_instance_serves_and_shares_cache_and_database(cluster):
    assert ask(cluster, "POST", content="first").status_code == 201
    seen, visits, until = set(), [], time.monotonic() + 20
    # On a busy machine a balancer may have an instance out of service for a moment.
    while len(seen) < 3 or len(visits) < 12:
        assert time.monotonic() < until, f"only {seen} serve: {cluster.events(kind='target_health')}"
        answer = ask(cluster)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        seen.add(body["instance"])
        visits.append(body["visits"])
        assert "first" in body["entries"]
    assert visits == sorted(visits) and len(set(visits)) == len(visits)


def test_nothing_acknowledged_is_lost_when_things_die(cluster):
    acknowledged, over = [], threading.Event()

    def write(worker):
        number = 0
        # One client: to make one costs more than to ask, and this test wants load.
        with httpx.Client(timeout=20) as client:
            while not over.is_set():
                number += 1
                entry = f"w{worker}-{number}"
                try:
                    if client.post(cluster.endpoints["shop"] + "/", content=entry).status_code == 201:
                        acknowledged.append(entry)
                except httpx.HTTPError:
                    time.sleep(0.02)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for target in ("any:web", "db:primary", "cache:primary"):
        time.sleep(0.7)
        assert cluster.run("kill", target).returncode == 0
        wait_until(cluster.healthy, 40, "health")
    over.set()
    for thread in threads:
        thread.join(30)
    assert len(acknowledged) > 30
    assert not set(acknowledged) - set(ask(cluster).json()["entries"]), "an acknowledged entry is lost"


def test_it_hangs_and_is_replaced(cluster):
    before = cluster.ps()
    victim = next(id for id, one in before.items() if one["tier"] == "web")
    assert cluster.run("stop", victim).returncode == 0
    wait_until(lambda: (cluster.ps().get(victim) or {"pid": 0})["pid"] != before[victim]["pid"], 30, "replacement")
    wait_until(cluster.healthy, 40, "health")
    assert ask(cluster).status_code == 200


def test_it_is_scaled_and_restarted_without_a_failed_request(cluster):
    failed, over = [], threading.Event()

    def read():
        while not over.is_set():
            status = ask(cluster).status_code
            if status != 200:
                failed.append(status)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for words in (["scale", "web=5"], ["deploy", "web", "--env", "COLOUR=blue"], ["scale", "web=3"]):
            done = cluster.run(*words, "--wait", timeout=90)
            assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}\n{cluster.events(kind='refresh')}"
    finally:
        over.set()
        reader.join(20)
    assert not failed


@pytest.mark.parametrize("toml, text", [
    ('[web]\ncommand = ["no-such-program-here"]', "there is no program 'no-such-program-here' in PATH"),
    ('[web]\ncommand = ["./nothing.py"]', "is no program that may be run"),
    ('[web]\ncommand = []', "an array of texts"),
    ('[web]\ncommand = "python3 app.py"', "an array of texts"),
    ('[web]\nhealth_path = "healthz"', "a path that begins with '/'"),
])
def test_mistakes_are_named(tmp_path, toml, text):
    (tmp_path / "bad.toml").write_text(toml)
    done = multiaz("up", tmp_path / "bad.toml", run_dir=tmp_path)
    assert done.returncode == 254 and text in done.stderr, done.stderr
