"""Security groups: every forbidden path refused, every allowed one open, from the rules alone."""
import ipaddress
import itertools
import socket

import pytest
import redis

from cluster import Cluster, wait_until

TOML = "[web]\ncount = 3\n[cache]\ncount = 2\n"
YOU, STRANGER = "127.0.0.1", "127.9.9.9"
REPLICATION = 7946


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("sg"), name="sg", toml=TOML) as one:
        yield one


def closed(source, target, port, wait_s):
    """Was the connection refused or reset within that time?"""
    with socket.socket() as client:
        client.settimeout(5)
        client.bind((source, 0))
        try:
            client.connect((target, port))
            client.settimeout(wait_s)
            return client.recv(1) == b""
        except socket.timeout:
            return False
        except OSError:
            return True


def rules(cluster):
    return {group["group"]: group for group in cluster.get("/v1/sg")}


def expected(groups, sources, source, target_group, port):
    """The rules, read by somebody else than the fabric."""
    for rule in groups[target_group]["inbound"]:
        if not rule["port_low"] <= port <= rule["port_high"]:
            continue
        if rule["source"].startswith("sg-"):
            if sources.get(source) == rule["source"]:
                return True
        elif ipaddress.ip_address(source) in ipaddress.ip_network(rule["source"]):
            return True
    return False


def test_every_pair_of_tiers_is_as_the_rules_say(cluster):
    groups, instances = rules(cluster), cluster.ps().values()
    one_of = {tier: next(i for i in instances if i["tier"] == tier) for tier in ["lb", "web", "cache", "db", "dns"]}
    two = {tier: [i for i in instances if i["tier"] == tier][-1] for tier in one_of}
    sources = {i["address"]: "sg-" + i["tier"] for i in instances}
    tried = {True: 0, False: 0}
    for source in [*(one["address"] for one in one_of.values()), YOU, STRANGER]:
        for tier, target in two.items():
            for port in [target["port"]] + ([REPLICATION] if tier in ("cache", "db") else []):
                allowed = expected(groups, sources, source, "sg-" + tier, port)
                got = closed(source, target["address"], port, 0.2 if allowed else 5)
                assert got != allowed, f"{source} -> {target['id']}:{port} allowed {allowed}, closed {got}"
                tried[allowed] += 1
                word = "allowed" if allowed else "denied"
                verdict = cluster.get(f"/v1/sg/check?from={source}&to={target['id']}&port={port}")
                assert verdict["allowed"] == allowed, (word, verdict)
    assert tried[True] >= 15 and tried[False] >= 25, tried


def test_a_denied_connection_is_explained(cluster):
    since = cluster.last_seq()
    lb, cache = (next(i for i in cluster.ps().values() if i["tier"] == tier) for tier in ("lb", "cache"))
    assert closed(lb["address"], cache["address"], cache["port"], 5)
    event = wait_until(lambda: cluster.events(since, "denied"), 5, "an event")[0]
    assert event["source"] == cache["id"]
    assert event["text"] == (f"{lb['id']} ({lb['address']}) -> {cache['address']}:6379: no rule of sg-cache allows it: "
                             "port 6379 is open to sg-web, 127.0.0.1/32")


def test_the_endpoints_obey_the_same_rules(cluster):
    host, port = cluster.endpoints["cache"].rsplit("@")[1].split(":")
    lb, web = (next(i for i in cluster.ps().values() if i["tier"] == tier) for tier in ("lb", "web"))
    assert closed(lb["address"], host, int(port), 5)
    assert not closed(web["address"], host, int(port), 0.2)


def test_rules_change_at_run_time_and_what_is_open_stays_open(cluster):
    client = redis.Redis.from_url(cluster.endpoints["cache"])
    assert client.ping()
    host, port = cluster.endpoints["cache"].rsplit("@")[1].split(":")
    assert cluster.run("sg", "check", YOU, "cache", "6379").returncode == 0
    assert cluster.run("sg", "revoke", "sg-cache", "6379", "127.0.0.1/32").returncode == 0
    try:
        wait_until(lambda: closed(YOU, host, int(port), 1), 5, "that new connections are refused")
        assert client.ping(), "a tracked connection goes on"
        assert cluster.run("sg", "check", YOU, "cache", "6379").returncode == 1
        assert cluster.shop("/api/products").status_code == 200, "the web tier is not affected"
    finally:
        assert cluster.run("sg", "authorize", "sg-cache", "6379", "127.0.0.1/32").returncode == 0
    wait_until(lambda: not closed(YOU, host, int(port), 0.2), 5, "that they are accepted again")
    client.close()


@pytest.mark.parametrize("words, code, text", [
    (["authorize", "sg-cash", "1", "sg-web"], 254, "there is no group 'sg-cash'; the groups are sg-lb"),
    (["authorize", "sg-cache", "1", "everybody"], 254, "is neither a group"),
    (["authorize", "sg-cache", "x", "sg-web"], 254, "is not like 6379"),
    (["authorize", "sg-cache", "6379", "sg-web"], 4, "InvalidPermission.Duplicate"),
    (["revoke", "sg-cache", "1", "sg-web"], 4, "InvalidPermission.NotFound"),
    (["check", "lb", "nothing", "80"], 254, "unknown target 'nothing'"),
    (["check", "moon", "cache", "80"], 254, "unknown source 'moon'"),
    (["check", "lb", "cache", "0"], 254, "port goes from 1 to 65535"),
])
def test_mistakes_are_named(cluster, words, code, text):
    done = cluster.run("sg", *words)
    assert done.returncode == code and text in done.stderr, done.stderr


def test_new_instances_are_let_in_by_their_group(cluster):
    assert cluster.run("scale", "web=6", "--wait").returncode == 0
    newcomer = next(i for i in cluster.ps().values() if i["id"] == "web-b2")
    target = cluster.one("db", "primary")
    assert not closed(newcomer["address"], target["address"], 5432, 0.2)
    assert cluster.run("scale", "web=3", "--wait").returncode == 0
    gone = next(iter({"web-a2", "web-b2", "web-c2"} - set(cluster.ps())), None)
    assert gone
    address = newcomer["address"].rsplit(".", 2)[0] + {"a": ".1.22", "b": ".2.22", "c": ".3.22"}[gone[4]]
    wait_until(lambda: closed(address, target["address"], 5432, 1), 5, "that who left is refused")


def test_pairs_inside_a_group(cluster):
    groups = rules(cluster)
    for tier in ("lb", "web", "cache", "db"):
        pair = [i for i in cluster.ps().values() if i["tier"] == tier][:2]
        for a, b in itertools.permutations(pair, 2):
            allowed = expected(groups, {a["address"]: "sg-" + tier}, a["address"], "sg-" + tier, b["port"])
            assert closed(a["address"], b["address"], b["port"], 0.2 if allowed else 5) != allowed
