"""Snapshots of db and cache: taken beside the traffic, kept on a schedule, and restored."""
import os
import random
import signal
import subprocess
import threading
import time
from pathlib import Path

import psycopg
import pytest
import redis

from cluster import BIN, Cluster, multiaz, wait_until

SMALL = "[web]\ncount = 2\n"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("snapshots"), name="snap", toml=SMALL) as one:
        with psycopg.connect(one.endpoints["db"], autocommit=True) as db:
            db.execute("CREATE TABLE kept(n integer)")
        yield one


def rows(cluster):
    """What is in the table; None while the role moves."""
    try:
        with psycopg.connect(cluster.endpoints["db"], connect_timeout=5) as db:
            return sorted(row[0] for row in db.execute("SELECT n FROM kept"))
    except psycopg.Error:
        return None


def insert(cluster, *numbers):
    with psycopg.connect(cluster.endpoints["db"], autocommit=True) as db:
        for number in numbers:
            db.execute("INSERT INTO kept VALUES (%s)", (number,))


def begin(cluster, *words):
    """A snapshot verb in the background."""
    return subprocess.Popen(
        [str(BIN / "multiaz"), "snapshot", *words, "--name", cluster.name],
        env=dict(os.environ, MULTIAZ_RUN=str(cluster.run_dir)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def snapshots(cluster):
    return {one["name"]: one for one in cluster.get("/v1/snapshots")["snapshots"]}


def test_a_database_goes_back_to_its_snapshot(cluster):
    insert(cluster, 1, 2)
    made = cluster.run("snapshot", "create", "db", "two-rows")
    assert made.returncode == 0 and made.stdout.strip() == "two-rows", made.stderr
    one = snapshots(cluster)["two-rows"]
    assert one["status"] == "available" and one["type"] == "manual" and one["bytes"] > 0
    assert one["source"] != cluster.one("db", "primary")["id"], "copied from the primary although there is a standby"
    insert(cluster, 3)
    before = cluster.one("db", "primary")["epoch"]
    cache = redis.Redis.from_url(cluster.endpoints["cache"])
    cache.set("other", "group")
    done = cluster.run("snapshot", "restore", "two-rows", timeout=60)
    assert done.returncode == 0 and "restored from two-rows" in done.stdout, done.stderr
    assert rows(cluster) == [1, 2]
    assert cluster.one("db", "primary")["epoch"] > before
    assert cache.get("other") == b"group"
    insert(cluster, 4)
    wait_until(cluster.healthy, 30, "health")
    assert cluster.run("failover", "db").returncode == 0
    assert wait_until(lambda: rows(cluster), 10) == [1, 2, 4], "the standby has another history"
    aws = {event.get("fields", {}).get("aws", "")[:14] for event in cluster.events()}
    assert {"RDS-EVENT-0042", "RDS-EVENT-0043"} <= aws


def test_a_cache_goes_back_and_every_member_has_it(cluster):
    cache = redis.Redis.from_url(cluster.endpoints["cache"])
    cache.flushall()
    cache.mset({f"k{i}": "x" * 100 for i in range(2000)})
    assert cluster.run("snapshot", "create", "cache", "keys").returncode == 0
    cache.flushall()
    assert cluster.run("snapshot", "restore", "keys", timeout=60).returncode == 0
    assert redis.Redis.from_url(cluster.endpoints["cache"]).dbsize() == 2000
    wait_until(cluster.healthy, 30, "health")
    for _ in range(2):
        assert cluster.run("failover", "cache").returncode == 0
        wait_until(cluster.healthy, 30, "health")
        assert redis.Redis.from_url(cluster.endpoints["cache"]).dbsize() == 2000


def test_writers_do_not_notice_that_a_snapshot_is_taken(cluster):
    failed, written, over = [], [], threading.Event()

    def write():
        with psycopg.connect(cluster.endpoints["db"], autocommit=True) as db:
            while not over.is_set():
                try:
                    db.execute("INSERT INTO kept VALUES (%s)", (1000 + len(written),))
                    written.append(time.monotonic())
                except psycopg.Error as wrong:
                    failed.append(wrong)
                    return

    writer = threading.Thread(target=write)
    writer.start()
    wait_until(lambda: len(written) > 20, 20)
    marks = []
    for number in range(3):
        begin = len(written)
        assert cluster.run("snapshot", "create", "db", f"busy-{number}").returncode == 0
        marks.append(len(written) - begin)
    over.set()
    writer.join(20)
    assert not failed
    assert all(count > 0 for count in marks), "nothing was written while it was taken"
    positions = [snapshots(cluster)[f"busy-{number}"]["lsn"] for number in range(3)]
    assert positions == sorted(positions) and len(set(positions)) == 3
    for number in range(3):
        assert cluster.run("snapshot", "delete", f"busy-{number}").returncode == 0


def test_on_a_schedule_the_oldest_go_and_manual_ones_stay(cluster):
    cluster.run("snapshot", "create", "cache", "by-hand")
    done = cluster.run("snapshot", "schedule", "cache", "--every", "1s", "--keep", "2")
    assert done.returncode == 0 and "the last 2 are kept" in done.stdout, done.stderr

    def automated():
        return sorted(name for name, one in snapshots(cluster).items()
                      if one["type"] == "automated" and one["status"] == "available")

    first = wait_until(automated, 20, "a snapshot on schedule")[0]
    wait_until(lambda: first not in snapshots(cluster), 20, "that the oldest went")
    os.kill(cluster.get("/v1/cluster")["pids"]["orchestrator"], signal.SIGKILL)
    later = len(cluster_events_until(cluster, "backup-done"))
    wait_until(lambda: len(cluster_events_until(cluster, "backup-done")) > later, 20, "that the schedule goes on")
    assert cluster.run("snapshot", "schedule", "cache", "--off").returncode == 0
    assert len(automated()) <= 3 and "by-hand" in snapshots(cluster)


def cluster_events_until(cluster, kind):
    try:
        return cluster.events(kind=kind)
    except Exception:  # the orchestrator is being replaced
        return []


def test_the_orchestrator_dies_in_the_middle_of_a_restore(cluster):
    wait_until(cluster.healthy, 30, "health")
    insert(cluster, -1)
    base = rows(cluster)
    assert cluster.run("snapshot", "create", "db", "base").returncode == 0
    chance = random.Random(7)
    for turn in range(6):
        insert(cluster, -100 - turn)
        restore = begin(cluster, "restore", "base")
        time.sleep(chance.uniform(0.02, 0.6))
        os.kill(cluster.get("/v1/cluster")["pids"]["orchestrator"], signal.SIGKILL)
        restore.wait(60)
        wait_until(lambda: healthy(cluster), 60, "health")
        now = rows(cluster)
        # Either the order was not on disk yet, or it was carried out.
        assert now in (base, sorted(base + [-100 - turn])), f"turn {turn}: a mixture: {now}"
        if now != base:
            assert cluster.run("snapshot", "restore", "base", timeout=60).returncode == 0
            wait_until(lambda: healthy(cluster), 60, "health")


def test_an_orchestrator_that_goes_on_with_a_restore_ends_the_members_first(cluster):
    """They stand still, so the first one dies between its order to end and their end."""
    wait_until(lambda: healthy(cluster), 30, "health")
    base = rows(cluster)
    assert cluster.run("snapshot", "create", "db", "ends-first").returncode == 0
    insert(cluster, -200)
    before = {one["id"]: one["pid"] for one in cluster.ps().values() if one["tier"] == "db"}
    seen = cluster.last_seq()
    for pid in before.values():
        os.kill(pid, signal.SIGSTOP)
    restore = begin(cluster, "restore", "ends-first")
    wait_until(lambda: cluster.events(seen, "restoring"), 10, "the restore")
    os.kill(cluster.orchestrator_pid(), signal.SIGKILL)
    restore.wait(60)
    wait_until(lambda: healthy(cluster), 60, "health")
    assert rows(cluster) == base
    after = cluster.events(since=seen)
    done = next(event["seq"] for event in after if event["kind"] == "restored")
    ended = {event["target"]: event["seq"] for event in after if event["kind"] == "exit" and event["target"] in before}
    assert set(ended) == set(before) and max(ended.values()) < done, "data was put beneath a living member"


def healthy(cluster):
    try:
        return cluster.healthy()
    except Exception:  # nobody answers while it is replaced
        return False


def test_another_cluster_begins_with_it(cluster, tmp_path):
    insert(cluster, 77)
    assert cluster.run("snapshot", "create", "db", "seed").returncode == 0
    folder = tmp_path / "seed"
    assert cluster.run("snapshot", "export", "seed", folder).returncode == 0
    toml = f'{SMALL}[db]\nsnapshot = "{folder}"\n'
    with Cluster(tmp_path / "other", name="seeded", toml=toml) as other:
        assert rows(other) == rows(cluster)
        insert(other, 78)
        wait_until(other.healthy, 30)
    (tmp_path / "wrong.toml").write_text(f'[cache]\nsnapshot = "{folder}"\n')
    done = multiaz("up", tmp_path / "wrong.toml", "--name", "wrong", run_dir=tmp_path / "wrong")
    assert done.returncode == 254 and "is a snapshot of db" in done.stderr, done.stderr


def test_a_copy_of_an_orchestrator_that_died_does_not_get_into_the_next_one(cluster):
    """The member that was told to copy stands still, so it copies when the name is used again already."""
    wait_until(lambda: healthy(cluster), 30, "health")
    standby = cluster.one("db", "standby")
    seen = cluster.last_seq()
    os.kill(standby["pid"], signal.SIGSTOP)
    first = begin(cluster, "create", "db", "again")
    ordered = wait_until(lambda: cluster.events(seen, "snapshot"), 10, "the order")
    assert standby["id"] in ordered[0]["text"]
    os.kill(cluster.orchestrator_pid(), signal.SIGKILL)
    first.wait(60)
    os.kill(standby["pid"], signal.SIGCONT)
    wait_until(lambda: healthy(cluster), 30, "health")
    insert(cluster, -300)  # another position
    assert cluster.run("snapshot", "create", "db", "again").returncode == 0
    base = rows(cluster)
    insert(cluster, -301)
    done = cluster.run("snapshot", "restore", "again", timeout=60)
    assert done.returncode == 0, done.stderr
    assert rows(cluster) == base
    wait_until(lambda: healthy(cluster), 60, "health")


def test_a_damaged_snapshot_is_refused_and_nothing_ends(cluster):
    assert cluster.run("snapshot", "create", "db", "broken").returncode == 0
    folder = Path(snapshots(cluster)["broken"]["folder"])
    file = next(folder.glob("snapshot-*"))
    copy = file.with_suffix(".copy")  # the bytes may be shared with a member's folder
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)
    os.replace(copy, file)
    pids = {id: one["pid"] for id, one in cluster.ps().items() if one["tier"] == "db"}
    done = cluster.run("snapshot", "restore", "broken")
    assert done.returncode != 0 and "damaged" in done.stderr, done.stderr
    assert pids == {id: one["pid"] for id, one in cluster.ps().items() if one["tier"] == "db"}
    assert cluster.run("snapshot", "delete", "broken").returncode == 0 and not folder.exists()


def test_its_member_dies_while_it_is_made(cluster):
    wait_until(cluster.healthy, 30)
    source = next(id for id, one in cluster.ps().items() if one["tier"] == "db" and one["role"] == "standby")
    os.kill(cluster.ps()[source]["pid"], signal.SIGSTOP)
    creating = subprocess.Popen(
        [str(BIN / "multiaz"), "snapshot", "create", "db", "orphan", "--name", cluster.name],
        env=dict(os.environ, MULTIAZ_RUN=str(cluster.run_dir)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: "orphan" in snapshots(cluster), 10)
    os.kill(cluster.ps()[source]["pid"], signal.SIGKILL)
    out, err = creating.communicate(timeout=60)
    assert creating.returncode != 0 and "ended before the snapshot was complete" in err, out + err
    assert "orphan" not in snapshots(cluster)
    wait_until(cluster.healthy, 30)


@pytest.mark.parametrize("words, text", [
    (["create", "web"], "the groups are cache and db"),
    (["create", "db", "Not_A_Name"], "is no name for a snapshot"),
    (["restore", "nobody"], "there is no snapshot 'nobody'"),
    (["delete", "nobody"], "there is no snapshot 'nobody'"),
    (["schedule", "db", "--every", "10ms"], "a snapshot every second is the most"),
    (["schedule", "db", "--every", "1h", "--keep", "99"], "from 1 to 35"),
    (["schedule", "db"], "--every"),
])
def test_mistakes_are_named(cluster, words, text):
    done = cluster.run("snapshot", *words)
    assert done.returncode != 0 and text in done.stderr, done.stderr
