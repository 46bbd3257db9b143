"""The load balancer between real clients and small web servers that can be stopped and killed."""
import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from daemon import Daemon, die_with_parent, run_to_end, wait_for

STUB = Path(__file__).with_name("web_stub.py")


class Web:
    def __init__(self, name, port=0):
        self.name = name
        self.process = subprocess.Popen([sys.executable, str(STUB), name, str(port)], stdout=subprocess.PIPE,
                                        preexec_fn=die_with_parent)
        self.port = int(self.process.stdout.readline())
        self.address = f"127.0.0.1:{self.port}"

    def count(self, what):
        return httpx.get(f"http://{self.address}/count").json().get(what, 0)

    def signal(self, number):
        os.kill(self.process.pid, number)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@contextmanager
def balanced(*flags, names=("w1", "w2"), env=None, listen=None):
    """A load balancer over web servers; all targets have passed their first check."""
    with ExitStack() as stack:
        webs = []
        for name in names:
            webs.append(Web(name))
            stack.callback(webs[-1].close)
        targets = ["--target", ",".join(web.address for web in webs)] if webs else []
        lb = stack.enter_context(Daemon("lb", "--port", "0", *targets, *flags, env=env, listen=listen))
        wait_for(lambda: lb.log().count("is healthy") == len(webs), "all targets are healthy")
        yield lb, webs


def who(response):
    assert response.status_code == 200, response.text
    return response.json()["name"]


def raw(lb, data, timeout=5.0):
    """What comes back on a fresh connection until it is closed or silent."""
    with socket.create_connection((lb.address, lb.port), timeout=timeout) as conn:
        conn.sendall(data)
        return read_all(conn)


def read_all(conn):
    back = bytearray()
    try:
        while piece := conn.recv(65536):
            back += piece
    except (TimeoutError, ConnectionResetError):
        pass
    return bytes(back)


# --- balancing ---

def test_requests_take_turns():
    with balanced(names=("w1", "w2", "w3")) as (lb, _):
        with httpx.Client(base_url=lb.url) as client:
            names = [who(httpx.get(f"{lb.url}/whoami")) for _ in range(9)]
            names += [who(client.get("/whoami", headers={"Cookie": ""})) for _ in range(3)]
        assert sorted(names[:3]) == sorted(names[3:6]) == sorted(names[6:9]) == ["w1", "w2", "w3"]


def test_a_session_sticks_to_its_target_until_that_dies():
    with balanced() as (lb, webs), httpx.Client(base_url=lb.url) as client:
        home = who(client.get("/whoami"))
        assert all(who(client.get("/whoami")) == home for _ in range(10))
        next(web for web in webs if web.name == home).close()
        moved = {who(client.get("/whoami")) for _ in range(10)}
        assert len(moved) == 1 and home not in moved


def test_a_cookie_is_good_for_every_node_of_the_cluster_and_no_other():
    env = {"MULTIAZ_KEY": "ab" * 32}
    with balanced(env=env) as (lb, webs):
        targets = ",".join(web.address for web in webs)
        with Daemon("lb", "--port", "0", "--target", targets, env=env) as twin, \
             Daemon("lb", "--port", "0", "--target", targets, env={"MULTIAZ_KEY": "cd" * 32}) as stranger:
            first = httpx.get(f"{lb.url}/whoami")
            cookies = {"AWSALB": first.cookies["AWSALB"]}
            assert "Expires=" in first.headers.get_list("set-cookie")[0]
            assert {who(httpx.get(f"{twin.url}/whoami", cookies=cookies)) for _ in range(6)} == {who(first)}
            assert {who(httpx.get(f"{stranger.url}/whoami", cookies=cookies)) for _ in range(6)} == {"w1", "w2"}


def test_what_the_target_sees():
    with balanced(names=("w1",)) as (lb, _):
        response = httpx.get(f"{lb.url}/headers", headers={
            "Host": "Shop.Example", "X-Forwarded-For": "10.0.0.1", "Connection": "X-Private", "X-Private": "1",
            "X-Amzn-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793"})
        seen = {name.lower(): value for name, value in response.json()}
        assert seen["host"] == f"shop.example:{lb.port}"
        assert seen["x-forwarded-for"] == "10.0.0.1, 127.0.0.1"
        assert seen["x-forwarded-proto"] == "http"
        assert seen["x-forwarded-port"] == str(lb.port)
        assert seen["x-amzn-trace-id"].endswith(";Root=1-5759e988-bd862e3fe1be46a994272793")
        assert seen["x-amzn-trace-id"].startswith("Self=1-")
        assert "x-private" not in seen


# --- targets that fail ---

def hammer(lb, seconds, statuses, method="GET", path="/whoami"):
    """Collects the status of every request; of one without a whole answer, what went wrong."""
    deadline = time.monotonic() + seconds
    with httpx.Client(base_url=lb.url, timeout=20) as client:
        while time.monotonic() < deadline:
            client.cookies.clear()
            try:
                statuses.append(client.request(method, path).status_code)
            except httpx.HTTPError as wrong:
                statuses.append(repr(wrong))


def hammers(count, *args, **more):
    threads = [threading.Thread(target=hammer, args=args, kwargs=more) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


def test_no_get_fails_when_a_target_is_killed():
    with balanced(names=("w1", "w2", "w3")) as (lb, webs):
        statuses = []
        threads = hammers(4, lb, 3.0, statuses)
        wait_for(lambda: len(statuses) > 50, "load")
        webs[0].close()
        for thread in threads:
            thread.join()
        assert set(statuses) == {200}
        assert len(statuses) > 100
        assert "is unhealthy" in lb.log()


def test_no_post_fails_when_connects_are_refused():
    with balanced() as (lb, webs):
        statuses = []
        webs[0].close()  # the load balancer has not noticed yet
        hammer(lb, 0.5, statuses, "POST", "/echo")
        assert set(statuses) == {200}


def test_a_stopped_target_costs_504_until_it_is_found_out_and_heals():
    with balanced("--idle-timeout-ms", "700") as (lb, webs):
        webs[1].signal(signal.SIGSTOP)
        statuses = []
        threads = hammers(3, lb, 1.0, statuses)
        for thread in threads:
            thread.join()
        assert set(statuses) == {200, 504}
        wait_for(lambda: "is unhealthy" in lb.log(), "the target is found out")
        assert {who(httpx.get(f"{lb.url}/whoami")) for _ in range(6)} == {"w1"}
        webs[1].signal(signal.SIGCONT)
        wait_for(lambda: lb.log().count("is healthy") == 3, "the target is healthy again")
        assert {who(httpx.get(f"{lb.url}/whoami")) for _ in range(6)} == {"w1", "w2"}


def test_a_get_that_was_swallowed_goes_to_another_target():
    with balanced() as (lb, webs):
        for _ in range(6):
            assert who(httpx.get(f"{lb.url}/gone?who=w1")) == "w2"
        assert webs[0].count("GET /gone") >= 3
        assert httpx.get(f"{lb.url}/gone?who=all").status_code == 502
        assert webs[0].count("GET /gone") + webs[1].count("GET /gone") <= 6 + 6 + 2


def test_a_post_is_never_sent_twice():
    with balanced() as (lb, webs):
        with httpx.Client(base_url=lb.url) as client:
            for _ in range(3):  # over connections that were used before
                client.post("/echo", content=b"x")
            for _ in range(6):
                response = client.post("/gone", content=b"pay")
                assert response.status_code == 502
                assert "X-Not-Executed" not in response.headers
        assert sum(web.count("POST /gone") for web in webs) == 6


def test_the_deliberate_mistake_sends_a_post_twice():
    with balanced("--bug", "replay-post") as (lb, webs):
        assert httpx.post(f"{lb.url}/gone").status_code == 502
        assert sum(web.count("POST /gone") for web in webs) == 2


def test_broken_answers_are_502_and_short_ones_are_cut():
    with balanced(names=("w1",)) as (lb, _):
        for path in ("/garbage", "/big-head"):
            response = httpx.get(lb.url + path)
            assert response.status_code == 502
            assert response.headers["server"] == "awselb/2.0"
            assert "<center><h1>502 Bad Gateway</h1></center>" in response.text
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{lb.url}/short")


def test_no_target_is_503_and_says_that_nothing_was_executed():
    with balanced(names=()) as (lb, _):
        response = httpx.post(f"{lb.url}/echo", content=b"x")
        assert response.status_code == 503
        assert response.headers["x-not-executed"] == "1"
        assert "<title>503 Service Temporarily Unavailable</title>" in response.text


def test_no_living_target_is_502():
    with balanced() as (lb, webs):
        for web in webs:
            web.close()
        response = httpx.post(f"{lb.url}/echo", content=b"x")
        assert response.status_code == 502
        assert response.headers["x-not-executed"] == "1"


# --- bodies ---

SIZE = 20 * 1000 * 1000
LEAN = {"ASAN_OPTIONS": "quarantine_size_mb=1:detect_leaks=1"}  # freed memory must not look like used
GROWTH_MAX = 24 << 20


def pieces(total, size=50_000):
    for start in range(0, total, size):
        yield bytes([start // size % 256]) * min(size, total - start)


def test_large_bodies_stream_through_in_bounded_memory():
    expected = hashlib.sha256(b"".join(pieces(SIZE))).hexdigest()
    with balanced(names=("w1",), env=LEAN) as (lb, _), httpx.Client(base_url=lb.url, timeout=60) as client:
        client.get("/whoami")
        before = lb.rss_bytes()
        for headers in ({}, {"Content-Length": str(SIZE)}):  # chunked, then with a length
            answer = client.post("/echo", content=pieces(SIZE), headers=headers).json()
            assert answer["bytes"] == SIZE and answer["sha256"] == expected
            assert lb.rss_bytes() - before < GROWTH_MAX
        with client.stream("GET", f"/bytes?n={SIZE}") as response:
            received = sum(len(piece) for piece in response.iter_raw())
        assert received == SIZE
        assert lb.rss_bytes() - before < GROWTH_MAX


def test_a_client_that_reads_slowly_slows_the_target_down():
    with balanced(names=("w1",), env=LEAN) as (lb, _):
        before = lb.rss_bytes()
        with socket.create_connection((lb.address, lb.port)) as conn:
            conn.sendall(f"GET /bytes?n={SIZE * 4} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
            for _ in range(10):
                time.sleep(0.05)
                assert lb.rss_bytes() - before < GROWTH_MAX
            assert len(read_all(conn)) > SIZE * 4


def test_an_early_answer_reaches_a_client_that_still_sends():
    with balanced(names=("w1",)) as (lb, _):
        head = b"POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n"
        with socket.create_connection((lb.address, lb.port), timeout=5) as conn:
            conn.sendall(head + b"x" * 10_000)
            back = b""
            while b"early" not in back:
                back += conn.recv(65536)
        assert back.startswith(b"HTTP/1.1 403 ")


def test_continue_head_old_clients_and_pipelines():
    with balanced(names=("w1",)) as (lb, _):
        with socket.create_connection((lb.address, lb.port), timeout=5) as conn:
            conn.sendall(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n"
                         b"Connection: close\r\n\r\n")
            assert conn.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
            conn.sendall(b"abc")
            assert b'"bytes": 3' in read_all(conn)
        head = httpx.head(f"{lb.url}/bytes?n=5")
        assert head.status_code == 200
        old = raw(lb, b"GET /until-close HTTP/1.0\r\n\r\n")
        assert old.endswith(b"\r\n\r\nall of it") and b"chunked" not in old
        assert httpx.get(f"{lb.url}/until-close").text == "all of it"
        many = raw(lb, b"GET /whoami HTTP/1.1\r\nHost: h\r\n\r\n" * 10
                   + b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
        assert many.count(b"HTTP/1.1 200 OK") == 11 and b'"bytes": 2' in many


# --- clients that misbehave ---

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: h\r\n"
SMUGGLERS = {
    "length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n" + SMUGGLED,
    "list of lengths": POST + b"Content-Length: 0, 40\r\n\r\n" + SMUGGLED,
    "signed length": POST + b"Content-Length: +0\r\n\r\n" + SMUGGLED,
    "obscured coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "coding twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "vertical tab": POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "space before colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "folded": POST + b"X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "bare line feeds": b"GET / HTTP/1.1\nHost: h\n\n" + SMUGGLED,
    "bare carriage return": b"GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n" + SMUGGLED,
    "null byte": b"GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n" + SMUGGLED,
    "bad chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" + SMUGGLED,
    "huge chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n" + SMUGGLED,
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + SMUGGLED,
    "no host": b"GET / HTTP/1.1\r\n\r\n" + SMUGGLED,
}


# These have one safe meaning: they are forwarded in it, and the connection ends (desync mode "defensive").
AMBIGUOUS = ("length and chunks", "space before colon", "bare line feeds")


def test_nothing_can_be_smuggled():
    with balanced(names=("w1",)) as (lb, webs):
        for name, data in SMUGGLERS.items():
            back = raw(lb, data)
            wanted = (b"HTTP/1.1 200 ", b"HTTP/1.1 404 ") if name in AMBIGUOUS else (b"HTTP/1.1 400 ", b"HTTP/1.1 501 ")
            assert back.startswith(wanted), (name, back)
            assert back.count(b"HTTP/1.1 ") == 1, (name, back)
        assert webs[0].count("GET /smuggled") == 0


@pytest.mark.parametrize("status, data", [
    (414, b"GET /" + b"a" * 17_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n"),
    (400, b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 17_000 + b"\r\n\r\n"),
    (400, b"GET / HTTP/1.1\r\nHost: h\r\n" + b"".join(b"X-%d: " % i + b"a" * 8000 + b"\r\n" for i in range(9)) + b"\r\n"),
    (405, b"TRACE / HTTP/1.1\r\nHost: h\r\n\r\n"),
    (463, b"GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: " + b"1.1.1.1, " * 30 + b"1.1.1.1\r\n\r\n"),
    (501, POST + b"Transfer-Encoding: gzip\r\n\r\n"),
    (505, b"GET / HTTP/2.0\r\nHost: h\r\n\r\n"),
    (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n"),
], ids=["long target", "long header", "large head", "trace", "forwarded too often", "coding", "version", "tls"])
def test_refusals(status, data):
    with balanced(names=("w1",)) as (lb, webs):
        back = raw(lb, data, timeout=2)
        assert back.startswith(b"HTTP/1.1 %d " % status), back[:200]
        assert b"Server: awselb/2.0\r\n" in back
        assert webs[0].count("POST /echo") == 0


def test_silent_clients_get_408_and_leavers_cost_nothing():
    with balanced("--idle-timeout-ms", "300", names=("w1",)) as (lb, webs):
        assert raw(lb, b"") == b""
        assert raw(lb, b"GET / HTTP/1.1\r\nHo").startswith(b"HTTP/1.1 408 ")
        assert raw(lb, POST + b"Content-Length: 9\r\n\r\nabc").startswith(b"HTTP/1.1 408 ")
    log = "--access-log"
    with balanced(log, "/dev/stderr", names=("w1",)) as (lb, webs):
        with socket.create_connection((lb.address, lb.port)) as conn:
            conn.sendall(b"GET /slow?ms=5000 HTTP/1.1\r\nHost: h\r\n\r\n")
            wait_for(lambda: webs[0].count("GET /slow") == 1, "the target works on it")
        wait_for(lambda: " 460 - " in lb.log(), "460 in the access log")


# --- life ---

def test_sigterm_lets_requests_finish():
    with balanced(names=("w1",)) as (lb, webs):
        result = {}
        thread = threading.Thread(target=lambda: result.update(response=httpx.get(f"{lb.url}/slow?ms=600")))
        thread.start()
        wait_for(lambda: webs[0].count("GET /slow") == 1, "the target works on it")
        lb.terminate()
        thread.join()
        assert result["response"].status_code == 200
        assert result["response"].headers["connection"] == "close"


def test_nodes_share_an_inherited_socket_and_survive_each_other():
    with socket.create_server(("127.0.0.1", 0), backlog=512) as shop, ExitStack() as stack:
        shop.setblocking(False)
        url = "http://127.0.0.1:%d" % shop.getsockname()[1]
        lb, webs = stack.enter_context(balanced(listen={"shop": shop}))
        targets = ",".join(web.address for web in webs)
        other = Daemon("lb", "--port", "0", "--target", targets, listen={"shop": shop})
        stack.enter_context(other)
        wait_for(lambda: other.log().count("is healthy") == 2, "the other node is up")
        assert {httpx.get(f"{url}/whoami").status_code for _ in range(20)} == {200}
        other.kill()
        assert {httpx.get(f"{url}/whoami").status_code for _ in range(20)} == {200}


@pytest.mark.parametrize("flag, value", [("--target", "nowhere"), ("--bug", "x"), ("--idle-timeout-ms", "soon")])
def test_bad_flags_are_named(flag, value):
    code, text = run_to_end("lb", "--port", "0", flag, value)
    assert code == 254 and flag in text
