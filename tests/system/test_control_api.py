"""Replicas that come and go, and what others read: metrics, streams, the API's own description."""
import json
import os
import re
import signal
import subprocess
import threading
import time

import httpx
import psycopg
import pytest
import redis

from cluster import ROOT, Cluster, multiaz, wait_until

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("api"), name="api", toml="[web]\ncount = 2\n[cache]\ncount = 2\n") as one:
        yield one


def read_cache(cluster, key):
    """None while the role moves."""
    try:
        return redis.Redis.from_url(cluster.endpoints["cache"]).get(key)
    except redis.RedisError:
        return None


def group(cluster, name):
    return next(one for one in cluster.get("/v1/groups") if one["name"] == name)


class Writer(threading.Thread):
    """Writes rows without a pause; knows which were acknowledged."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self.url, self.over, self.acknowledged, self.failed = url, False, [], 0

    def run(self):
        number = 0
        while not self.over:
            try:
                with psycopg.connect(self.url, autocommit=True, connect_timeout=5) as db:
                    while not self.over:
                        number += 1
                        db.execute("INSERT INTO kept VALUES (%s)", (number,))
                        self.acknowledged.append(number)
            except psycopg.Error:
                self.failed += 1
                time.sleep(0.02)


def test_a_read_replica_is_added_promoted_and_the_old_primary_removed(cluster):
    with psycopg.connect(cluster.endpoints["db"], autocommit=True) as db:
        db.execute("CREATE TABLE IF NOT EXISTS kept(n integer)")
    writer = Writer(cluster.endpoints["db"])
    writer.start()
    old = cluster.one("db", "primary")["id"]
    added = cluster.run("replica", "add", "db", "--zone", "az-b")
    assert added.returncode == 0, added.stderr
    newcomer = added.stdout.strip()
    assert newcomer.startswith("db-b")
    wait_until(lambda: cluster.ps()[newcomer]["state"] == "ready", 20, "that it runs")
    promoted = cluster.run("replica", "promote", newcomer, timeout=90)
    assert promoted.returncode == 0, promoted.stderr
    wait_until(lambda: cluster.one("db", "primary")["id"] == newcomer, 10, "that it is primary")
    assert cluster.run("replica", "remove", old).returncode == 0
    wait_until(lambda: old not in cluster.ps(), 20, "that the old one is gone")
    assert old not in [one["id"] for one in group(cluster, "db")["members"]]
    time.sleep(0.3)
    writer.over = True
    writer.join(20)
    with psycopg.connect(cluster.endpoints["db"]) as db:
        rows = {row[0] for row in db.execute("SELECT n FROM kept")}
    assert len(writer.acknowledged) > 50
    assert not set(writer.acknowledged) - rows, "an acknowledged write is lost"
    wait_until(cluster.healthy, 30, "health")
    aws = {event.get("fields", {}).get("aws", "")[:14] for event in cluster.events()}
    assert {"RDS-EVENT-0005", "RDS-EVENT-0003", "RDS-EVENT-0049"} <= aws


def test_a_cache_replica_joins_and_leaves(cluster):
    client = redis.Redis.from_url(cluster.endpoints["cache"])
    client.set("a", "1")
    newcomer = cluster.run("replica", "add", "cache").stdout.strip()
    wait_until(lambda: newcomer in group(cluster, "cache")["in_sync"], 20, "that it is in sync")
    assert cluster.run("failover", "cache", "--to", newcomer).returncode == 0
    assert wait_until(lambda: read_cache(cluster, "a"), 10, "an answer") == b"1"
    refused = cluster.run("replica", "remove", newcomer)
    assert refused.returncode == 4 and "is the primary of cache" in refused.stderr
    other = next(one for one in group(cluster, "cache")["in_sync"] if one != newcomer)
    assert cluster.run("failover", "cache", "--to", other).returncode == 0
    wait_until(lambda: group(cluster, "cache")["primary"] == other, 10)
    assert cluster.run("replica", "remove", newcomer).returncode == 0
    wait_until(lambda: newcomer not in cluster.ps(), 20, "that it is gone")
    wait_until(cluster.healthy, 30, "health")
    again = cluster.run("replica", "add", "cache").stdout.strip()
    wait_until(lambda: again in group(cluster, "cache")["in_sync"], 20, "that it comes back empty and in sync")
    assert cluster.run("replica", "remove", again).returncode == 0


@pytest.mark.parametrize("words, code, text", [
    (["add", "web"], 254, "the groups are cache and db"),
    (["add", "db", "--zone", "az-z"], 254, "the zones are az-a az-b az-c"),
    (["remove", "web-a1"], 254, "is no member of db or cache"),
    (["promote", "nobody"], 254, "is no member of db or cache"),
])
def test_mistakes_are_named(cluster, words, code, text):
    done = cluster.run("replica", *words)
    assert done.returncode == code and text in done.stderr, done.stderr


def test_a_setting_is_modified_one_member_after_another(cluster):
    with psycopg.connect(cluster.endpoints["db"], autocommit=True) as db:
        db.execute("CREATE TABLE IF NOT EXISTS kept(n integer)")
    writer = Writer(cluster.endpoints["db"])
    writer.start()
    before = {id: one["pid"] for id, one in cluster.ps().items() if one["tier"] == "db"}
    done = cluster.run("modify", "db", "size_mb=300", timeout=120)
    writer.over = True
    writer.join(20)
    assert done.returncode == 0, done.stderr
    for id, pid in before.items():
        now = cluster.ps()[id]["pid"]
        assert now != pid
        assert b"--size-limit\0" + b"300\0" in open(f"/proc/{now}/cmdline", "rb").read()
    with psycopg.connect(cluster.endpoints["db"]) as db:
        rows = {row[0] for row in db.execute("SELECT n FROM kept")}
    assert writer.acknowledged and not set(writer.acknowledged) - rows
    wait_until(cluster.healthy, 30, "health")
    assert cluster.run("modify", "db", "size_mb=99999").returncode == 254
    assert "what may be modified is" in cluster.run("modify", "db", "colour=1").stderr


def test_a_forced_failover_is_refused_while_nothing_need_be_lost(cluster):
    to = cluster.one("db", "standby")["id"]
    refused = cluster.run("failover", "db", "--to", to, "--force")
    assert refused.returncode == 4 and "nothing need be lost" in refused.stderr
    assert cluster.run("failover", "db", "--force").returncode == 254


def test_a_forced_failover_names_what_is_lost(tmp_path):
    toml = "[web]\ncount = 1\n[cache]\ncount = 1\n"
    with Cluster(tmp_path, name="force", toml=toml) as cluster:
        with psycopg.connect(cluster.endpoints["db"], autocommit=True) as db:
            db.execute("CREATE TABLE kept(n integer)")
        primary, standby = cluster.one("db", "primary"), cluster.one("db", "standby")
        replica = cluster.one("db", "replica")
        for one in (primary, standby):  # nobody who has everything is left
            assert cluster.run("zone", "down", one["zone"]).returncode == 0
        forced = cluster.run("failover", "db", "--to", replica["id"], "--force")
        assert forced.returncode == 0 and "what lies between is lost" in forced.stdout, forced.stderr
        wait_until(lambda: cluster.one("db", "primary")["id"] == replica["id"], 10, "that it is primary")
        for one in (primary, standby):
            assert cluster.run("zone", "up", one["zone"]).returncode == 0
        wait_until(cluster.healthy, 60, "health")


def test_members_survive_a_restart_of_the_orchestrator(cluster):
    newcomer = cluster.run("replica", "add", "db").stdout.strip()
    wait_until(lambda: cluster.healthy() and cluster.ps()[newcomer]["state"] == "ready", 30, "health")
    before = {id: one["pid"] for id, one in cluster.ps().items()}
    manager = cluster.orchestrator_pid()
    os.kill(manager, signal.SIGKILL)
    wait_until(lambda: cluster.orchestrator_pid() not in (None, manager), 10, "another orchestrator")
    wait_until(cluster.healthy, 30, "health")
    assert {id: one["pid"] for id, one in cluster.ps().items()} == before
    statuses = {one["id"]: one["status"] for one in cluster.get("/v1/databases")}
    assert statuses[newcomer] == "available" and set(statuses.values()) == {"available"}
    assert cluster.run("replica", "remove", newcomer).returncode == 0


def test_prometheus_reads_every_daemon(cluster):
    cluster.wait_healthy()  # the test before this one has just taken a replica away
    text = cluster.http.get("/metrics").text
    families, seen = {}, None
    for line in text.splitlines():
        if line.startswith("# TYPE"):
            _, _, seen, kind = line.split()
            assert seen not in families and kind in ("gauge", "counter")
            families[seen] = []
        else:
            name, value = line.rsplit(" ", 1)
            assert name.split("{")[0] == seen, "samples of a metric stand together"
            families[seen].append(float(value))
    assert len(families["multiaz_up"]) == len(cluster.ps())
    assert {"multiaz_lb_requests_total", "multiaz_web_requests_total", "multiaz_cache_commands_total",
            "multiaz_db_commits_total", "multiaz_dns_queries_udp_total", "multiaz_asg_desired"} <= set(families)
    assert families["multiaz_asg_desired"] == [2] and families["multiaz_healthy"] == [1]


def test_the_dashboard_names_only_what_there_is(cluster):
    names = set(re.findall(r"multiaz_\w+", (ROOT / "examples" / "grafana-dashboard.json").read_text()))
    wait_until(lambda: "multiaz_replication_lag_ms" in cluster.http.get("/metrics").text, 10)
    text = cluster.http.get("/metrics").text
    assert names and not [name for name in names if f"\n{name}{{" not in text]


def test_a_stream_tells_events_topology_and_metrics(cluster):
    kinds, ids = set(), []
    with httpx.stream("GET", cluster.api + "/v1/stream", timeout=20, trust_env=False) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = (line.rstrip("\n") for line in stream.iter_lines())
        cluster.post("/v1/kill", target="any:web")
        for line in lines:
            if line.startswith("event: "):
                kinds.add(line.removeprefix("event: "))
            if line.startswith("id: "):
                ids.append(int(line.removeprefix("id: ")))
            if line.startswith("data: "):
                json.loads(line.removeprefix("data: "))
            if kinds == {"event", "topology", "metrics"} and len(ids) > 3:
                break
    assert ids == sorted(ids)
    with httpx.stream("GET", cluster.api + "/v1/stream", timeout=20, trust_env=False,
                      headers={"Last-Event-ID": str(ids[0])}) as stream:
        first = next(line for line in stream.iter_lines() if line.startswith("id: ")).rstrip("\n")
    assert first == f"id: {ids[0] + 1}", "it goes on where the client was"


def test_the_api_describes_itself(cluster):
    document = cluster.get("/v1/openapi.json")
    assert document["openapi"].startswith("3.")
    for path, operations in document["paths"].items():
        if "get" in operations and "stream" not in path and "{" not in path:
            query = "?target=web&from=lb&to=web&port=80"
            assert cluster.http.get(path + query).status_code == 200, path
        for method, operation in operations.items():
            if method == "post":
                assert operation["security"] == [{"token": []}]
                refused = httpx.post(cluster.api + path, json={}, trust_env=False)
                assert refused.status_code == 403, path


def test_plans_come_as_text_json_and_picture(cluster, tmp_path):
    (tmp_path / "c.toml").write_text("[web]\ncount = 4\n")
    for words, expect in [([], "auto scaling group"), (["--json"], '"desired": 4'), (["--mermaid"], "flowchart LR")]:
        done = multiaz("plan", tmp_path / "c.toml", *words, run_dir=tmp_path)
        assert done.returncode == 0 and expect in done.stdout


def test_completion_is_a_good_script(cluster, tmp_path):
    for shell in ("bash", "zsh"):
        script = multiaz("completion", shell, run_dir=tmp_path).stdout
        assert "failover" in script
    script = multiaz("completion", "bash", run_dir=tmp_path).stdout
    done = subprocess.run(["bash", "-c", script + '\nCOMP_WORDS=(multiaz fail); COMP_CWORD=1; _multiaz; echo "${COMPREPLY[@]}"'],
                          capture_output=True, text=True, timeout=20)
    assert done.stdout.strip() == "failover", done.stderr
