"""The doors of the control plane: what strangers and mistakes may send there, and what they learn."""
import json
import socket
import sqlite3

import pytest

from cluster import wait_until
from control_client import ControlClient
from light import LightCluster

SECRET = "sk_live_51Hx"


@pytest.fixture(scope="module")
def light(tmp_path_factory):
    with LightCluster(tmp_path_factory.mktemp("edges")) as one:
        yield one


@pytest.fixture(autouse=True)
def the_process_lives(light):
    before = light.pid()
    yield
    assert light.pid() == before, light.log()[-2000:]


# Each in a place whose text comes back in the answer.
@pytest.mark.parametrize("target", [
    "/v1/instances/%ff", "/v1/instances/%c0%80", "/v1/resolve?target=%ff%fe", "/v1/resolve?target=%00",
    "/v1/sg/check?from=%ff&to=db&port=5432", "/v1/sg/check?from=web&to=%ff&port=5432",
    "/v1/sg/check?from=web&to=db&port=%ff", "/v1/%ff", "/%ed%a0%80"])
def test_bytes_that_are_no_text_get_an_error_and_nothing_else(light, target):
    for _ in range(3):
        answer = light.client.get(target)
        assert 400 <= answer.status_code < 500
        assert answer.text  # decodes as UTF-8


@pytest.mark.parametrize("route, body", [
    ("/v1/kill", b'{"target":"%s"}'), ("/v1/replica", b'{"action":"%s"}'), ("/v1/sg", b'{"action":"%s"}'),
    ("/v1/zone", b'{"zone":"%s","action":"cut"}'), ("/v1/snapshot", b'{"action":"%s"}'),
    ("/v1/asg/policy", b'{"delete":"%s"}'), ("/v1/dns", b'{"delete_check":"%s"}'),
    ("/v1/deploy", b'{"%s":1}'), ("/v1/heal", b'{"id":"%s"}')])
def test_bodies_with_such_bytes_too(light, route, body):
    answer = light.client.post(route, content=body % b"\xff\xfe")
    assert answer.status_code == 400 and "no JSON" in answer.json()["error"]["message"]
    answer = light.client.post(route, content=body % rb"\ud800\u0000")  # half of a surrogate pair
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("body, words", [
    (b"[" * ((1 << 20) - 1), "nests deeper than 64"),
    (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nests deeper than 64"),
    (b'{"target":"web-a1","target":"db-a1"}', '"target" is said twice'),
    (b'{"x":{"y":1,"y":2}}', '"y" is said twice'),
    (b'{"target":1e999}', "number overflow"),
    (b"[]", "no JSON object"), (b"7", "no JSON object"), (b"{", "no JSON"),
    (b'{"target":[1]}', '"target" is a string'), (b'{"target":null}', '"target" is missing')])
def test_mistakes_in_a_body_are_named(light, body, words):
    answer = light.client.post("/v1/kill", content=body)
    assert answer.status_code == 400 and words in answer.json()["error"]["message"]


@pytest.mark.parametrize("route, body, words", [
    ("/v1/zone", {"zone": "az-a", "action": "down", "for_ms": 1 << 63}, '"for_ms" is an integer from 0 to'),
    ("/v1/zone", {"zone": "az-a", "down": "yes"}, '"down" is true or false'),
    ("/v1/fault", {"kind": "cut", "a": "web", "b": "db", "for_ms": -1}, '"for_ms" is an integer'),
    ("/v1/fault", {"kind": "cut", "a": 5, "b": "db"}, '"a" is a string'),
    ("/v1/failover", {"group": "db", "force": "yes"}, '"force" is true or false'),
    ("/v1/asg", {"min": 1.5}, '"min" is an integer'),
    ("/v1/asg", {"min": 1 << 64}, '"min" is an integer'),
    ("/v1/asg/policy", {"name": "p", "target": "x"}, '"target" is a number'),
    ("/v1/asg/policy", {"name": "p", "type": "simple", "steps": {}}, '"steps" is an array'),
    ("/v1/asg/policy", {"name": "p", "type": "simple", "steps": [5]}, "no JSON object"),
    ("/v1/asg/policy", {"name": "p", "type": "simple", "steps": [{"adjustment": 1e300}]}, '"adjustment" goes from'),
    ("/v1/asg/policy", {"delete": 5}, '"delete" is a string'),
    ("/v1/asg/schedule", {"name": "s", "min": 1, "in_ms": 1 << 62}, '"in_ms" is an integer from'),
    ("/v1/asg/schedule", {"name": "s", "min": 1, "every_ms": 1 << 63}, '"every_ms" is an integer from'),
    ("/v1/asg/hook", {"name": "h", "heartbeat_ms": "5"}, '"heartbeat_ms" is an integer'),
    ("/v1/asg/lifecycle", {"id": "web-a1", "result": 1}, '"result" is a string'),
    ("/v1/asg/instance", {"id": "web-a1", "terminate": "no"}, '"terminate" is true or false'),
    ("/v1/refresh", {"action": {}}, '"action" is a string'),
    ("/v1/deploy", {"env": [1]}, '"env" is an object'),
    ("/v1/deploy", {"env": {"A": 5}}, '"A" is a text'),
    ("/v1/deploy", {"env": {"A": "${nobody}"}}, "the name of no secret"),
    ("/v1/deploy", {"env": {"A\0B": "x"}}, "zero byte"),
    ("/v1/deploy", {"flags": "--x"}, '"flags" is an array'),
    ("/v1/dns", {"record": 5}, "no JSON object"),
    ("/v1/dns", {"record": {"name": "a.multiaz.test", "values": "1.2.3.4"}}, '"values" is an array'),
    ("/v1/dns", {"record": {"name": "a.multiaz.test", "ttl_s": -1}}, '"ttl_s" is an integer'),
    ("/v1/dns", {"check": {"id": 5}}, '"id" is a string'),
    ("/v1/dns", {"delete_record": "x"}, "no JSON object"),
    ("/v1/sg", {"action": "authorize", "group": "sg-db", "source": "sg-web", "port": 70000}, '"port" is an integer'),
    ("/v1/snapshot", {"action": "schedule", "group": "db", "every_ms": "1h"}, '"every_ms" is an integer'),
    ("/v1/modify", {"group": "db", "key": "size_mb", "value": 1 << 63}, '"value" is an integer'),
])
def test_a_wrong_value_is_named_with_what_is_allowed(light, route, body, words):
    answer = light.client.post(route, json=body)
    assert answer.status_code == 400, answer.text
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize("host, status", [
    ("evil.example", 421), ("evil.example:7070", 421), ("127.0.0.1.evil.example", 421), ("localhost.evil.example", 421),
    ("10.0.0.1:7070", 421), ("[2001:db8::1]:7070", 421), ("notmultiaz.test", 421), ("127.0.0.1@evil.example", 421),
    ("127.0.0.1", 200), ("127.77.0.2:7070", 200), ("localhost:9000", 200), ("LOCALHOST.", 200), ("[::1]:7070", 200),
    ("api.multiaz.test:7070", 200), ("multiaz.test", 200)])
@pytest.mark.parametrize("path", ["/v1/plan", "/metrics", "/v1/openapi.json", "/v1/instances"])
def test_the_api_answers_only_to_its_own_names(light, path, host, status):
    answer = light.client.get(path, headers={"Host": host})
    assert answer.status_code == status
    if status == 421:
        assert host in answer.json()["error"]["message"] and "localhost" in answer.json()["error"]["message"]


def test_streams_writes_and_absolute_targets_look_at_the_name_too(light):
    for target in ("/v1/stream", "/v1/events?follow=1"):
        assert light.client.get(target, headers={"Host": "evil.example"}).status_code == 421
    assert light.client.post("/v1/heal", json={}, headers={"Host": "evil.example"}).status_code == 421
    raw = f"GET http://evil.example/v1/plan HTTP/1.1\r\nHost: 127.{light.octet}.0.2\r\nConnection: close\r\n\r\n"
    assert light.exchange(raw.encode()).startswith(b"HTTP/1.1 421")
    assert light.exchange(b"GET /v1/plan HTTP/1.0\r\n\r\n").split()[1] == b"421"


@pytest.mark.parametrize("headers, status", [
    ({"Origin": "http://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Origin": ""}, 403),
    ({"Origin": "http://127.0.0.1:8080"}, 403), ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403), ({"Sec-Fetch-Site": "none"}, 200),
    ({"Sec-Fetch-Site": "same-origin"}, 200), ({}, 200)])
def test_another_sites_page_changes_nothing(light, headers, status):
    assert light.client.post("/v1/heal", json={}, headers=headers).status_code == status
    own = {"Origin": light.api}
    assert light.client.post("/v1/heal", json={}, headers=own).status_code == 200


def test_values_of_the_environment_are_seen_by_nobody(light):
    deployed = light.client.post("/v1/deploy", json={"env": {"STRIPE_KEY": SECRET, "NOTE": SECRET}})
    assert deployed.status_code == 200
    names = light.client.get("/v1/asg").json()["templates"][-1]["env"]
    assert names["STRIPE_KEY"] == "***"
    paths = ["/v1/asg", "/v1/plan", "/v1/events", "/v1/instances", "/v1/cluster", "/metrics", "/v1/health",
             "/v1/faults", "/v1/snapshots", "/v1/databases", "/v1/groups", "/v1/dns", "/v1/sg"]
    for path in paths:
        answer = light.client.get(path)
        assert answer.status_code == 200 and SECRET not in answer.text, path
    refused = light.client.post("/v1/deploy", json={"env": {"KEY": "${" + SECRET}})
    assert refused.status_code in (400, 409) and SECRET not in refused.text
    assert SECRET.encode() not in light.log()
    with sqlite3.connect(f"file:{light.run}/orchestrator.db?mode=ro", uri=True) as db:  # kept, of course
        assert SECRET in db.execute("SELECT value FROM meta WHERE key='plan'").fetchone()[0]


def test_a_folder_that_is_older_than_a_secret_still_has_endpoints(tmp_path):
    with LightCluster(tmp_path) as old:
        content = json.loads((old.run / "secrets.json").read_text())
        del content["aws_secret"], content["db_password"]
        (old.run / "secrets.json").write_text(json.dumps(content))
        before = old.pid()
        old.client.post("/v1/kill", json={"target": "orchestrator"})
        wait_until(lambda: old.wait() != before, 30, "the next orchestrator")
        assert old.client.get("/v1/endpoints").status_code == 200


def rows(light):
    with sqlite3.connect(f"file:{light.run}/orchestrator.db?mode=ro", uri=True) as db:
        return db.execute("SELECT count(*) FROM events").fetchone()[0]


def refused(light):
    return [event for event in light.events() if event["kind"] == "refused"]


def test_strangers_at_the_control_port_fill_nothing(light):
    before, told, log = rows(light), len(refused(light)), len(light.log())
    for number in range(600):
        with socket.create_connection(light.control, 5) as conn:
            conn.recv(100)
            conn.sendall([b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\0\0\0\1\xff", b"\0\0\0\4Helo"][number % 3])
            conn.recv(10)
    assert len(refused(light)) - told <= 15, "a few of each reason are told"
    assert rows(light) - before <= 20
    assert len(light.log()) - log < 20_000


def test_silent_strangers_keep_no_daemon_out(light):
    silent = [socket.create_connection(light.control, 5) for _ in range(600)]
    try:
        key = json.loads((light.run / "secrets.json").read_text())["key"]
        client = ControlClient(*light.control)
        client.hello(key, "light-1", "db-a1", "db", "az-a", 999)  # heard, and refused for its launch
        wait_until(lambda: any("says launch 999" in event["text"] for event in refused(light)), 10, "that it is heard")
    finally:
        for one in silent:
            one.close()


def test_nobody_writes_lines_or_colours_into_log_and_events(light):
    evil = "db-a1\n2026-01-01T00:00:00.000Z info orchestrator forged line\x1b[31m\x7f\u009b"
    client = ControlClient(*light.control)
    client.hello("00" * 32, "light-1", evil[:60], "web", "az-a", 1)
    wait_until(lambda: any("is no name" in event["text"] for event in refused(light)) or client.socket.recv(10) == b"",
               10, "the refusal")
    light.client.post("/v1/sg", json={"action": "revoke", "group": "sg-db", "source": "127.0.0.1/32", "port": 5432})
    rule = {"action": "authorize", "group": "sg-db", "source": "127.0.0.1/32", "port": 5432, "why": evil}
    assert light.client.post("/v1/sg", json=rule).status_code == 200
    light.client.post("/v1/fault", json={"kind": "cut", "a": "az-a", "b": "az-b", "owner": evil, "for_ms": 1})
    wait_until(lambda: "forged line" in light.client.get("/v1/events").text, 10, "the event")
    for line in light.log().splitlines():
        assert not line.startswith(b"2026-01-01T00:00:00.000Z")
        assert not any(byte < 0x20 or byte == 0x7F for byte in line), line
    for event in light.events():
        assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in event["text"] + event["target"]), event


def test_what_all_daemons_are_told_is_bounded(light):
    """One message must hold it: else no daemon hears anything any more."""
    values = ["x" * 3000] * 100
    statuses = [light.client.post("/v1/dns", json={"record": {"name": f"n{i}.multiaz.test", "type": "TXT", "values": values}})
                for i in range(9)]
    assert [one.status_code for one in statuses][:6] == [200] * 6
    assert statuses[-1].status_code == 429 and "bytes of JSON" in statuses[-1].json()["error"]["message"]
    for i in range(9):
        light.client.post("/v1/dns", json={"delete_record": {"name": f"n{i}.multiaz.test", "type": "TXT"}})
    assert light.client.post("/v1/sg", json={"action": "authorize", "group": "sg-db", "source": "sg-web", "port": 1,
                                             "why": "w" * 100_000}).status_code == 400
    assert light.client.post("/v1/fault", json={"kind": "cut", "a": "az-a", "b": "az-b", "owner": "o" * 100_000}
                             ).status_code == 400
