"""A crowd of idle clients and few descriptors: each daemon stays healthy, and says to newcomers that it is
full or serves them."""
import resource
import socket
import time
from contextlib import ExitStack, contextmanager

import httpx
import pytest

import daemon as daemon_module
from daemon import Daemon, wait_for
from test_lb import Web

LIMIT = 256
CROWD = 400


@contextmanager
def few_descriptors(limit=LIMIT):
    """What is started within gets both limits, as under `ulimit -n`."""
    plain = daemon_module.die_with_parent

    def limited():
        plain()
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    daemon_module.die_with_parent = limited
    try:
        yield
    finally:
        daemon_module.die_with_parent = plain


@contextmanager
def crowd(server, size=CROWD):
    """Clients that connect and say nothing."""
    with ExitStack() as stack:
        for _ in range(size):
            conn = socket.socket()
            stack.callback(conn.close)
            conn.settimeout(10)
            conn.connect((server.address, server.port))
        yield


def asked(server, question, seconds=3):
    """All that comes back, "reset" or "silence"."""
    back = b""
    with socket.socket() as conn:
        conn.settimeout(seconds)
        try:
            conn.connect((server.address, server.port))
            conn.sendall(question)
            while piece := conn.recv(65536):
                back += piece
                if len(back) > 10:
                    break
        except TimeoutError:
            return back or b"silence"
        except OSError:
            return back or b"reset"
    return back


STARTUP = b"\0\x03\0\0user\0postgres\0database\0postgres\0\0"
API_ENV = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x", "AWS_SECRET_ACCESS_KEY": "s"}
GET = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
# daemon -> environment, question, beginnings of good answers: served, or told that it is full
DAEMONS = {
    "cachenode": ({}, b"PING\r\n", (b"+PONG", b"-ERR max number of clients reached")),
    "dbnode": ({}, (len(STARTUP) + 4).to_bytes(4, "big") + STARTUP, (b"R", b"E")),
    "awsapi": (API_ENV, GET, (b"HTTP/1.1 ",)),
    "dns": ({}, b"\0\x0c\0\1\0\0\0\0\0\0\0\0\0\0", (b"\0",)),
}


@pytest.mark.parametrize("name", DAEMONS)
def test_a_crowd_of_idle_clients_leaves_a_daemon_whole(name):
    env, question, good = DAEMONS[name]
    with few_descriptors(), Daemon(name, "--port", "0", env=env) as server:
        with crowd(server):
            answers = [asked(server, question) for _ in range(5)]
            assert server.running()
            closed = name == "dns"  # a name server has no words for it (RFC 7766: it closes)
            for answer in answers:
                assert answer.startswith(good) or (closed and answer in (b"", b"reset")), answer
            assert "too many open files" not in server.log().lower()
        wait_for(lambda: asked(server, question).startswith(good), "room again", seconds=20)


def test_a_balancer_with_few_descriptors_condemns_nobody():
    webs = [Web("w1"), Web("w2")]
    try:
        targets = ",".join(web.address for web in webs)
        with few_descriptors(), Daemon("lb", "--port", "0", "--target", targets) as lb:
            wait_for(lambda: lb.log().count("is healthy") == 2, "all targets are healthy")
            with crowd(lb):
                time.sleep(1.5)  # several rounds of checks
                for _ in range(5):
                    answer = asked(lb, GET)
                    assert answer.startswith(b"HTTP/1.1 200 "), answer  # an idle client was closed for it
            assert "unhealthy" not in lb.log() and "descriptors" not in lb.log()
            wait_for(lambda: httpx.get(f"{lb.url}/whoami").status_code == 200, "it serves again")
    finally:
        for web in webs:
            web.close()
