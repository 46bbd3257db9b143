"""One default cluster: what the reading verbs and the API say, and what orders do to it."""
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time

import httpx
import psycopg
import pytest
import redis

from cluster import BIN, Cluster, alive, multiaz, process_state, wait_until
from control_client import ControlClient

pytestmark = pytest.mark.alone

PS_KEYS = ["id", "tier", "zone", "role", "address", "port", "pid", "state", "health", "epoch", "lag_ms", "uptime_s",
           "launch"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    toml = "[control]\nreplace_hung_after_ms = 2500\n"
    with Cluster(tmp_path_factory.mktemp("v"), toml=toml) as cluster:
        yield cluster


@pytest.fixture
def cluster(shared):
    shared.wait_healthy()
    yield shared
    shared.post("/v1/heal")
    shared.wait_healthy()


# --- reading

def test_ps_lists_every_planned_instance_in_the_promised_shape(cluster):
    rows = cluster.json("ps")
    assert [list(row) for row in rows] == [PS_KEYS] * 16
    tiers = [row["tier"] for row in rows]
    assert {tier: tiers.count(tier) for tier in tiers} == {"lb": 3, "web": 6, "cache": 3, "db": 3, "dns": 1}
    assert sorted(row["role"] for row in rows if row["tier"] == "db") == ["primary", "replica", "standby"]
    assert len({row["zone"] for row in rows if row["tier"] == "db"}) == 3
    assert all(row["state"] == "ready" and row["health"] == "healthy" and alive(row["pid"]) for row in rows)
    text = cluster.run("ps").stdout
    assert text.splitlines()[0].split() == ["ID", "ZONE", "ROLE", "ADDRESS", "PID", "STATE", "HEALTH", "EPOCH", "LAG", "UP"]


def test_ordinary_clients_take_the_endpoints_as_they_are(cluster):
    endpoints = cluster.json("endpoints")
    assert list(endpoints) == ["shop", "shop_https", "cache", "cache_reader", "db", "db_reader", "dns", "api"]
    assert redis.Redis.from_url(endpoints["cache"]).set("k", "v")
    assert wait_until(lambda: redis.Redis.from_url(endpoints["cache_reader"]).get("k") == b"v")
    with psycopg.connect(endpoints["db"], autocommit=True) as db:
        assert db.execute("SELECT 40 + 2").fetchone()[0] in (42, "42")
    with psycopg.connect(endpoints["db_reader"], autocommit=True) as db:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            db.execute("CREATE TABLE t(a int)")
    assert cluster.shop().status_code == 200
    env = dict(re.findall(r"^(\w+)='(.*)'$", cluster.run("endpoints", "--env").stdout, re.M))
    assert env["DATABASE_URL"] == endpoints["db"] and env["SHOP_URL"] == endpoints["shop"]
    assert set(env) == {"SHOP_URL", "SHOP_HTTPS_URL", "CACHE_URL", "CACHE_READER_URL", "DATABASE_URL", "DATABASE_READER_URL"}


def test_health_groups_plan_stats(cluster):
    assert cluster.json("health") == {"healthy": True, "reasons": []}
    groups = {group["name"]: group for group in cluster.json("groups")}
    assert len(groups["cache"]["in_sync"]) == 3 and len(groups["db"]["in_sync"]) == 2
    assert groups["db"]["serving"] and groups["db"]["learners"] == [groups["db"]["members"][2]["id"]]
    assert len(cluster.get("/v1/plan")["instances"]) == 16
    stats = cluster.json("stats")
    assert len(stats["processes"]) == 18
    assert abs(stats["memory_mb"] - sum(one["memory_mb"] for one in stats["processes"])) < 5


def test_events_and_logs(cluster):
    lines = cluster.run("events", "--json").stdout.splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert {"seq", "t_ns", "wall", "source", "kind", "target", "zone", "text"} <= set(events[0])
    assert "db starts with 2 in-sync members" in " ".join(event["text"] for event in events)
    assert "starting 16 instances" in cluster.run("events").stdout
    assert '"ready":true' in cluster.run("logs", "web-a1").stdout
    assert {line.split()[1] for line in cluster.run("logs", "cache").stdout.splitlines()} >= {"cache-a1", "cache-b1"}
    merged = [json.loads(line) for line in cluster.run("logs", "--json").stdout.splitlines()]
    assert [line["wall"] for line in merged] == sorted(line["wall"] for line in merged)
    assert {"orchestrator", "supervisor", "web-a1"} <= {line["id"] for line in merged}
    assert len(cluster.run("logs", "-n", "3").stdout.splitlines()) == 3
    assert "start db-a1" in cluster.run("logs", "supervisor").stdout


def test_events_are_followed_as_they_come(cluster):
    env = dict(os.environ, MULTIAZ_RUN=str(cluster.run_dir))
    follower = subprocess.Popen([BIN / "multiaz", "events", "-f", "--json", "--name", cluster.name, "--since",
                                 str(cluster.last_seq())], env=env, stdout=subprocess.PIPE, text=True)
    try:
        cluster.post("/v1/fault", kind="delay", a="lb-a1", b="web-a1", delay_ms=1, for_ms=100)
        kinds = []
        while "heal" not in kinds:  # the cluster may have other news as well
            kinds.append(json.loads(follower.stdout.readline())["kind"])
        assert [kind for kind in kinds if kind in ("fault", "heal")] == ["fault", "heal"]
    finally:
        follower.kill()
        follower.wait()


# --- orders

def test_a_killed_instance_is_replaced_in_place(cluster):
    before = cluster.ps()
    hits = cluster.json("kill", "web-a1")
    assert hits["verified"] and hits["hits"][0]["id"] == "web-a1" and hits["hits"][0]["pid"] == before["web-a1"]["pid"]
    assert not alive(before["web-a1"]["pid"])
    cluster.wait_healthy()
    after = cluster.ps()
    assert after["web-a1"]["pid"] != before["web-a1"]["pid"]
    assert after["web-a1"]["address"] == before["web-a1"]["address"]
    assert all(after[id]["pid"] == before[id]["pid"] for id in before if id != "web-a1")


@pytest.mark.parametrize("group, standby", [("db", "standby"), ("cache", "replica")])
def test_the_next_primary_comes_from_the_in_sync_set(cluster, group, standby):
    old = cluster.one(group, "primary")
    since = cluster.last_seq()
    assert cluster.json("kill", f"{group}:primary")["verified"]
    new = wait_until(lambda: (one := cluster.one(group, "primary")) and one["id"] != old["id"] and one)
    cluster.wait_healthy()
    assert new["epoch"] > old["epoch"] or cluster.one(group, "primary")["epoch"] > old["epoch"]
    assert cluster.ps()[old["id"]]["role"] == standby
    kinds = [event["kind"] for event in cluster.events(since)]
    assert kinds.index("kill") < kinds.index("promote") < kinds.index("serving") < kinds.index("join")


def test_a_stopped_primary_is_replaced_but_left_alone(cluster):
    old = cluster.one("cache", "primary")
    assert cluster.json("stop", "cache:primary")["verified"]
    assert process_state(old["pid"]) == "T"
    wait_until(lambda: cluster.one("cache", "primary")["id"] != old["id"])
    time.sleep(3)  # longer than replace_hung_after_ms: it was stopped on purpose
    assert process_state(old["pid"]) == "T" and cluster.ps()[old["id"]]["state"] == "stopped"
    assert not cluster.healthy()
    assert cluster.json("cont", old["id"])["verified"]
    cluster.wait_healthy()
    assert cluster.ps()[old["id"]]["pid"] == old["pid"]


def test_a_process_that_hangs_by_itself_is_killed_and_replaced(cluster):
    pid = cluster.ps()["web-b1"]["pid"]
    since = cluster.last_seq()
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: not alive(pid))
    cluster.wait_healthy()
    texts = [event["text"] for event in cluster.events(since) if event["target"] == "web-b1"]
    assert any("no heartbeat" in text for text in texts) and any("hung" in text for text in texts)


def test_restart_ends_in_order(cluster):
    pid = cluster.ps()["lb-b1"]["pid"]
    assert cluster.json("restart", "lb-b1")["verified"]
    assert not alive(pid)
    ended = [event for event in cluster.events() if event["kind"] == "exit" and event["target"] == "lb-b1"][-1]
    assert "exit code 0" in ended["text"]


def test_an_orderly_failover_goes_where_it_is_told(cluster):
    target = cluster.one("db", "standby")["id"]
    done = cluster.run("failover", "db", "--to", target)
    assert done.returncode == 0, done.stderr
    wait_until(lambda: cluster.one("db", "primary")["id"] == target)
    cluster.wait_healthy()
    refused = cluster.run("failover", "db", "--to", cluster.one("db", "replica")["id"])
    assert refused.returncode == 4 and refused.stderr


def test_a_zone_goes_down_and_comes_back(cluster):
    zone = cluster.one("db", "primary")["zone"]
    before = {id: one for id, one in cluster.ps().items() if one["zone"] == zone}
    hits = cluster.json("zone", "down", zone)
    assert hits["verified"] and {hit["id"] for hit in hits["hits"]} == set(before)
    wait_until(lambda: cluster.one("db", "primary")["zone"] != zone)
    assert wait_until(lambda: cluster.shop().status_code == 200)
    now = cluster.ps()  # what Auto Scaling lost there it makes up for elsewhere
    assert {now[id]["state"] for id, one in before.items() if one["tier"] != "web"} == {"held"}
    assert not [one for one in now.values() if one["tier"] == "web" and one["zone"] == zone]
    wait_until(lambda: sum(one["tier"] == "web" for one in cluster.ps().values()) == 6)
    assert cluster.run("health").returncode == 3
    assert cluster.run("zone", "up", zone).returncode == 0
    cluster.wait_healthy()


def test_a_zone_comes_back_by_itself(cluster):
    assert cluster.run("zone", "down", "az-c", "--for", "500ms").returncode == 0
    cluster.wait_healthy()
    assert "its time is over" in cluster.events(kind="zone-up")[-1]["text"]


def test_link_faults_bite_are_listed_and_end(cluster):
    primary, standby = cluster.one("db", "primary"), cluster.one("db", "standby")
    fault = cluster.json("fault", "cut", "db:primary", "db:standby", "--for", "2s")
    assert fault["verified"] and {hit["id"] for hit in fault["hits"]} == {primary["id"], standby["id"]}
    assert fault["bit"] and "fabric_bytes_held grew by" in fault["proof"]
    assert [one["id"] for one in cluster.get("/v1/faults")] == [fault["id"]]
    with psycopg.connect(cluster.endpoints["db"], autocommit=True) as db:
        began = time.monotonic()
        db.execute("CREATE TABLE IF NOT EXISTS held(a int)")  # waits for the standby
        assert time.monotonic() - began > 0.3
    wait_until(lambda: cluster.get("/v1/faults") == [])
    assert cluster.get(f"/v1/instances/{primary['id']}")["counters"]["fabric_bytes_held"] > 0
    slow = cluster.json("fault", "delay", "az-a", "az-b", "--delay", "5ms", "--jitter", "2ms", "--for", "1m")
    assert cluster.json("heal", slow["id"])["healed"] == [slow["id"]]
    assert cluster.get("/v1/faults") == []


@pytest.mark.parametrize("words, code, text", [
    (["kill", "web-z9"], 254, "did you mean 'web-a1'"),
    (["kill", "db:primray"], 254, "did you mean 'db:primary'"),
    (["zone", "down", "az-z"], 254, "the zones are az-a az-b az-c"),
    (["failover", "web"], 254, "the groups are cache and db"),
    (["failover", "db", "--to", "web-a1"], 254, "web-a1 is not a member of db"),
    (["fault", "cut", "web-a1", "web-a1"], 254, "the same end of a link"),
    (["fault", "delay", "web-a1", "db"], 254, "a delay needs delay_ms"),
    (["fault", "cut", "web-a1", "db", "--for", "soon"], 254, "not a duration"),
    (["fault", "cut", "web-a1", "db", "--for", "0ms"], 254, '"for_ms" goes from 1'),
    (["heal", "f999"], 4, "there is no fault 'f999'"),
])
def test_bad_orders_are_answered_in_words(cluster, words, code, text):
    done = cluster.run(*words)
    assert done.returncode == code and text in done.stderr, done.stderr


def test_the_api_changes_nothing_without_the_token(cluster):
    with httpx.Client(base_url=cluster.api, trust_env=False) as stranger:
        assert stranger.get("/v1/instances").status_code == 200
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            answer = stranger.post("/v1/kill", json={"target": "web-a1"}, headers=headers)
            assert answer.status_code == 403 and answer.json()["error"]["code"] == "denied"
        assert stranger.get("/v1/endpoints").status_code == 403
        assert stranger.get("/v1/nothing").status_code == 404
    for body in (b"{", b"[]", b'{"target": 7}', b"{}"):
        answer = cluster.http.post("/v1/kill", content=body)
        assert answer.status_code == 400 and answer.json()["error"]["message"]


def test_only_members_are_admitted_to_the_control_plane(cluster):
    secrets = json.loads((cluster.folder / "secrets.json").read_text())
    address = cluster.get("/v1/plan")["endpoints"]
    control = next(one for one in address if one["name"] == "control")
    good = {"cluster": secrets["cluster_id"], "key": secrets["key"], "id": "web-a1", "tier": "web", "zone": "az-a",
            "launch": cluster.get("/v1/instances/web-a1")["launch"]}
    for change, words in [({"key": "0" * 64}, "does not prove the cluster key"),
                          ({"cluster": "other"}, "belongs to cluster 'other'"),
                          ({"id": "web-z9"}, "unknown instance 'web-z9'"),
                          ({"launch": good["launch"] + 7}, "says launch"),
                          ({"zone": "az-b"}, "says it is a web in az-b")]:
        since = cluster.last_seq()
        with ControlClient(control["address"], control["port"]) as client:
            assert client.hello(**dict(good, **change)) is None
        refused = wait_until(lambda: cluster.events(since, "refused"))
        assert words in refused[0]["text"]
    for junk in (b"\xff\xff\xff\xff", b"\x00\x00\x00\x01\xc1", b"GET / HTTP/1.1\r\n\r\n"):
        with ControlClient(control["address"], control["port"]) as client:
            client.socket.sendall(junk)
            assert client.closed()


# --- the orchestrator dies

def test_the_orchestrator_dies_and_nothing_else_changes(cluster):
    before = cluster.ps()
    old = cluster.orchestrator_pid()
    assert cluster.get("/v1/cluster")["pids"]["orchestrator"] == old
    failures, stop = [], threading.Event()

    def shop():
        with httpx.Client(base_url=cluster.endpoints["shop"], timeout=20, trust_env=False) as client:
            while not stop.is_set():
                answer = client.get("/")
                if answer.status_code != 200:
                    failures.append(answer.status_code)

    shopper = threading.Thread(target=shop)
    shopper.start()
    try:
        killed = json.loads(cluster.run("kill", "orchestrator", "--json").stdout)
        assert killed["verified"] and killed["hits"][0]["pid"] == old
        wait_until(cluster.healthy, 60)
    finally:
        stop.set()
        shopper.join()
    assert failures == []
    after = cluster.ps()
    assert {id: one["pid"] for id, one in after.items()} == {id: one["pid"] for id, one in before.items()}
    assert {id: one["epoch"] for id, one in after.items()} == {id: one["epoch"] for id, one in before.items()}
    assert cluster.get("/v1/cluster")["pids"]["orchestrator"] != old
    assert "adopted 16 running instances" in " ".join(event["text"] for event in cluster.events(kind="start"))
    # It governs as before.
    pid = after["web-c1"]["pid"]
    assert cluster.json("kill", "web-c1")["verified"] and not alive(pid)


def test_who_dies_while_the_orchestrator_is_away_is_replaced_afterwards(cluster):
    victim = cluster.one("db", "primary")
    orchestrator = cluster.orchestrator_pid()
    os.kill(orchestrator, signal.SIGSTOP)
    os.kill(victim["pid"], signal.SIGKILL)
    os.kill(orchestrator, signal.SIGKILL)
    wait_until(lambda: not alive(orchestrator))
    cluster.wait_healthy()
    assert cluster.ps()[victim["id"]]["pid"] != victim["pid"]
    assert cluster.one("db", "primary")["id"] != victim["id"]


def test_a_stopped_orchestrator_takes_nobody_for_dead(cluster):
    before = cluster.ps()
    since = cluster.last_seq()
    assert cluster.run("stop", "orchestrator").returncode == 0
    time.sleep(3)  # longer than any silence it tolerates
    assert cluster.run("cont", "orchestrator").returncode == 0
    cluster.wait_healthy()
    wait_until(lambda: cluster.events(since, "paused"))
    assert not {event["kind"] for event in cluster.events(since)} & {"kill", "promote", "exit"}
    assert {id: one["pid"] for id, one in cluster.ps().items()} == {id: one["pid"] for id, one in before.items()}


def test_holds_and_faults_survive_the_orchestrator(cluster):
    assert cluster.run("zone", "down", "az-c").returncode == 0
    fault = cluster.json("fault", "delay", "web-a1", "web-b1", "--delay", "1ms", "--for", "1m", "--wait", "none")
    old = cluster.orchestrator_pid()
    assert cluster.run("kill", "orchestrator").returncode == 0
    wait_until(lambda: (pid := cluster.orchestrator_pid()) and pid != old)
    assert cluster.get("/v1/cluster")["zones_down"] == ["az-c"]
    assert [one["id"] for one in cluster.get("/v1/faults")] == [fault["id"]]
    held = [one for one in cluster.ps().values() if one["zone"] == "az-c"]
    assert held and {one["state"] for one in held} == {"held"}
    assert cluster.run("zone", "up", "az-c").returncode == 0
    cluster.wait_healthy()


def test_an_older_copy_of_its_state_is_noticed(cluster, tmp_path):
    """Launch numbers and epochs go on growing, and nothing that was written is lost."""
    def copy(source, target):
        for path in list(target.glob("orchestrator.db*")):
            path.unlink()
        for path in source.glob("orchestrator.db*"):
            shutil.copy(path, target)

    with psycopg.connect(cluster.endpoints["db"], autocommit=True) as db:
        db.execute("CREATE TABLE kept(a int)")
    os.kill(cluster.orchestrator_pid(), signal.SIGSTOP)  # nothing is written while we copy
    copy(cluster.folder, tmp_path)
    os.kill(cluster.orchestrator_pid(), signal.SIGCONT)
    old = cluster.one("db", "primary")
    launch = cluster.get(f"/v1/instances/{old['id']}")["launch"]
    assert cluster.run("kill", "db:primary").returncode == 0
    cluster.wait_healthy()
    since = cluster.last_seq()
    # Kill it until the supervisor waits long enough between two starts to change the files.
    seen = None
    for _ in range(6):
        seen = wait_until(lambda: (pid := cluster.orchestrator_pid()) and pid != seen and pid)
        os.kill(seen, signal.SIGKILL)
        wait_until(lambda: not alive(seen))
    assert cluster.orchestrator_pid() is None
    copy(tmp_path, cluster.folder)
    cluster.wait_healthy()
    assert "amnesia" in {event["kind"] for event in cluster.events()}, cluster.events(since)
    assert cluster.get(f"/v1/instances/{old['id']}")["launch"] == launch + 1
    assert cluster.one("db", "primary")["epoch"] >= 1000
    with psycopg.connect(cluster.endpoints["db"], autocommit=True) as db:
        assert db.execute("SELECT count(*) FROM kept").fetchone()[0] in (0, "0")
        db.execute("DROP TABLE kept")
