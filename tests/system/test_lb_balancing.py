"""The algorithms and stickiness of a target group, with real targets: least outstanding requests, anomaly
mitigation, the target's own cookie. The rules themselves are in tests/unit/lb/algorithms_test.cc."""
import json
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager

import httpx

from daemon import Daemon, run_to_end, wait_for
from test_lb_edges import Target


def named(name, delay_s=0.0, status=200, cookie=""):
    """A target that answers with its name; `name.path` may change while it runs."""
    def answer(target, conn, head):
        time.sleep(target.delay_s)
        extra = b"Set-Cookie: " + target.cookie + b"\r\n" if target.cookie else b""
        conn.sendall(b"HTTP/1.1 %d X\r\n%sContent-Length: %d\r\n\r\n" % (target.status, extra, len(name)) + name.encode())
    out = Target(answer)
    out.name, out.delay_s, out.status, out.cookie = name, delay_s, status, cookie.encode()
    return out


@contextmanager
def grouped(tmp_path, targets, attributes):
    path = tmp_path / "balancer.json"
    path.write_text(json.dumps({"TargetGroups": [{
        "Name": "web", "Targets": [one.address for one in targets], "HealthCheckPath": "/health",
        "HealthCheckIntervalSeconds": 0.1, "Attributes": {"stickiness.enabled": False, **attributes}}]}))
    with ExitStack() as stack:
        for one in targets:
            stack.callback(one.close)
        lb = stack.enter_context(Daemon("lb", "--port", "0", "--config", str(path)))
        wait_for(lambda: lb.log().count("is healthy") == len(targets), "all targets are healthy")
        yield lb


def asked(lb, count, clients=8, **more):
    """So many requests by so many clients at a time: how often each body came."""
    seen, lock = Counter(), threading.Lock()

    def ask():
        with httpx.Client() as client:
            for _ in range(count // clients):
                body = client.get(lb.url, **more).text
                with lock:
                    seen[body] += 1
    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def test_a_slow_target_gets_less_by_least_outstanding_requests(tmp_path):
    targets = [named("a"), named("b"), named("slow", delay_s=0.2)]
    with grouped(tmp_path, targets, {"load_balancing.algorithm.type": "least_outstanding_requests"}) as lb:
        seen = asked(lb, 400)
    assert sum(seen.values()) == 400
    assert seen["slow"] * 3 < min(seen["a"], seen["b"]), seen


def test_a_target_that_fails_more_than_the_others_gets_next_to_nothing_until_it_is_well(tmp_path):
    targets = [named(name) for name in "abcd"]
    attributes = {"load_balancing.algorithm.type": "weighted_random", "load_balancing.algorithm.anomaly_mitigation": "on"}
    with grouped(tmp_path, targets, attributes) as lb:
        targets[3].status = 500
        anomaly = targets[3].address + " fails more than the others and gets less"
        wait_for(lambda: asked(lb, 40) and anomaly in lb.log(), "it is noticed")
        seen = asked(lb, 400)
        assert seen["d"] < 40 and min(seen["a"], seen["b"], seen["c"]) > 80, seen
        targets[3].status = 200
        wait_for(lambda: asked(lb, 200)["d"] > 25, "it gets its share again")
        assert targets[3].address + " answers like the others again" in lb.log()


def test_the_targets_own_cookie_makes_a_client_stay(tmp_path):
    targets = [named(name, cookie="sid=%s; Path=/" % name) for name in "abc"]
    attributes = {"stickiness.enabled": True, "stickiness.type": "app_cookie", "stickiness.app_cookie.cookie_name": "sid"}
    with grouped(tmp_path, targets, attributes) as lb:
        with httpx.Client() as client:
            first = client.get(lb.url)
            assert "AWSALBAPP-0" in client.cookies and "AWSALB" not in client.cookies
            assert {client.get(lb.url).text for _ in range(12)} == {first.text}
            del client.cookies["sid"]
            for one in targets:
                one.cookie = b""
            assert len({client.get(lb.url).text for _ in range(12)}) == 3, "without the target's cookie it is not sticky"


def test_what_does_not_go_together_is_refused(tmp_path):
    for attributes, words in (
            ({"stickiness.enabled": True, "stickiness.type": "app_cookie"}, "needs stickiness.app_cookie.cookie_name"),
            ({"slow_start.duration_seconds": 30, "load_balancing.algorithm.type": "weighted_random"}, "needs load_balancing.algorithm.type round_robin"),
            ({"load_balancing.algorithm.anomaly_mitigation": "on"}, "needs load_balancing.algorithm.type weighted_random")):
        path = tmp_path / "bad.json"
        path.write_text(json.dumps({"TargetGroups": [{"Name": "web", "Attributes": attributes}]}))
        code, text = run_to_end("lb", "--port", "0", "--config", str(path))
        assert code != 0 and words in text, text
