"""The orchestrator dies again and again, for whatever reason: nobody who serves is touched by that.

MULTIAZ_KILLS and MULTIAZ_KILLS_S choose how often and within which time; the figures in docs/results.md come from
MULTIAZ_BUILD=release MULTIAZ_KILLS=100 MULTIAZ_KILLS_S=60."""
import http.client
import json
import os
import signal
import threading
import time
from urllib.parse import urlparse

import pytest

from cluster import Cluster, alive, multiaz, process_state, processes_naming, wait_until

KILLS = int(os.environ.get("MULTIAZ_KILLS", "12"))
KILLS_S = float(os.environ.get("MULTIAZ_KILLS_S", "12"))
RELEASE = os.environ.get("MULTIAZ_BUILD") == "release"
PER_SECOND, WORKERS = 200 if RELEASE else 40, 8
WHOLE_S = 1 if RELEASE else 10  # with sanitizers the programs take seconds to start
OWN_MAKING = [signal.SIGABRT, signal.SIGTRAP, signal.SIGTERM]  # the sanitizers report the other crashes themselves


class Load:
    """So many requests a second; every answer that is not a 200 is a failure."""

    def __init__(self, url):
        self.address = urlparse(url)
        self.sent, self.failed, self.over = 0, [], threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.shop) for _ in range(WORKERS)]

    def shop(self):
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=20)
        pause, due = WORKERS / PER_SECOND, time.monotonic()
        paths = ["/", "/product/1", "/api/products", "/api/cart"]
        number = 0
        while not self.over.is_set():
            number += 1
            path = paths[number % len(paths)]
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                body = answer.read()
                wrong = None if answer.status == 200 else f"{path}: {answer.status} {body[:100]}"
            except OSError as error:
                wrong = f"{path}: {error!r}"
                connection.close()
            with self.lock:
                self.sent += 1
                if wrong:
                    self.failed.append(wrong)
            due = max(due + pause, time.monotonic() - 1)
            self.over.wait(max(0, due - time.monotonic()))

    def __enter__(self):
        for one in self.threads:
            one.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for one in self.threads:
            one.join(30)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("stable"), name="stable") as one:
        yield one


def record(cluster):
    return json.loads((cluster.folder / "orchestrator.json").read_text())


def served_on(cluster, pids):
    """The instances are the ones that ran before."""
    return {id: one["pid"] for id, one in cluster.ps().items()} == pids


@pytest.mark.alone
def test_killed_again_and_again_under_load(cluster, capsys):
    pids = {id: one["pid"] for id, one in cluster.ps().items()}
    restarts = record(cluster)["restarts"]
    hit, began = 0, time.monotonic()
    with Load(cluster.endpoints["shop"]) as load:
        while hit < KILLS:
            time.sleep(max(0, began + hit * KILLS_S / KILLS - time.monotonic()))
            victim = wait_until(cluster.orchestrator_pid, 20, "an orchestrator")
            os.kill(victim, signal.SIGKILL)
            wait_until(lambda: not alive(victim), 20, "its end")
            hit, last = hit + 1, time.monotonic()
        took = last - began
        wait_until(cluster.healthy, 60, "the cluster whole again")
        whole_ms = (time.monotonic() - last) * 1000
    with capsys.disabled():
        print(f"\n{hit} kills in {took:.1f} s, {load.sent} requests, {len(load.failed)} failed, "
              f"whole {whole_ms:.0f} ms after the last")
    assert whole_ms <= WHOLE_S * 1000
    assert load.sent > took * PER_SECOND / 2, "too little load to tell anything"
    assert not load.failed, load.failed[:5]
    assert served_on(cluster, pids)
    assert record(cluster)["restarts"] >= restarts + hit


def test_it_dies_of_its_own_making_more_often_than_anybody_counts(cluster):
    pids = {id: one["pid"] for id, one in cluster.ps().items()}
    supervisor = cluster.pids["supervisor"]
    for number in range(12):
        victim = wait_until(cluster.orchestrator_pid, 30, "an orchestrator")
        os.kill(victim, OWN_MAKING[number % 3])  # an abort, a crash, an exit code
        wait_until(lambda: not alive(victim), 20, "its end")
        assert alive(supervisor), "the supervisor gave the cluster up"
    wait_until(cluster.healthy, 30, "health")
    assert served_on(cluster, pids)
    # Once it has lived for a while; until then nobody knows whether it goes on failing.
    wait_until(lambda: "its last end:" in cluster.run("ps").stdout, 20, "ps that tells of the past")
    ends = [event["text"] for event in cluster.events(kind="exit") if event["target"] == "orchestrator"]
    assert any("signal 6" in text or "SIGABRT" in text for text in ends), ends


def test_it_fails_at_every_start_and_everybody_says_so(cluster):
    """Its secrets are away: it ends with an exit code before it serves, for as long as that is so."""
    pids = {id: one["pid"] for id, one in cluster.ps().items()}
    secrets, hidden = cluster.folder / "secrets.json", cluster.folder / "hidden.json"
    secrets.rename(hidden)
    os.kill(cluster.orchestrator_pid(), signal.SIGKILL)
    wait_until(lambda: record(cluster)["failures"] > 8, 60, "more failures than it used to survive")
    assert cluster.shop().status_code == 200
    for pid in pids.values():
        assert process_state(pid) in "SR"
    for words, code in (["ps"], 3), (["events"], 3), (["kill", "web-a1"], 4), (["doctor"], 3), (["health"], 3):
        began = time.monotonic()
        done = multiaz(*words, "--name", cluster.name, run_dir=cluster.run_dir)
        said = done.stdout + done.stderr
        assert "the orchestrator is down: ended with exit code" in said, f"{words}: {said}"
        assert "times in a row" in said and done.returncode == code, f"{words}: {done.returncode} {said}"
        assert time.monotonic() - began < 10, words
    assert "web-a1" in cluster.run("ps").stdout, "who serves on is listed all the same"
    told = json.loads(cluster.run("ps", "--json").stdout)
    assert told["restarts"] > 8 and "exit code" in told["last_end"]
    hidden.rename(secrets)
    wait_until(cluster.healthy, 30, "health")
    assert served_on(cluster, pids)
    # Lives long enough: the next failure starts from a short delay again.
    wait_until(lambda: "is down" not in cluster.run("ps").stdout, 30, "ps without a complaint")


def test_up_says_at_once_that_the_orchestrator_cannot_start(tmp_path):
    """The folder that `up` goes on with has a damaged state: no minute of waiting, and the reason."""
    toml = "[web]\ncount = 1\n[lb]\nper_zone = 1\n"
    one = Cluster(tmp_path, "--keep", name="broken", toml=toml)
    try:
        folder = one.folder
        assert one.run("down").returncode == 0
    finally:
        one.destroy()
    (folder / "secrets.json").write_text("{")
    began = time.monotonic()
    done = multiaz("up", "--name", "broken", run_dir=tmp_path)
    assert done.returncode == 3 and "the orchestrator is down" in done.stderr, done.stderr
    assert time.monotonic() - began < 30
    assert not processes_naming(folder)
    assert (folder / "data").is_dir(), "the data that was to be kept is gone"
    assert json.loads((folder / "cluster.json").read_text())["keep"] is True
