"""Listeners, rules and target groups of a load balancer that is started alone with --config."""
import json
import socket
from collections import Counter
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from daemon import Daemon, run_to_end, wait_for
from test_lb import Web, raw


def forward(*names, weights=None, sticky_s=0):
    groups = [{"TargetGroupName": name, "Weight": (weights or {}).get(name, 1)} for name in names]
    config = {"TargetGroups": groups}
    if sticky_s:
        config["TargetGroupStickinessConfig"] = {"Enabled": True, "DurationSeconds": sticky_s}
    return [{"Type": "forward", "ForwardConfig": config}]


def fixed(status, body="", kind="text/plain"):
    return [{"Type": "fixed-response",
             "FixedResponseConfig": {"StatusCode": str(status), "MessageBody": body, "ContentType": kind}}]


def redirect(status=301, **config):
    return [{"Type": "redirect", "RedirectConfig": {"StatusCode": f"HTTP_{status}", **config}}]


CONFIG_OF = {"host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig", "http-header": "HttpHeaderConfig",
             "http-request-method": "HttpRequestMethodConfig", "query-string": "QueryStringConfig",
             "source-ip": "SourceIpConfig"}


def rule(priority, actions, *conditions, **more):
    """Each condition is (field, values) or, for http-header, (field, values, name)."""
    written = []
    for field, values, *header in conditions:
        config = {"Values": values, **({"HttpHeaderName": header[0]} if header else {})}
        written.append({"Field": field, CONFIG_OF[field]: config})
    return {"Priority": priority, "Conditions": written, "Actions": actions, **more}


@contextmanager
def ruled(tmp_path, *flags, groups=("web", "api"), rules=(), listeners=(), attributes=None):
    """A node with one web server for each group, which has the group's name; all are healthy."""
    with ExitStack() as stack:
        webs = {}
        for name in groups:
            webs[name] = Web(name)
            stack.callback(webs[name].close)
        document = {"TargetGroups": [{"Name": name, "Targets": [web.address], "HealthCheckPath": "/health"}
                                     for name, web in webs.items()],
                    "Listeners": list(listeners), "Rules": list(rules), "Attributes": attributes or {}}
        path = tmp_path / "balancer.json"
        path.write_text(json.dumps(document))
        lb = stack.enter_context(Daemon("lb", "--port", "0", "--config", str(path), *flags))
        wait_for(lambda: lb.log().count("is healthy") == len(webs), "all targets are healthy")
        yield lb, webs


def group_of(lb, method="GET", path="/whoami", **how):
    return httpx.request(method, lb.url + path, **how).headers["X-Served-By"]


def test_each_field_of_a_rule_chooses_the_group(tmp_path):
    rules = [rule(1, forward("api"), ("path-pattern", ["/api/*", "/v?/x"])),
             rule(2, forward("api"), ("host-header", ["*.admin.example.com"])),
             rule(3, forward("api"), ("http-header", ["*mobile*"], "User-Agent")),
             rule(4, forward("api"), ("http-request-method", ["PUT", "DELETE"])),
             rule(5, forward("api"), ("query-string", [{"Key": "version", "Value": "2*"}])),
             rule(6, forward("api"), ("source-ip", ["127.0.0.77/32"]), ("path-pattern", ["/who*"]))]
    with ruled(tmp_path, rules=rules) as (lb, _):
        assert group_of(lb) == "web"
        assert [group_of(lb, path=p) for p in ("/api/a", "/v1/x", "/API/a", "/v12/x", "/x?/api/a")] == \
            ["api", "api", "web", "web", "web"]
        assert group_of(lb, headers={"Host": "Shop.ADMIN.example.com:99"}) == "api"
        assert group_of(lb, headers={"Host": "admin.example.com"}) == "web"
        assert group_of(lb, headers={"User-Agent": "a Mobile phone"}) == "api"
        assert group_of(lb, method="DELETE") == "api"
        assert group_of(lb, path="/whoami?a=b&Version=2.1") == "api"
        assert group_of(lb, path="/whoami?version=1") == "web"
        near = httpx.HTTPTransport(local_address="127.0.0.77")
        with httpx.Client(transport=near, base_url=lb.url) as client:
            assert client.get("/whoami").headers["X-Served-By"] == "api"
            assert client.get("/other").headers["X-Served-By"] == "web", "all conditions of a rule must hold"
        assert group_of(lb, headers={"X-Forwarded-For": "127.0.0.77"}) == "web"


def test_weights_split_requests_and_stickiness_keeps_a_client(tmp_path):
    split = rule(1, forward("web", "api", weights={"web": 3, "api": 1}, sticky_s=60), ("path-pattern", ["/*"]))
    with ruled(tmp_path, rules=[split]) as (lb, _):
        got = Counter(group_of(lb) for _ in range(400))
        assert 60 <= got["api"] <= 140, got  # 100 expected; six standard deviations are 52
        for _ in range(8):
            with httpx.Client(base_url=lb.url) as client:
                first = client.get("/whoami")
                assert {"AWSALBTG", "AWSALBTGCORS"} <= set(first.cookies)
                assert {client.get("/whoami").headers["X-Served-By"] for _ in range(8)} == {first.headers["X-Served-By"]}
        forged = {group_of(lb, cookies={"AWSALBTG": "x" * 40}) for _ in range(60)}
        assert forged == {"web", "api"}


def test_a_group_of_weight_nought_gets_nothing(tmp_path):
    split = rule(1, forward("web", "api", weights={"web": 1, "api": 0}), ("path-pattern", ["/*"]))
    nobody = rule(2, forward("api", weights={"api": 0}), ("path-pattern", ["/never"]))
    with ruled(tmp_path, rules=[nobody | {"Priority": 1}, split | {"Priority": 2}]) as (lb, _):
        assert {group_of(lb) for _ in range(50)} == {"web"}
        assert httpx.get(f"{lb.url}/never").status_code == 503


def test_redirects_and_fixed_responses(tmp_path):
    rules = [rule(1, redirect(301, Protocol="HTTPS", Port="443"), ("path-pattern", ["/secure*"])),
             rule(2, redirect(302, Path="/new/#{path}", Query="from=#{host}&#{query}"), ("path-pattern", ["/old/*"])),
             rule(3, fixed(503, '{"closed":true}', "application/json"), ("path-pattern", ["/closed"])),
             rule(4, fixed(204), ("path-pattern", ["/nothing"])),
             rule(5, redirect(Host="h" * 100, Path="/#{path}"), ("path-pattern", ["/long*"]))]
    log = tmp_path / "access.log"
    with ruled(tmp_path, "--access-log", str(log), rules=rules) as (lb, webs):
        with httpx.Client(base_url=lb.url, headers={"Host": "shop.test"}) as client:
            secure = client.get("/secure/a?b=c")
            assert (secure.status_code, secure.headers["Location"]) == (301, "https://shop.test:443/secure/a?b=c")
            old = client.get("/old/x?y=z")
            assert (old.status_code, old.headers["Location"]) == \
                (302, f"http://shop.test:{lb.port}/new/old/x?from=shop.test&y=z")
            closed = client.get("/closed")
            assert (closed.status_code, closed.json(), closed.headers["Server"]) == (503, {"closed": True}, "awselb/2.0")
            assert closed.headers["Content-Type"] == "application/json"
            head = client.head("/closed")
            assert (head.status_code, head.headers["Content-Length"], head.content) == (503, "15", b"")
            assert (client.get("/nothing").status_code, client.get("/nothing").content) == (204, b"")
            assert client.post("/closed", content=b"x" * 100_000).status_code == 503
            assert client.get("/whoami").status_code == 200, "the connection is still good"
        assert httpx.get(f"{lb.url}/long" + "x" * 8100).status_code == 507
        assert raw(lb, b"GET /closed HTTP/1.1\r\nHost: h\r\n\r\n" * 3 +
                   b"GET /closed HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").count(b'{"closed":true}') == 4
        lines = wait_for(lambda: len(log.read_text().splitlines()) >= 13 and log.read_text().splitlines(), "all are logged")
        assert any(' 301 - ' in line and ' 1 ' in line and '"redirect" "https://shop.test:443/secure/a?b=c"' in line
                   for line in lines)
        assert any(' 503 - ' in line and ' 3 ' in line and '"fixed-response"' in line for line in lines)
        assert webs["web"].count("GET /closed") == 0


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def test_each_listener_has_its_rules(tmp_path):
    port = free_port()
    listeners = [{"Port": port, "DefaultActions": fixed(404, "no such page")}]
    rules = [rule(1, forward("api"), ("path-pattern", ["/whoami"]), ListenerPort=port)]
    with ruled(tmp_path, rules=rules, listeners=listeners) as (lb, _):
        assert group_of(lb) == "web"
        other = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{other}/whoami").headers["X-Served-By"] == "api"
        assert httpx.get(f"{other}/x").text == "no such page"


def test_attributes_change_what_the_target_sees(tmp_path):
    attributes = {"routing.http.xff_client_port.enabled": True, "routing.http.preserve_host_header.enabled": True,
                  "routing.http.drop_invalid_header_fields.enabled": True}
    with ruled(tmp_path, attributes=attributes) as (lb, _):
        response = httpx.get(f"{lb.url}/headers", headers={"Host": "Shop.Example", "Foo_Bar": "1", "Foo-Bar": "2"})
        seen = {name.lower(): value for name, value in response.json()}
        assert seen["host"] == "Shop.Example"
        assert seen["x-forwarded-for"].startswith("127.0.0.1:")
        assert "foo_bar" not in seen and seen["foo-bar"] == "2"


def test_a_wrong_document_is_refused_with_every_mistake(tmp_path):
    path = tmp_path / "balancer.json"
    path.write_text(json.dumps({"Attributes": {"idle_timeout.timeout_seconds": 4001},
                                "Rules": [rule(0, fixed(200), ("path-pattern", ["/a"]))]}))
    code, said = run_to_end("lb", "--port", "0", "--config", path)
    assert code == 254
    assert "it takes seconds from 1 to 4000" in said
    assert "Rules[0].Priority: a whole number from 1 to 50000 is needed, not 0" in said


@pytest.mark.parametrize("text", ["", "[", "[1]", "\x00", '{"Rules": {}}'])
def test_what_is_no_document_is_refused(tmp_path, text):
    path = tmp_path / "balancer.json"
    path.write_text(text)
    assert run_to_end("lb", "--port", "0", "--config", path)[0] == 254
