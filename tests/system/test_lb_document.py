"""The load balancers of a cluster: rules and target groups of cluster.toml, documents that replace them under load,
and how long requests of a leaving instance or of a shifted zone may take."""
import json
import os
import signal
import sys
import threading
import time

import httpx
import pytest

from cluster import Cluster, wait_until
from test_lb import Web
from test_lb_rules import fixed, forward, rule

pytestmark = pytest.mark.alone

APP = """
import os, signal, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *words):
        pass

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path)
        if parts.path == "/slow":
            time.sleep(int(parse_qs(parts.query)["ms"][0]) / 1000)
        body = os.environ["INSTANCE_ID"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Served-By", "web")
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

server = Server((os.environ["HOST"], int(os.environ["PORT"])), Handler)

def end(*_):
    time.sleep(8)  # longer than any request of the tests
    os._exit(0)

signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=end).start())
server.serve_forever()
"""

TOML = """
[cluster]
zones = 2
[lb.attributes]
"client_keep_alive.seconds" = 600
[web]
count = 4
command = [{python}, "./app.py"]
health_path = "/up"
sessions = "memory"
deregistration_ms = 1000
[web.attributes]
"stickiness.enabled" = false
[cache]
count = 0
[db]
standby = false
replicas = 0

[[target_group]]
name = "api"
targets = [{api}]
health_check_path = "/health"

[[listener]]
port = 9191
default_actions = [{{ type = "fixed-response", fixed_response_config = {{ status_code = 404, message_body = "none" }} }}]

[[rule]]
priority = 10
conditions = [{{ field = "path-pattern", path_pattern_config = {{ values = ["/api/*"] }} }}]
actions = [{{ type = "forward", target_group_name = "api" }}]

[[rule]]
priority = 10
listener_port = 9191
conditions = [{{ field = "http-request-method", http_request_method_config = {{ values = ["POST"] }} }}]
actions = [{{ type = "forward", target_group_name = "web" }}]
"""


@pytest.fixture(scope="module")
def api():
    web = Web("api")
    yield web
    web.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, api):
    folder = tmp_path_factory.mktemp("balancer")
    (folder / "app.py").write_text(APP)
    file = folder / "cluster.toml"
    file.write_text(TOML.format(python=json.dumps(sys.executable), api=json.dumps(api.address)))
    with Cluster(folder, name="balancer", file=file) as one:
        yield one


@pytest.fixture(scope="module")
def first_document(cluster):
    return cluster.get("/v1/lb")


@pytest.fixture(autouse=True)
def well(cluster, first_document):
    wait_until(cluster.healthy, 60, "health")
    yield
    assert cluster.post("/v1/lb", document=first_document).status_code == 200


def shop(cluster, **how):
    return httpx.Client(base_url=cluster.endpoints["shop"], trust_env=False, timeout=20, **how)


def served_by(cluster, path):
    with shop(cluster) as client:
        return client.get(path).headers.get("X-Served-By")


def test_the_rules_of_a_cluster_file_choose_the_group(cluster):
    assert served_by(cluster, "/x") == "web"
    wait_until(lambda: served_by(cluster, "/api/x") == "api", 10, "a healthy target of the group")
    nodes = [one["address"] for one in cluster.ps().values() if one["tier"] == "lb"]
    shared = next(one["address"] for one in cluster.get("/v1/plan")["endpoints"] if one["name"] == "shop_9191")
    for address in [*nodes, shared]:
        with httpx.Client(base_url=f"http://{address}:9191", trust_env=False) as client:
            assert (client.get("/x").status_code, client.get("/x").text) == (404, "none")
            assert client.post("/x").headers["X-Served-By"] == "web"


def test_wrong_documents_change_nothing(cluster, first_document, tmp_path):
    wrong = tmp_path / "lb.json"
    wrong.write_text(json.dumps({"Rules": [rule(0, fixed(200), ("path-pattern", ["/a"]))]}))
    done = cluster.run("lb", "set", wrong)
    assert done.returncode == 254
    assert "Rules[0].Priority: a whole number from 1 to 50000 is needed, not 0" in done.stderr
    refused = cluster.post("/v1/lb", document={"Attributes": {"slow_start.duration_seconds": 30}})
    assert refused.status_code == 400 and "unknown attribute" in refused.json()["error"]["message"]
    assert cluster.post("/v1/lb").status_code == 400
    assert json.loads(cluster.run("lb").stdout) == first_document


class Load:
    """Requests from several threads, each on kept and on fresh connections; every answer that is not 200 is a failure."""

    def __init__(self, cluster, threads=4):
        self.base = cluster.endpoints["shop"]
        self.over = threading.Event()
        self.failures, self.done = [], 0
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(threads)]

    def run(self, number):
        turn = 0
        while not self.over.is_set():
            with httpx.Client(base_url=self.base, trust_env=False, timeout=20) as client:
                for _ in range(20):
                    turn += 1
                    path = "/api/x" if turn % 2 else f"/shop/{number}"
                    try:
                        answer = client.post(path, content=b"x" * 2000) if turn % 3 == 0 else client.get(path)
                        if answer.status_code != 200:
                            self.failures.append((path, answer.status_code, answer.text[:200]))
                    except httpx.HTTPError as error:
                        self.failures.append((path, repr(error)))
                    self.done += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


def changed_document(first, api, number):
    """Rules, weights, attributes and the group of the API change from one to the next."""
    group = f"api-{number}" if number % 3 else "api"
    return {**first, "TargetGroups": [one for one in first["TargetGroups"] if one["Name"] == "web"] + [
                {"Name": group, "Targets": [api.address], "HealthCheckPath": "/health"}],
            "Rules": [rule(10 + number % 7, forward(group, "web", weights={group: 1 + number % 3}),
                           ("path-pattern", ["/api/*"])),
                      rule(100, fixed(503, "closed"), ("path-pattern", [f"/closed-{number}"]))],
            "Attributes": {"routing.http.xff_client_port.enabled": bool(number % 2)}}


CHANGES = int(os.environ.get("MULTIAZ_LB_CHANGES", "60"))


def test_documents_change_under_load_without_a_failed_request(cluster, first_document, api):
    with Load(cluster) as load:
        for number in range(CHANGES):
            answer = cluster.post("/v1/lb", document=changed_document(first_document, api, number))
            assert answer.status_code == 200, answer.text
            if number % 10 == 9:
                with shop(cluster) as client:
                    path = f"/closed-{number}"
                    wait_until(lambda: client.get(path).text == "closed", 10, "the rule in force")
    assert load.failures == [] and load.done > 100
    print(f"{CHANGES} changes, {load.done} requests, 0 failed")


def test_a_document_outlives_the_orchestrator(cluster, first_document):
    document = {**first_document, "Rules": [rule(1, fixed(200, "kept"), ("path-pattern", ["/kept"]))]}
    assert cluster.post("/v1/lb", document=document).status_code == 200
    before = cluster.get("/v1/lb")
    os.kill(cluster.orchestrator_pid(), signal.SIGKILL)
    with shop(cluster) as client:
        wait_until(lambda: client.get("/kept").text == "kept", 10, "the rule in force")
        wait_until(cluster.healthy, 60, "health")
        assert cluster.get("/v1/lb") == before
        assert client.get("/kept").text == "kept"


def slow_posts(cluster, ms, instances):
    """POSTs in flight until each of the instances has one; returns their threads and where answers will be."""
    answers = []

    def post():
        with shop(cluster) as client:
            began = time.monotonic()
            answer = client.post(f"/slow?ms={ms}")
            answers.append((answer.status_code, answer.text, time.monotonic() - began))

    threads = [threading.Thread(target=post) for _ in range(3 * instances)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    return threads, answers


def web_ids(cluster):
    return {id for id, one in cluster.ps().items() if one["tier"] == "web" and one["state"] == "ready"}


def scale(cluster, count):
    assert cluster.run("scale", f"web={count}").returncode == 0


def test_the_deregistration_delay_of_the_group_is_the_balancers(cluster, first_document):
    groups = [dict(one) for one in first_document["TargetGroups"]]
    web = next(one for one in groups if one["Name"] == "web")
    web["Attributes"] = {"stickiness.enabled": False, "deregistration_delay.timeout_seconds": 6}
    assert cluster.post("/v1/lb", document={**first_document, "TargetGroups": groups}).status_code == 200
    wait_until(lambda: len(web_ids(cluster)) == 4, 30, "four instances")
    threads, answers = slow_posts(cluster, 3000, 4)
    scale(cluster, 3)
    for thread in threads:
        thread.join()
    assert [one for one in answers if one[0] != 200] == [], "6 s are enough"
    web["Attributes"]["deregistration_delay.timeout_seconds"] = 0.5
    assert cluster.post("/v1/lb", document={**first_document, "TargetGroups": groups}).status_code == 200
    wait_until(lambda: len(web_ids(cluster)) == 3, 30, "three instances")
    threads, answers = slow_posts(cluster, 4000, 3)
    scale(cluster, 2)
    for thread in threads:
        thread.join()
    cut = [one for one in answers if one[0] == 502]
    assert cut and all(took < 3.9 for _, _, took in cut), answers
    scale(cluster, 4)
    wait_until(lambda: len(web_ids(cluster)) == 4, 30, "four instances")


def test_a_zonal_shift_leaves_what_runs_alone(cluster):
    wait_until(lambda: len(web_ids(cluster)) == 4, 30, "four instances")
    threads, answers = slow_posts(cluster, 3000, 4)  # the deregistration delay is 1 s
    assert cluster.run("zone", "shift", "az-a", "--for", "5s").returncode == 0
    zones = {id: one["zone"] for id, one in cluster.ps().items()}
    with shop(cluster) as client:
        wait_until(lambda: all(zones[client.get("/x").text] == "az-b" for _ in range(8)), 10, "no new requests in az-a")
    for thread in threads:
        thread.join()
    assert [one for one in answers if one[0] != 200] == []
    assert {zones[text] for _, text, _ in answers} == {"az-a", "az-b"}
