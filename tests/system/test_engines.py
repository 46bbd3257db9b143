"""Redis and PostgreSQL of this machine as members of the groups: the same control plane, the same faults."""
import glob
import os
import shutil
import signal
import threading
import time
from pathlib import Path

import psycopg
import pytest
import redis

from cluster import Cluster, multiaz, processes_naming, wait_until
from web_shop import Shopper

pytestmark = pytest.mark.skipif(not (shutil.which("redis-server") and glob.glob("/usr/lib/postgresql/*/bin/initdb")),
                                reason="needs redis-server and PostgreSQL")
TOML = "[web]\ncount = 2\n"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    folder = tmp_path_factory.mktemp("engines")
    with Cluster(folder, "--cache-engine", "redis", "--db-engine", "postgres", name="engines", toml=TOML) as one:
        yield one


@pytest.fixture(autouse=True)
def whole_before_and_after(cluster):
    cluster.wait_healthy()
    yield
    cluster.wait_healthy()


def another_primary(cluster, tier, before, since):
    """Waits for a primary that is not `before`; says what happened instead."""
    try:
        wait_until(lambda: (cluster.one(tier, "primary") or {"id": before})["id"] != before, 30, "another primary")
    except AssertionError as error:
        seen = [(event["kind"], event["target"], event["text"]) for event in cluster.events(since)]
        raise AssertionError(f"{error}: {seen}") from None


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Writers:
    """Rows in the database, a few connections at a time; knows what was acknowledged and when."""

    def __init__(self, cluster, count=4):
        self.url = cluster.endpoints["db"]
        self.acked, self.times, self.over = [], [], threading.Event()
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS marks (id TEXT PRIMARY KEY)")
            self.already = connection.execute("SELECT COUNT(*) FROM marks").fetchone()[0]
        self.threads = [threading.Thread(target=self.write, args=(f"{time.monotonic_ns()}-{n}",)) for n in range(count)]

    def write(self, who):
        number, connection = 0, None
        while not self.over.is_set():
            number += 1
            try:
                connection = connection or psycopg.connect(self.url, autocommit=True, connect_timeout=10)
                connection.execute("INSERT INTO marks VALUES (%s)", (f"{who}-{number}",))
                self.acked.append(f"{who}-{number}")
                self.times.append(time.monotonic())
            except psycopg.Error:
                connection = None
                time.sleep(0.01)
            time.sleep(0.002)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        wait_until(lambda: len(self.acked) > 50, 20, "writes")
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(30)

    def goes_on(self):
        before = len(self.acked)
        wait_until(lambda: len(self.acked) > before + 50, 30, "more writes")

    def assert_nothing_lost(self):
        with psycopg.connect(self.url) as connection:
            there = {row[0] for row in connection.execute("SELECT id FROM marks")}
        assert len(self.acked) > 100 and not set(self.acked) - there

    def outage_s(self):
        times = sorted(self.times)
        return max(b - a for a, b in zip(times, times[1:]))


def test_the_shop_sells_on_them(cluster):
    class At:
        url = cluster.endpoints["shop"]

    shopper = Shopper(None, At).sign_up()
    assert shopper.add(line="a").status_code == 201
    order = shopper.check_out()
    assert order.status_code == 201 and len(shopper.orders()) == 1
    with psycopg.connect(cluster.endpoints["db"]) as connection:
        assert "PostgreSQL" in connection.execute("SELECT version()").fetchone()[0]
        assert "db-" in connection.execute("SHOW synchronous_standby_names").fetchone()[0]
        assert connection.execute("SELECT COUNT(*) FROM orders").fetchone()[0] >= 1
    assert redis.from_url(cluster.endpoints["cache"]).info("server")["redis_version"]


def test_readers_are_read_only(cluster):
    with psycopg.connect(cluster.endpoints["db_reader"], autocommit=True) as connection:
        assert connection.execute("SELECT pg_is_in_recovery()").fetchone()[0]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE TABLE nope (a INT)")
    with pytest.raises(redis.exceptions.ReadOnlyError):
        redis.from_url(cluster.endpoints["cache_reader"]).set("nope", 1)


def test_strangers_and_our_own_users_are_kept_out(cluster):
    for user in ("multiaz", "replicator", "shop"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(cluster.endpoints["db"].replace("shop:", f"{user}:wrong"), connect_timeout=5)
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis.Redis(host=cluster.endpoints["cache"].split("@")[1].split(":")[0], port=6379).get("x")


@pytest.mark.parametrize("way", ["kill", "kill the engine", "cut, then kill"])
def test_a_lost_primary_of_the_database_loses_no_acknowledged_row(cluster, way):
    before, since = cluster.one("db", "primary"), cluster.last_seq()
    with Writers(cluster) as writers:
        if way == "kill":
            assert cluster.run("kill", "db:primary").returncode == 0
        elif way == "kill the engine":
            (postgres,) = children_of(before["pid"])
            os.kill(postgres, signal.SIGKILL)
        else:
            for other in cluster.ps().values():
                if other["tier"] == "db" and other["id"] != before["id"]:
                    assert cluster.run("fault", "cut", before["id"], other["id"], "--for", "2s").returncode == 0
            time.sleep(0.5)
            assert cluster.run("kill", before["id"]).returncode == 0
        kinds = [event["kind"] for event in cluster.events(since)]
        if way == "cut, then kill" and "shrink" in kinds[:kinds.index("kill")]:
            # On a starved machine the kill comes after the standby has left the view: what was acknowledged
            # meanwhile is in the killed primary alone, so that one has to come back, and no other may follow it.
            wait_until(lambda: cluster.events(since, "promote"), 30, "a primary again")
            assert {event["target"] for event in cluster.events(since, "promote")} == {before["id"]}
        else:
            another_primary(cluster, "db", before["id"], since)
        writers.goes_on()
    writers.assert_nothing_lost()
    assert writers.outage_s() < 10
    cluster.wait_healthy()


class IdleClient:
    """One connection that only asks, to the database or the cache; counts how often it was sent away."""

    def __init__(self, cluster, tier):
        self.url, self.tier, self.lost, self.asked = cluster.endpoints[tier], tier, [], 0
        self.over, self.thread = threading.Event(), threading.Thread(target=self.run)

    def connect(self):
        if self.tier == "db":
            connection = psycopg.connect(self.url, autocommit=True, connect_timeout=5)
            return lambda: connection.execute("SELECT 1")
        connection = redis.ConnectionPool.from_url(self.url, socket_timeout=5).make_connection()
        connection.connect()  # by itself it does not connect again, as a client of a pool would

        def ask():
            connection.send_command("PING")
            connection.read_response()
        return ask

    def run(self):
        ask, started = None, time.monotonic()
        while not self.over.is_set():
            try:
                ask = ask or self.connect()
                ask()
                self.asked += 1
            except (psycopg.Error, redis.exceptions.RedisError, OSError):
                if ask is not None:
                    self.lost.append(round(time.monotonic() - started, 3))
                ask = None
            time.sleep(0.005)

    def __enter__(self):
        self.thread.start()
        wait_until(lambda: self.asked > 5, 20, "answers")
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join(20)


@pytest.mark.parametrize("tier", ["db", "cache"])
def test_one_failover_ends_a_client_s_connection_once(cluster, tier):
    before, since = cluster.one(tier, "primary"), cluster.last_seq()
    with IdleClient(cluster, tier) as client:
        assert cluster.run("kill", f"{tier}:primary").returncode == 0
        another_primary(cluster, tier, before["id"], since)
        cluster.wait_healthy()  # the former primary has joined again
        joined = [e for e in cluster.events(since) if e["kind"] == "join" and e["target"] == before["id"]]
        asked = client.asked
        wait_until(lambda: client.asked > asked + 100, 20, "more answers")
    assert joined and len(client.lost) == 1, client.lost


@pytest.mark.parametrize("tier", ["db", "cache"])
def test_a_standby_that_goes_and_comes_back_ends_no_connection(cluster, tier):
    standby = next(one["id"] for one in cluster.ps().values()
                   if one["tier"] == tier and one["role"] == ("standby" if tier == "db" else "replica"))
    since = cluster.last_seq()
    with IdleClient(cluster, tier) as client:
        assert cluster.run("kill", standby).returncode == 0
        wait_until(lambda: any(e["kind"] == "shrink" for e in cluster.events(since)), 20, "its removal")
        cluster.wait_healthy()
        asked = client.asked
        wait_until(lambda: client.asked > asked + 100, 20, "more answers")
    assert client.lost == []


def test_a_stopped_primary_is_replaced_and_does_not_come_back_as_one(cluster):
    before, since = cluster.one("db", "primary")["id"], cluster.last_seq()
    with Writers(cluster) as early:
        pass
    assert cluster.run("stop", before).returncode == 0
    another_primary(cluster, "db", before, since)
    with Writers(cluster) as writers:  # afresh: who was connected to a stopped process hangs
        assert cluster.run("cont", before).returncode == 0
        writers.goes_on()
        cluster.wait_healthy()
    writers.acked += early.acked
    writers.assert_nothing_lost()
    with psycopg.connect(f"host={cluster.ps()[before]['address'].split(':')[0]} user=shop dbname=shop password="
                         f"{cluster.endpoints['db'].split(':')[2].split('@')[0]}") as old:
        assert old.execute("SELECT pg_is_in_recovery()").fetchone()[0], "the former primary follows"


def test_an_orderly_failover_loses_nothing(cluster):
    before, since = cluster.one("db", "primary")["id"], cluster.last_seq()
    with Writers(cluster) as writers:
        assert cluster.run("failover", "db").returncode == 0
        another_primary(cluster, "db", before, since)
        writers.goes_on()
    writers.assert_nothing_lost()
    before, since = cluster.one("cache", "primary")["id"], cluster.last_seq()
    client = redis.from_url(cluster.endpoints["cache"])
    for number in range(200):
        client.set(f"orderly-{number}", number)
    cluster.wait_healthy()
    assert cluster.run("failover", "cache").returncode == 0
    another_primary(cluster, "cache", before, since)
    fresh = redis.from_url(cluster.endpoints["cache"])
    assert [fresh.get(f"orderly-{number}") for number in range(200)] == [str(n).encode() for n in range(200)]


@pytest.mark.parametrize("way", ["kill", "kill the engine", "kill the engine while it is asked", "stop"])
def test_a_lost_primary_of_the_cache_is_replaced(cluster, way):
    before, since = cluster.one("cache", "primary"), cluster.last_seq()
    client = redis.from_url(cluster.endpoints["cache"])
    client.set("kept", way)
    time.sleep(0.3)  # Redis acknowledges first and replicates then: give it the time
    if way.startswith("kill the engine"):
        (server,) = children_of(before["pid"])
        if way.endswith("asked"):
            os.kill(server, signal.SIGSTOP)
            time.sleep(0.3)  # a look is under way now, and gets no answer
        os.kill(server, signal.SIGKILL)
    else:
        assert cluster.run(way, "cache:primary").returncode == 0
    another_primary(cluster, "cache", before["id"], since)

    def answers():
        try:
            return redis.from_url(cluster.endpoints["cache"], socket_timeout=2).get("kept") == way.encode()
        except redis.exceptions.RedisError:
            return False

    wait_until(answers, 20, "the value")
    if way == "stop":
        cluster.run("cont", before["id"])


def test_a_lost_zone_with_both_primaries(cluster):
    zone = cluster.one("db", "primary")["zone"]
    with Writers(cluster) as writers:
        assert cluster.run("zone", "down", zone, "--for", "2s").returncode == 0
        wait_until(lambda: (cluster.one("db", "primary") or {"zone": zone})["zone"] != zone, 30, "another zone's primary")
        writers.goes_on()
    writers.assert_nothing_lost()
    cluster.wait_healthy(90)


def test_what_is_not_possible_is_said(cluster, tmp_path):
    cluster.wait_healthy()
    since = cluster.last_seq()
    cluster.run("snapshot", "create", "db", "s1")
    wait_until(lambda: any("its own tools for backups" in event["text"] for event in cluster.events(since)), 20, "why")
    for words, part in ((["--db-engine", "mysql"], "postgres"), (["--cache-engine", "redis", "--bug", "no-fencing"], "bug")):
        bad = multiaz("up", "--name", "bad", *words, run_dir=tmp_path)
        assert bad.returncode == 254 and part in bad.stderr


def test_nothing_is_left(tmp_path):
    with Cluster(tmp_path, "--cache-engine", "redis", "--db-engine", "postgres", name="gone", toml=TOML) as one:
        engines = [pid for daemon in one.ps().values() if daemon["tier"] in ("cache", "db") for pid in children_of(daemon["pid"])]
        assert len(engines) == 6
        supervisor = one.pids["supervisor"]
        os.kill(supervisor, signal.SIGKILL)  # the power goes: no orderly end
        wait_until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in engines), 20, "the end of the engines")
        multiaz("down", "--name", "gone", run_dir=tmp_path)
        assert not one.folder.exists() and processes_naming(one.folder) == []
