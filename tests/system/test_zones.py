"""A zone as one: cut off, slowed and healed; and a life without the control plane."""
import os
import signal
import time

import httpx
import psycopg
import pytest
import redis

from cluster import Cluster, process_state, wait_until

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("zones"), name="zones") as one:
        yield one


@pytest.fixture(autouse=True)
def well(cluster):
    wait_until(cluster.healthy, 60, "health")
    yield


def primary(cluster, tier):
    return wait_until(lambda: cluster.one(tier, "primary"), 10, "a primary")


def test_a_zone_that_is_cut_off_loses_its_primaries_and_comes_back(cluster):
    old = primary(cluster, "cache")
    zone, since = old["zone"], cluster.last_seq()
    client = redis.Redis.from_url(cluster.endpoints["cache"])
    client.set("before", "1")
    cut = cluster.json("zone", "cut", zone, "--for", "3s")
    assert cut["verified"] and cut["hits"]
    moved = wait_until(lambda: cluster.one("cache", "primary")["id"] != old["id"] and cluster.one("cache", "primary"),
                       10, "another primary")
    assert moved["zone"] != zone

    def answers():
        try:
            fresh = redis.Redis.from_url(cluster.endpoints["cache"], socket_timeout=1)
            fresh.set("during", "2")
            return fresh.get("before")
        except redis.RedisError:
            return None

    assert wait_until(answers, 10, "an answer") == b"1"
    wait_until(cluster.healthy, 60, "health after it healed by itself")
    assert redis.Redis.from_url(cluster.endpoints["cache"]).get("during") == b"2"
    inside = [event["target"] for event in cluster.events(since, "silent")]
    assert inside and all(cluster.ps().get(id, {"zone": zone})["zone"] == zone for id in inside)


def test_heal_ends_it_at_once_also_for_the_control_plane(cluster):
    zone = next(z for z in ("az-a", "az-b", "az-c")
                if z not in (primary(cluster, "cache")["zone"], primary(cluster, "db")["zone"]))
    assert cluster.run("zone", "cut", zone, "--for", "60s").returncode == 0
    inside = next(id for id, one in cluster.ps().items() if one["zone"] == zone and one["tier"] == "lb")
    wait_until(lambda: cluster.ps()[inside]["health"] == "silent", 10, "that it is silent")
    assert cluster.run("zone", "heal", zone).returncode == 0
    assert cluster.get("/v1/faults") == []
    wait_until(lambda: cluster.ps()[inside]["health"] == "healthy", 10, "that it is heard again")


def test_a_slow_zone_is_slow(cluster):
    target = primary(cluster, "db")
    zone = target["zone"]
    other = next(one for one in cluster.ps().values() if one["tier"] == "lb" and one["zone"] != zone)
    assert cluster.json("zone", "slow", zone, "--delay", "40ms", "--for", "5s")["verified"]
    began = time.monotonic()
    assert httpx.get(f"http://{other['address']}:{other['port']}/api/products", timeout=10,
                     trust_env=False).status_code == 200
    slow = time.monotonic() - began
    with psycopg.connect(cluster.endpoints["db"], autocommit=True) as db:  # its standby is elsewhere
        db.execute("CREATE TABLE IF NOT EXISTS slow(n integer)")
        began = time.monotonic()
        db.execute("INSERT INTO slow VALUES (1)")
        commit = time.monotonic() - began
    assert cluster.run("zone", "heal", zone).returncode == 0
    assert commit > 0.07, (commit, slow)


def test_an_instance_is_cut_off_from_the_control_plane_alone(cluster):
    web = next(one for one in cluster.ps().values() if one["tier"] == "web")
    placed = cluster.json("fault", "cut", web["id"], "control", "--for", "2s")
    wait_until(lambda: cluster.ps()[web["id"]]["health"] == "silent", 5, "that it is silent")
    assert httpx.get(f"{cluster.endpoints['shop']}/api/products", trust_env=False).status_code == 200
    assert [one["id"] for one in cluster.get("/v1/faults")] == [placed["id"]]
    wait_until(lambda: cluster.ps()[web["id"]]["health"] == "healthy", 10, "that it is heard again")
    assert cluster.ps()[web["id"]]["pid"] == web["pid"], "it was not replaced"


def test_links_are_cut_also_under_the_names_of_endpoints(cluster):
    web = next(one for one in cluster.ps().values() if one["tier"] == "web")
    target = primary(cluster, "cache")
    assert cluster.json("fault", "cut", web["id"], target["id"], "--for", "1500ms", "--wait", "none")["hits"]
    held = cluster.get(f"/v1/instances/{target['id']}")["counters"]["fabric_bytes_held"]
    began = time.monotonic()
    answer = httpx.get(f"http://{cluster.endpoints['shop'].removeprefix('http://')}/api/cart", timeout=20,
                       trust_env=False, cookies={"AWSALB": "none"})
    assert answer.status_code in (200, 503, 504)
    wait_until(lambda: cluster.get("/v1/faults") == [], 10, "that it heals")
    wait_until(cluster.healthy, 30, "health")
    assert time.monotonic() - began > 0.5
    assert held >= 0


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL])
def test_without_the_control_plane_nothing_changes_for_shoppers(cluster, how):
    roles = {id: one["role"] for id, one in cluster.ps().items()}
    epochs = {one["name"]: one["epoch"] for one in cluster.get("/v1/groups")}
    manager, since = cluster.orchestrator_pid(), cluster.last_seq()
    os.kill(manager, how)
    if how == signal.SIGSTOP:
        wait_until(lambda: process_state(manager) == "T", 2, "that it stands still")
    failures, answers = [], 0
    until = time.monotonic() + 4
    with httpx.Client(timeout=10, trust_env=False) as http:
        while time.monotonic() < until:
            answer = http.get(cluster.endpoints["shop"] + "/api/products")
            answers += 1
            if answer.status_code != 200:
                failures.append(answer.text[:100])
    if how == signal.SIGSTOP:
        os.kill(manager, signal.SIGCONT)
    wait_until(cluster.healthy, 30, "health")
    assert not failures and answers > 50
    assert {id: one["role"] for id, one in cluster.ps().items()} == roles
    assert {one["name"]: one["epoch"] for one in cluster.get("/v1/groups")} == epochs
    kinds = {event["kind"] for event in cluster.events(since)}
    assert ("paused" if how == signal.SIGSTOP else "start") in kinds


def test_what_happened_meanwhile_is_told_with_its_own_time(cluster):
    manager = cluster.orchestrator_pid()
    web = next(one for one in cluster.ps().values() if one["tier"] == "web")
    lb = next(one for one in cluster.ps().values() if one["tier"] == "lb")
    since = cluster.last_seq()
    os.kill(manager, signal.SIGSTOP)
    wait_until(lambda: process_state(manager) == "T", 2, "that it stands still")
    os.kill(web["pid"], signal.SIGKILL)
    killed_ns = time.monotonic_ns()
    time.sleep(1.5)
    os.kill(manager, signal.SIGCONT)
    wait_until(cluster.healthy, 30, "health")
    events = cluster.events(since)
    gone = next(e for e in events if e["kind"] == "exit" and e["target"] == web["id"])
    seen = next(e for e in events if e["kind"] == "target_health" and e["source"] == lb["id"] and
                "unhealthy" in e["text"])
    for event in (gone, seen):
        assert abs(event["t_ns"] - killed_ns) < 1.4e9, "when it happened, not when it was told"


def test_autoshift_moves_traffic_away_from_an_impaired_zone_and_back(tmp_path):
    with Cluster(tmp_path, name="auto", toml="[cluster]\nautoshift = true\n[web]\ncount = 3\n") as cluster:
        since = cluster.last_seq()
        assert cluster.run("zone", "cut", "az-b", "--for", "3s").returncode == 0
        wait_until(lambda: cluster.events(since, "zone-shift"), 10, "that it is shifted away")
        assert "autoshift" in cluster.events(since, "zone-shift")[0]["text"]
        wait_until(lambda: cluster.events(since, "zone-unshift"), 30, "that it is back")
        wait_until(cluster.healthy, 30, "health")


def test_zones_of_a_region_are_a_little_apart(tmp_path):
    with Cluster(tmp_path, name="far", toml='[cluster]\nlatency = "same-region"\n[web]\ncount = 3\n') as cluster:
        with psycopg.connect(cluster.endpoints["db"], autocommit=True) as db:
            db.execute("CREATE TABLE far(n integer)")
            took = []
            for number in range(20):
                began = time.monotonic()
                db.execute("INSERT INTO far VALUES (%s)", (number,))
                took.append(time.monotonic() - began)
        assert sorted(took)[10] > 0.002, "there and back to the standby in another zone"
        assert cluster.get("/v1/faults") == [], "a distance is no fault"
