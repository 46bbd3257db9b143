"""Named replication scenarios on real processes. The numbers are those of the simulator's scenarios and of the
design's list; random faults in numbers: tools/replication_campaign.py."""
import os
import re
import signal
import socket
import threading
import time

import pytest
from cluster import Cluster, process_state, wait_until
from replication_load import CLIENTS, Cache, Database, Doubt, Failed, Load

pytestmark = pytest.mark.alone

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


def group_of(cluster, tier):
    return next(g for g in cluster.get("/v1/groups") if g["name"] == tier)


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
        wait_until(lambda: process_state(standby["pid"]) == "T", 2, "that the standby stands still")
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
        wait_until(lambda: process_state(old["pid"]) == "T", 2, "that the primary stands still")
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
    group = group_of(cluster, tier)
    peer = next(member for member in group["in_sync"] if member != one["id"])
    answer = cluster.post("/v1/fault", kind="cut_one_way", a=one["id"], b=peer, for_ms=6000)
    assert answer.status_code == 200, answer.text
    wait_until(lambda: not cluster.get("/v1/faults"), 20, "the end of the cut")
    epoch = group_of(cluster, tier)["epoch"]
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
    group = group_of(cluster, tier)
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
    wait_until(lambda: member in group_of(cluster, tier)["in_sync"], 60, "in sync")
    assert client.members(91, 199) == set(range(1, 200)) if tier == "db" else len(client.members(91, 199)) == 199
    client.close()
    drop(cluster, tier)


@pytest.mark.parametrize("tier", ["cache", "db"])
def test_T09_no_smaller_set_without_the_manager(cluster, tier):
    """Cut off from its peers, and nobody there to make a view: beyond its lease a primary answers at once that it did not
    execute. No time-out, and no acknowledgement with the smaller set. (At the endpoint a new client waits for a primary.)"""
    one = primary(cluster, tier)
    client = CLIENTS[tier](cluster.endpoints[tier])
    client.prepare()
    client.set(92, 0, 1)
    for other in [i["id"] for i in cluster.ps().values() if i["tier"] == tier and i["id"] != one["id"]]:
        assert cluster.post("/v1/fault", kind="cut", a=one["id"], b=other, for_ms=3000).status_code == 200
    manager = cluster.orchestrator_pid()
    os.kill(manager, signal.SIGSTOP)
    try:
        time.sleep(0.9)  # a lease, and half of one
        for number in range(2, 12):
            began = time.monotonic()
            itself = CLIENTS[tier](re.sub(r"@[\d.]+:", f"@{one['address']}:", cluster.endpoints[tier]))
            with pytest.raises(Failed):
                itself.set(92, 0, number)
            itself.close()
            assert time.monotonic() - began < 1, "a refusal is not a time-out"
    finally:
        os.kill(manager, signal.SIGCONT)
    wait_until(lambda: cluster.healthy() and not cluster.get("/v1/faults"), 30, "the end")
    reader = CLIENTS[tier](cluster.endpoints[tier])
    write_until_done(reader, 92, 1, 5)
    assert reader.get(92, 0) == 1, "what was refused is not there"
    reader.close()
    drop(cluster, tier)


def tails(cluster, tier):
    ids = [i["id"] for i in cluster.ps().values() if i["tier"] == tier]
    return {cluster.get(f"/v1/instances/{one}")["counters"].get("log_tail_hash") for one in ids}


@pytest.mark.parametrize("tier", ["cache", "db"])
def test_T06_what_a_dead_primary_had_not_committed_is_gone(cluster, tier):
    """Writes that only the primary had when it was killed: in doubt for their clients, and in no log afterwards, or in all."""
    load = Load(tier, cluster.endpoints, rate=200)
    time.sleep(0.5)
    old = primary(cluster, tier)
    for other in [i["id"] for i in cluster.ps().values() if i["tier"] == tier and i["id"] != old["id"]]:
        assert cluster.post("/v1/fault", kind="cut", a=old["id"], b=other, for_ms=300).status_code == 200
    time.sleep(0.15)  # some writes wait in it now
    os.kill(old["pid"], signal.SIGKILL)
    another_primary(cluster, tier, old)
    time.sleep(0.5)
    load.end()
    assert load.judge() == []
    assert any(write.outcome == "doubt" for write in load.writes), "the kill found nobody waiting"
    wait_until(lambda: len(tails(cluster, tier)) == 1, 20, "one log everywhere")
    drop(cluster, tier)


@pytest.mark.parametrize("tier", ["cache", "db"])
def test_T18_flapping_near_the_lease(cluster, tier):
    """Stopped for most of a lease, again and again: nothing is lost, and it does not come to a standstill."""
    load = Load(tier, cluster.endpoints, rate=100)
    time.sleep(0.3)
    one = primary(cluster, tier)
    epoch = group_of(cluster, tier)["epoch"]
    stops = 0
    began = time.monotonic()
    while time.monotonic() - began < 5 and stops < 12:
        try:
            os.kill(one["pid"], signal.SIGSTOP)
            time.sleep(0.54)
            os.kill(one["pid"], signal.SIGCONT)
        except ProcessLookupError:
            break  # taken for hung, and replaced
        stops += 1
        time.sleep(0.12)
    ended = time.monotonic()
    assert stops >= 5
    load_epoch = group_of(cluster, tier)["epoch"]
    assert load_epoch - epoch <= 2 * stops, "a view for each stop, and one for each return, at most"
    time.sleep(1)
    load.end()
    assert load.judge() == []
    assert load.acknowledged(began, ended) > 0, "some writes came through meanwhile"
    drop(cluster, tier)


@pytest.mark.parametrize("tier", ["cache", "db"])
def test_T20_a_slow_secondary_slows_writes_or_leaves(cluster, tier):
    load = Load(tier, cluster.endpoints, rate=50)
    time.sleep(0.3)
    one = primary(cluster, tier)
    before = group_of(cluster, tier)
    peer = next(member for member in before["in_sync"] if member != one["id"])
    began = time.monotonic()
    assert cluster.post("/v1/fault", kind="delay", a=one["id"], b=peer, delay_ms=200, for_ms=3000).status_code == 200
    wait_until(lambda: not cluster.get("/v1/faults"), 20, "the end of the delay")
    ended = time.monotonic()
    after = group_of(cluster, tier)
    load.end()
    assert load.judge() == []
    during = sorted(w.end - w.begin for w in load.writes if began + 0.3 < w.begin < ended - 0.5 and w.outcome == "ok")
    assert during, "writes went on"
    assert during[len(during) // 2] > 0.15 or peer not in after["in_sync"] or after["epoch"] > before["epoch"], \
        "an acknowledgement without the slow member"
    assert after["epoch"] - before["epoch"] <= 3, "leaving and returning must not oscillate"
    drop(cluster, tier)


@pytest.mark.parametrize("tier", ["cache", "db"])
def test_T49_a_primary_behind_a_slow_link_ends_in_order(cluster, tier):
    """Its fault ends with it: it is gone long before that would be over, and has said until when it served."""
    load = Load(tier, cluster.endpoints, rate=50)
    time.sleep(0.3)
    one = primary(cluster, tier)
    peer = next(member for member in group_of(cluster, tier)["in_sync"] if member != one["id"])
    since = cluster.last_seq()
    slow = cluster.post("/v1/fault", kind="delay", a=one["id"], b=peer, delay_ms=65, for_ms=60_000, owner="T49")
    assert slow.status_code == 200
    counters = lambda: cluster.get(f"/v1/instances/{one['id']}")["counters"]
    wait_until(lambda: counters().get("fabric_bytes_delayed", 0) > 0, 10, "that the link is slow")
    try:
        os.kill(one["pid"], signal.SIGTERM)
        another_primary(cluster, tier, one)
        exits = wait_until(lambda: [e for e in cluster.events(since, "exit") if e["target"] == one["id"]], 10, "its exit")
    finally:
        assert cluster.post("/v1/heal", id="owner:T49").status_code == 200
    assert exits[0]["text"] == f"pid {one['pid']} ended with exit code 0"
    said = [e["text"] for e in cluster.events(since, "lease") if e["source"] == one["id"]]
    assert any("served until" in text for text in said), said
    load.end()
    assert load.judge() == []
    drop(cluster, tier)


@pytest.mark.parametrize("tier", ["cache", "db"])
def test_T21_a_client_that_does_not_wait_for_the_commit(cluster, tier):
    """It hangs up while its write waits for the other members. Nobody may see the write, for it dies with the primary."""
    one = primary(cluster, tier)
    writer, reader = CLIENTS[tier](cluster.endpoints[tier]), CLIENTS[tier](cluster.endpoints[tier])
    writer.prepare()
    writer.set(93, 0, 1)
    assert reader.get(93, 0) == 1
    for other in [i["id"] for i in cluster.ps().values() if i["tier"] == tier and i["id"] != one["id"]]:
        assert cluster.post("/v1/fault", kind="cut", a=one["id"], b=other, for_ms=500).status_code == 200
    hanging = threading.Thread(target=outcome_of, args=(lambda: writer.set(93, 0, 2),))
    hanging.start()
    time.sleep(0.05)
    with socket.socket(fileno=os.dup(writer.conn.fileno())) as its_own:
        its_own.shutdown(socket.SHUT_RDWR)
    seen = []
    looking = threading.Thread(target=lambda: seen.append(outcome_of(lambda: reader.get(93, 0))))
    looking.start()
    time.sleep(0.1)
    os.kill(one["pid"], signal.SIGKILL)
    hanging.join()
    looking.join()
    assert seen[0] in (1, Doubt, Failed), "what was never committed was shown"
    another_primary(cluster, tier, one)
    assert CLIENTS[tier](cluster.endpoints[tier]).get(93, 0) == 1
    drop(cluster, tier)


def outcome_of(call):
    """Its value, or the kind of its failure."""
    try:
        return call()
    except (Doubt, Failed) as error:
        return type(error)


@pytest.mark.parametrize("tier", ["cache", "db"])
def test_T14_the_primary_dies_as_a_member_joins(cluster, tier):
    """What is acknowledged after the join is on the member that joined, for it may be the next primary."""
    load = Load(tier, cluster.endpoints, rate=200)
    time.sleep(0.3)
    for _ in range(3):
        group = group_of(cluster, tier)
        one = primary(cluster, tier)
        member = next(m for m in group["in_sync"] if m != one["id"])
        os.kill(cluster.ps()[member]["pid"], signal.SIGKILL)
        wait_until(lambda: member not in group_of(cluster, tier)["in_sync"], 10, "that it is out")
        deadline = time.monotonic() + 20
        while member not in group_of(cluster, tier)["in_sync"]:
            assert time.monotonic() < deadline
        os.kill(one["pid"], signal.SIGKILL)
        another_primary(cluster, tier, one)
        wait_until(lambda: cluster.healthy() and len(group_of(cluster, tier)["in_sync"]) == len(group["in_sync"]), 30, "whole")
    load.end()
    assert load.judge() == []
    drop(cluster, tier)
