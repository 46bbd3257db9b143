"""Faults of the link between a web instance and the database's primary, as the web instance's requests meet them.

Each kind must act on both directions: on what the web instance asks, which reaches the primary by its endpoint, and on what it answers."""
import time

import httpx
import pytest
from cluster import Cluster, wait_until

TOML = "[cluster]\nzones = 3\n[web]\ncount = 1\nmin = 1\n"
PATIENCE_S = 3.5  # request_ms of webnode
KBIT_PER_S = 16


class Shopper:
    """Signed up, on one connection, with one request that is one transaction on the primary."""

    def __init__(self, cluster):
        self.client = httpx.Client(base_url=cluster.endpoints["shop"], timeout=30, trust_env=False)
        answer = self.client.post("/api/register", json={"email": "a@example.com", "password": "long enough", "name": "Ada"})
        assert answer.status_code == 201, answer.text
        self.address = {"recipient": "R" * 80, "street": "S" * 80, "city": "C" * 80, "postcode": "SW1Y 4JH",
                        "country": "United Kingdom"}

    def write(self):
        """Seconds that it took, and the status of the answer."""
        begun = time.monotonic()
        answer = self.client.put("/api/address", json=self.address)
        return time.monotonic() - begun, answer.status_code


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("links"), name="links", toml=TOML) as one:
        yield one


@pytest.fixture(scope="module")
def shopper(cluster):
    cluster.wait_healthy()
    return Shopper(cluster)


@pytest.fixture(autouse=True)
def well(cluster, shopper):
    cluster.wait_healthy()
    wait_until(lambda: shopper.write()[1] == 200, 20, "an answered request")
    yield
    cluster.run("heal")


def counters(cluster, id):
    return cluster.get(f"/v1/instances/{id}")["counters"]


def place(cluster, kind, *flags):
    """Places it between the web instance and the primary; the primary's id, once the fault is in force there."""
    web = next(id for id, one in cluster.ps().items() if one["tier"] == "web")
    db = cluster.one("db", "primary")["id"]
    done = cluster.run("fault", kind, web, db, *flags, "--wait", "none")
    assert done.returncode == 0, done.stderr
    for id in (web, db):
        wait_until(lambda: counters(cluster, id).get("faults_in_force", 0) >= 1, 5, f"the fault in {id}")
    return db


def grown(cluster, id, before, name):
    return counters(cluster, id).get(name, 0) - before.get(name, 0)


def test_a_delay_is_met_on_the_way_there_and_on_the_way_back(cluster, shopper):
    quick = min(shopper.write()[0] for _ in range(5))
    place(cluster, "delay", "--delay", "200ms", "--for", "30s")
    took, status = shopper.write()
    assert status == 200 and took >= quick / 2 + 0.4, (quick, took)


def test_little_bandwidth_is_shared_by_what_is_asked_and_what_is_answered(cluster, shopper):
    db = place(cluster, "bandwidth", "--amount", str(KBIT_PER_S), "--for", "30s")
    before = counters(cluster, db)
    took, status = shopper.write()
    assert status == 200
    asked = sum(len(text) for text in shopper.address.values())
    wait_until(lambda: grown(cluster, db, before, "fabric_bytes_delayed") > asked, 5, "what was asked, counted as delayed")
    assert took >= asked * 8 / 1000 / KBIT_PER_S, took


def test_a_reset_meets_what_is_asked_before_the_primary_does(cluster, shopper):
    db = place(cluster, "reset", "--percent", "100", "--for", "30s")
    before = counters(cluster, db)
    took, status = shopper.write()
    assert status in (503, 504) and took >= PATIENCE_S * 0.9, (took, status)
    wait_until(lambda: grown(cluster, db, before, "fabric_resets") >= 2, 5, "resets")
    assert grown(cluster, db, before, "commits") == 0, "a request came through"


def test_a_black_hole_swallows_what_is_asked(cluster, shopper):
    db = place(cluster, "black_hole", "--for", "30s")
    before = counters(cluster, db)
    took, status = shopper.write()
    assert status in (503, 504) and took >= PATIENCE_S * 0.9, (took, status)
    wait_until(lambda: grown(cluster, db, before, "fabric_bytes_dropped") > 0, 5, "dropped bytes")
    assert grown(cluster, db, before, "commits") == 0, "a request came through"


def test_a_cut_holds_what_is_asked_until_it_heals(cluster, shopper):
    begun = time.monotonic()
    db = place(cluster, "cut", "--for", "2s")
    before = counters(cluster, db)
    took, status = shopper.write()
    assert status == 200 and time.monotonic() - begun >= 2, took
    assert grown(cluster, db, before, "commits") <= 2  # once it healed; once more, if the first was in doubt


@pytest.mark.parametrize("way", ["there", "back"])
def test_a_cut_of_one_direction_is_enough(cluster, shopper, way):
    web = next(id for id, one in cluster.ps().items() if one["tier"] == "web")
    db = cluster.one("db", "primary")["id"]
    ends = (web, db) if way == "there" else (db, web)
    begun = time.monotonic()
    done = cluster.run("fault", "cut_one_way", *ends, "--for", "2s", "--wait", "none")
    assert done.returncode == 0, done.stderr
    wait_until(lambda: counters(cluster, db).get("faults_in_force", 0) >= 1, 5, "the fault")
    took, status = shopper.write()
    assert status == 200 and time.monotonic() - begun >= 2, took
