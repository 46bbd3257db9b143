"""What the balancer does at its edges: slow readers, targets that die, headers that would vanish, bodies
that are requests. The targets here are raw sockets, so that each byte is chosen."""
import socket
import struct
import threading
import time
from contextlib import contextmanager

import httpx
import pytest

from daemon import Daemon, wait_for
from test_lb import balanced, raw

SIZE = 6 << 20  # more than all buffers on the way hold


class Target:
    """A server that gives each request (head and body as they came) to `answer(target, conn, head)`."""

    def __init__(self, answer):
        self.answer = answer
        self.heads = []  # of requests that were no health checks
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(conn,), daemon=True).start()

    def serve(self, conn):
        got = b""
        try:
            while True:
                while b"\r\n\r\n" not in got:
                    piece = conn.recv(65536)
                    if not piece:
                        return
                    got += piece
                head, got = got.split(b"\r\n\r\n", 1)
                if b"ELB-HealthChecker" in head:
                    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    continue
                self.heads.append(head)
                if self.answer(self, conn, head) == "close":
                    return
        except OSError:
            pass
        finally:
            conn.close()

    def close(self):
        self.listener.close()


@contextmanager
def before(answer, *flags):
    """A balancer before one target, given as such or as what it answers."""
    target = answer if isinstance(answer, Target) else Target(answer)
    try:
        with Daemon("lb", "--port", "0", "--target", target.address, *flags) as lb:
            wait_for(lambda: "is healthy" in lb.log(), "the target is healthy")
            yield lb, target
    finally:
        target.close()


def sized(target, conn, head):
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE)
    conn.sendall(b"x" * SIZE)


def chunked(target, conn, head):
    conn.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(SIZE >> 16):
        conn.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
    conn.sendall(b"0\r\n\r\n")


def until_close(target, conn, head):
    conn.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    conn.sendall(b"x" * SIZE)
    return "close"


def dies(target, conn, head):
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    conn.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk)
    return "close"


class Reader:
    """A client with a small buffer that pauses near the end, so that bytes stay in the balancer."""

    def __init__(self, server, request):
        self.conn = socket.socket()
        self.conn.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        self.conn.settimeout(20)
        self.conn.connect((server.address, server.port))
        self.conn.sendall(request)
        self.head, self.body, self.reset = b"", 0, False

    def read(self, up_to, pause_s=0.0):
        """Reads until `up_to` bytes of the body are there, or the end; pauses after each piece."""
        while self.body < up_to:
            try:
                piece = self.conn.recv(65536)
            except ConnectionResetError:
                self.reset = True
                return self
            if not piece:
                return self
            if b"\r\n\r\n" not in self.head:
                self.head += piece
                if b"\r\n\r\n" not in self.head:
                    continue
                self.head, piece = self.head.split(b"\r\n\r\n", 1)
                self.head += b"\r\n\r\n"
            self.body += len(piece)
            time.sleep(pause_s)
        return self

    def finish(self):
        self.read(1 << 40)
        self.conn.close()
        return self


REQUESTS = {
    "HTTP/1.0": b"GET / HTTP/1.0\r\nHost: h\r\n\r\n",
    "close": b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
}


@pytest.mark.parametrize("answer", [sized, chunked, until_close], ids=lambda one: one.__name__)
@pytest.mark.parametrize("request_kind", REQUESTS)
def test_a_slow_reader_gets_every_byte(request_kind, answer):
    with before(answer) as (lb, _):
        reader = Reader(lb, REQUESTS[request_kind]).read(SIZE // 2)
        time.sleep(2.5)  # longer than a connection lingers: nothing is read, nothing may be lost
        reader.read(SIZE - (1 << 20)).read(SIZE - (1 << 19), pause_s=0.05).finish()
        assert not reader.reset
        assert reader.body >= SIZE, "an orderly end with bytes missing"
        if b"chunked" not in reader.head:
            assert reader.body == SIZE


def test_who_reads_nothing_is_reset_not_ended():
    with before(chunked, "--idle-timeout-ms", "400") as (lb, _):
        reader = Reader(lb, REQUESTS["HTTP/1.0"]).read(1)
        time.sleep(1.5)
        reader.finish()
        assert reader.reset and reader.body < SIZE


def test_a_balancer_that_is_told_to_end_gives_what_it_has_or_resets():
    with before(chunked) as (lb, _):
        reader = Reader(lb, REQUESTS["HTTP/1.0"]).read(1)
        lb.terminate()
        time.sleep(0.5)  # a drain closes idle connections in that time; this one is not idle
        reader.finish()
        assert reader.body == SIZE or reader.reset


@pytest.mark.parametrize("request_kind", REQUESTS)
def test_an_answer_that_its_target_did_not_finish_never_looks_whole(request_kind):
    with before(dies) as (lb, _):
        reader = Reader(lb, REQUESTS[request_kind]).finish()
        if b"chunked" in reader.head:
            return  # the last chunk is missing: read() of every client says so
        assert reader.reset, "without length and chunks only a reset says that it is not whole"


# --- headers ---

def echo_nothing(target, conn, head):
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Set-Cookie, Location, X-Hop\r\n"
                 b"Set-Cookie: sid=1\r\nLocation: /there\r\nX-Hop: 1\r\n\r\n")


def lines(head):
    out = {}
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        out[name.strip().lower().decode()] = value.strip().decode()
    return out


@pytest.mark.parametrize("named", ["Host", "host, COOKIE", "Content-Type, X-Forwarded-For, Authorization",
                                   "X-Forwarded-Proto, X-Amzn-Trace-Id, Accept, Content-Length"])
def test_connection_removes_nothing_that_is_for_the_other_end(named):
    with before(echo_nothing) as (lb, target):
        back = raw(lb, b"POST /x HTTP/1.1\r\nHost: shop\r\nCookie: sid=1\r\nContent-Type: a/b\r\nAccept: c/d\r\n"
                       b"X-Forwarded-For: 9.9.9.9\r\nAuthorization: Basic x\r\nX-Mine: 1\r\n"
                       b"Connection: close, X-Mine, " + named.encode() + b"\r\nContent-Length: 0\r\n\r\n")
        sent = lines(target.heads[0])
        expected = {"host": f"shop:{lb.port}", "cookie": "sid=1", "content-type": "a/b", "accept": "c/d",
                    "x-forwarded-for": "9.9.9.9, 127.0.0.1", "authorization": "Basic x",
                    "x-forwarded-proto": "http", "content-length": "0"}
        assert {name: sent.get(name) for name in expected} == expected
        assert "x-mine" not in sent and sent["x-amzn-trace-id"].startswith("Root=")
        got = lines(back.split(b"\r\n\r\n")[0])
        assert got["set-cookie"] and got["location"] == "/there" and "x-hop" not in got


# --- bodies that are requests ---

EVIL = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nsmuggled"


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"DELETE"])
@pytest.mark.parametrize("framing", ["length", "chunked", "underscore"])
def test_a_body_that_a_target_does_not_read_is_nobodys_request(method, framing):
    """The web server of these tests does not read bodies of such methods, as many do not."""
    length = b"Content-Length: %d\r\n\r\n" % len(EVIL)
    frames = {"length": length + EVIL,
              "chunked": b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(EVIL) + EVIL + b"\r\n0\r\n\r\n",
              "underscore": b"Transfer_Encoding: chunked\r\n" + length + EVIL}
    with balanced(names=("w1",)) as (lb, webs):
        for _ in range(5):
            back = raw(lb, method + b" /whoami HTTP/1.1\r\nHost: h\r\n" + frames[framing], timeout=2)
            assert back.startswith(b"HTTP/1.1 200 ") and back.count(b"HTTP/1.1 ") == 1
            assert b"Connection: close" in back
            assert httpx.get(f"{lb.url}/whoami").json() == {"name": "w1"}
        assert webs[0].count("POST /echo") == 0


# --- HTTP/1.0 ---

def one_answer(conn):
    got = b""
    while b"\r\n\r\n" not in got:
        got += conn.recv(65536)
    head, body = got.split(b"\r\n\r\n", 1)
    while len(body) < int(lines(head).get("content-length", 0)):
        body += conn.recv(65536)
    return lines(head), body


def test_an_old_client_that_asks_to_stay_is_told_that_it_may():
    request = b"GET /whoami HTTP/1.0\r\nHost: h\r\nConnection: Keep-Alive\r\n\r\n"
    with balanced(names=("w1",)) as (lb, _):
        with socket.create_connection((lb.address, lb.port), timeout=5) as conn:
            for _ in range(3):
                conn.sendall(request)
                head, _ = one_answer(conn)
                assert head["connection"].lower() == "keep-alive"
        assert b"onnection: close" in raw(lb, request.replace(b"Keep-Alive", b"close"))
        assert b"onnection: close" in raw(lb, b"GET /whoami HTTP/1.0\r\n\r\n")
    with before(chunked) as (lb, _):  # without a length the connection cannot stay
        assert b"onnection: close" in raw(lb, request)


# --- health ---

def test_a_big_health_answer_is_a_healthy_one():
    class Big(Target):
        def serve(self, conn):
            try:
                conn.recv(65536)
                conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + b"x" * 3_000_000)
            except OSError:
                pass
            conn.close()

    target = Big(None)
    with Daemon("lb", "--port", "0", "--target", target.address) as lb:
        wait_for(lambda: "is healthy" in lb.log(), "the target is healthy")
        time.sleep(1)
        assert "unhealthy" not in lb.log()
    target.close()


def test_a_head_that_never_ends_counts_and_is_logged():
    flags = ("--idle-timeout-ms", "300", "--access-log", "/dev/stderr")
    with balanced(*flags, names=("w1",)) as (lb, _):
        assert raw(lb, b"GET / HTTP/1.1\r\nHost: h").startswith(b"HTTP/1.1 408 ")
        assert raw(lb, b"") == b""  # said nothing: nothing to log
        wait_for(lambda: " 408 - " in lb.log(), "408 in the access log")
        assert lb.log().count(" 408 - ") == 1


def test_a_peer_that_resets_costs_only_itself():
    with balanced(names=("w1",)) as (lb, _):
        for _ in range(20):
            conn = socket.create_connection((lb.address, lb.port))
            conn.sendall(b"GET /bytes?n=3000000 HTTP/1.1\r\nHost: h\r\n\r\n")
            conn.recv(10)
            conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            conn.close()
        assert httpx.get(f"{lb.url}/whoami").status_code == 200
