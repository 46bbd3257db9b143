"""Named replication scenarios on real processes. The numbers are those of the simulator's scenarios and of the
design's list; random faults in numbers: tools/replication_campaign.py."""
import os
import signal
import socket
import time

import pytest
from cluster import Cluster, process_state, wait_until
from replication_load import CLIENTS, Cache, Database, Doubt, Failed, Load

TOML = "[web]\ncount = 1\n[lb]\nper_zone = 1\n"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("replication"), name="replication", toml=TOML) as one:
        yield one


@pytest.fixture(autouse=True)
def whole(cluster):
    """Every scenario begins and ends with everything in sync."""
    def all_in_sync():
        sizes = {group["name"]: len(group["in_sync"]) for group in cluster.get("/v1/groups")}
        return cluster.healthy() and sizes == {"cache": 3, "db": 2}
    wait_until(all_in_sync, 60, "a whole cluster")
    yield
    wait_until(all_in_sync, 60, "a whole cluster again")


def primary(cluster, tier):
    return wait_until(lambda: cluster.one(tier, "primary"), what=f"a {tier} primary")


def another_primary(cluster, tier, old):
    def there():
        one = cluster.one(tier, "primary")
        return one if one and one["id"] != old["id"] else None
    return wait_until(there, 20, f"another {tier} primary")


def write_until_done(client, writer, register, number):
    deadline = time.monotonic() + 20
    while True:
        try:
            return client.set(writer, register, number)
        except (Failed, Doubt):
            assert time.monotonic() < deadline, "no write was acknowledged"


def test_the_manager_dies_while_a_member_is_stopped(cluster):
    """The next one finds a stopped process; when that goes on it belongs to the group as before."""
    standby = wait_until(lambda: cluster.one("db", "standby"), what="a standby")
    manager = cluster.orchestrator_pid()
    os.kill(standby["pid"], signal.SIGSTOP)
    try:
        assert process_state(standby["pid"]) == "T"
        os.kill(manager, signal.SIGKILL)
        wait_until(lambda: cluster.orchestrator_pid() not in (None, manager), 10, "another orchestrator")
        wait_until(lambda: cluster.state_of(standby["id"]) == "stopped", 10, "that it is found stopped")
    finally:
        os.kill(standby["pid"], signal.SIGCONT)
    wait_until(lambda: cluster.state_of(standby["id"]) == "ready", 10, "that it is found running")


def raw(address, port, *commands):
    """A connection with these commands on their way already."""
    conn = socket.create_connection((address, port), 10)
    for words in commands:
        conn.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w.encode()) for w in words))
    return conn


def test_T03_no_stale_read_after_a_pause(cluster):
    """A stopped primary accepts connections; what it answers when it goes on must not be the past."""
    old = primary(cluster, "cache")
    client = Cache(cluster.endpoints["cache"])
    client.set(90, 0, 1)
    os.kill(old["pid"], signal.SIGSTOP)
    try:
        assert process_state(old["pid"]) == "T"
        fresh = another_primary(cluster, "cache", old)
        write_until_done(Cache(cluster.endpoints["cache"]), 90, 0, 2)
        late = raw(old["address"], old["port"], ["AUTH", client.password], ["GET", "register:90:0"])
    finally:
        os.kill(old["pid"], signal.SIGCONT)
    late.settimeout(10)
    answer = b""
    try:
        while answer.count(b"\r\n") < 2:
            data = late.recv(4096)
            if not data:
                break
            answer += data
    except ConnectionResetError:
        pass
    assert b"$1\r\n1\r\n" not in answer, answer
    assert fresh["id"] != old["id"]
    late.close()


@pytest.mark.parametrize("tier", ["cache", "db"])
def test_T16_a_restart_faster_than_its_detection(cluster, tier):
    """Killed and killed again as it starts: nobody adopts an empty state, nothing acknowledged is lost."""
    with_load = Load(tier, cluster.endpoints, rate=100)
    time.sleep(0.5)
    old = primary(cluster, tier)
    os.kill(old["pid"], signal.SIGKILL)
    again = wait_until(lambda: next((i["pid"] for i in cluster.ps().values() if i["id"] == old["id"] and i["pid"]
                                     and i["pid"] != old["pid"]), None), 10, "the next process")
    os.kill(again, signal.SIGKILL)
    another_primary(cluster, tier, old)
    time.sleep(1)
    with_load.end()
    assert with_load.judge() == []
    drop(cluster, tier)


def drop(cluster, tier):
    """The next load of this module begins anew."""
    if tier == "db":
        client = Database(cluster.endpoints["db"])
        client.call("drop table numbers")
        client.call("drop table registers")
        client.close()
    else:
        client = Cache(cluster.endpoints["cache"])
        client.call("FLUSHALL")
        client.close()


@pytest.mark.parametrize("tier", ["cache", "db"])
def test_T10_the_manager_stops_and_nobody_notices(cluster, tier):
    load = Load(tier, cluster.endpoints, rate=100)
    time.sleep(0.5)
    before = {group["name"]: group["epoch"] for group in cluster.get("/v1/groups")}
    pid = cluster.orchestrator_pid()
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    time.sleep(float(os.environ.get("MULTIAZ_STATIC_STABILITY_S", "3")))
    os.kill(pid, signal.SIGCONT)
    ended = time.monotonic()
    wait_until(cluster.healthy, 20, "health")
    load.end()
    assert load.judge() == []
    assert load.acknowledged(began, ended) > 0.5 * 100 * (ended - began)
    assert [w for w in load.writes if w.outcome != "ok"] == []
    assert {group["name"]: group["epoch"] for group in cluster.get("/v1/groups")} == before
    drop(cluster, tier)


@pytest.mark.parametrize("tier", ["cache", "db"])
def test_T17_a_one_way_cut_for_ever_costs_few_views(cluster, tier):
    load = Load(tier, cluster.endpoints, rate=100)
    time.sleep(0.5)
    one = primary(cluster, tier)
    group = next(g for g in cluster.get("/v1/groups") if g["name"] == tier)
    peer = next(member for member in group["in_sync"] if member != one["id"])
    answer = cluster.post("/v1/fault", kind="cut_one_way", a=one["id"], b=peer, for_ms=6000)
    assert answer.status_code == 200, answer.text
    wait_until(lambda: not cluster.get("/v1/faults"), 20, "the end of the cut")
    epoch = next(g for g in cluster.get("/v1/groups") if g["name"] == tier)["epoch"]
    assert epoch - group["epoch"] <= 6, "leave and rejoin must not oscillate"
    load.end()
    assert load.judge() == []
    drop(cluster, tier)


@pytest.mark.parametrize("tier", ["cache", "db"])
def test_T33_a_damaged_folder_is_set_aside_and_filled_again(cluster, tier):
    client = CLIENTS[tier](cluster.endpoints[tier])
    client.prepare()
    for number in range(1, 200):
        client.add(91, number)
    wait_until(cluster.healthy, 30, "health")
    group = next(g for g in cluster.get("/v1/groups") if g["name"] == tier)
    member = next(m for m in group["in_sync"] if m != group["primary"])
    since = cluster.last_seq()
    zone = cluster.ps()[member]["zone"]
    assert cluster.run("zone", "down", zone).returncode == 0
    folder = cluster.folder / "data" / member
    segment = max((p for p in folder.iterdir() if p.name.startswith("log")), key=lambda p: p.stat().st_size)
    bytes_now = bytearray(segment.read_bytes())
    used = len(bytes_now.rstrip(b"\0"))
    bytes_now[used // 2] ^= 0x10
    segment.write_bytes(bytes_now)
    assert cluster.run("zone", "up", zone).returncode == 0
    event = wait_until(lambda: next((e for e in cluster.events(since, "storage-damaged")), None), 30, "the event")
    assert segment.name in event["text"]
    wait_until(lambda: member in next(g for g in cluster.get("/v1/groups") if g["name"] == tier)["in_sync"], 60, "in sync")
    assert client.members(91, 199) == set(range(1, 200)) if tier == "db" else len(client.members(91, 199)) == 199
    client.close()
    drop(cluster, tier)
