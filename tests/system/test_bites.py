"""Every verb that places a fault says whether it bit: exit code 4 and "did not bite" when nothing met it."""
import json
import threading
import time

import psycopg
import pytest
from cluster import Cluster

SMALL = "[cluster]\nzones = 3\n[web]\ncount = 3\n"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("bites"), name="bites", toml=SMALL) as one:
        yield one


def order(cluster, *words):
    done = cluster.run(*words, "--json")
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("words", [
    "fault cut az-a az-b --for 500ms", "fault delay az-a az-c --delay 5ms --for 2s", "fault bandwidth az-b az-c --for 2s",
    "fault clock_jump web-a1 --for 2s", "fault cpu_hog web-a1 --percent 20 --for 2s", "fault memory_hog web-a1 --for 2s",
])
def test_a_fault_that_is_met_bit(cluster, words):
    cluster.wait_healthy()
    code, answer = order(cluster, *words.split())
    assert code == 0 and answer["bit"] is True and answer["verified"] is True, answer
    assert " grew by " in answer["proof"]
    cluster.run("heal")


@pytest.mark.parametrize("words, counter", [
    ("fault cut web-a1 web-b1 --for 1s", "fabric_bytes_held"),
    ("fault delay web-a1 web-b1 --delay 5ms --for 1s", "fabric_bytes_delayed"),
    ("fault reset web-a1 web-b1 --percent 100 --for 1s", "fabric_resets"),
])
def test_a_fault_that_nobody_meets_did_not_bite(cluster, words, counter):
    cluster.wait_healthy()
    code, answer = order(cluster, *words.split())
    assert code == 4 and answer["bit"] is False and answer["verified"] is False, answer
    assert answer["proof"] == f"placed; nothing met it within 1 s ({counter} did not grow)"
    said = cluster.run(*words.split())
    assert said.returncode == 4 and "did not bite: placed; nothing met it" in said.stdout
    assert " verified" not in said.stdout


def test_a_slow_disk_bites_when_somebody_writes(cluster):
    cluster.wait_healthy()
    stop = threading.Event()

    def write():
        with psycopg.connect(cluster.endpoints["db"], autocommit=True) as db:
            db.execute("CREATE TABLE IF NOT EXISTS w(n integer)")
            while not stop.is_set():
                db.execute("INSERT INTO w VALUES (1)")
                time.sleep(0.02)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        code, answer = order(cluster, "fault", "disk_slow", "db:primary", "--amount", "20", "--for", "3s")
    finally:
        stop.set()
        writer.join()
    assert code == 0 and answer["bit"] and "fault_disk_slow grew by" in answer["proof"], answer


def test_processes_and_zones_say_it_too(cluster):
    cluster.wait_healthy()
    code, answer = order(cluster, "stop", "web-a1")
    assert code == 0 and answer["bit"] is True
    assert order(cluster, "cont", "web-a1")[0] == 0
    code, answer = order(cluster, "kill", "web-b1")
    assert code == 0 and answer["bit"] is True
    cluster.wait_healthy()
    code, answer = order(cluster, "zone", "slow", "az-c", "--delay", "5ms", "--for", "3s")
    assert code == 0 and answer["bit"] is True and "fabric_bytes_delayed grew by" in answer["proof"]
    cluster.run("zone", "heal", "az-c")


def test_without_proof_nothing_is_said_of_a_bite(cluster):
    code, answer = order(cluster, "fault", "cut", "web-a1", "web-b1", "--for", "1s", "--wait", "none")
    assert code == 0 and answer["bit"] is None and "verified" not in answer
    said = cluster.run("fault", "cut", "web-a1", "web-b1", "--for", "1s", "--wait", "none")
    assert said.returncode == 0 and "placed; whether it bites was not looked at" in said.stdout
