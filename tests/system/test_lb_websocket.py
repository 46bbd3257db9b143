"""WebSockets through the balancer (RFC 6455): bytes both ways, each end's way to end, the idle time-out,
draining, the log line. The target is raw sockets, so that frames are only bytes here; socket.io runs in
test_lb_apps.py."""
import socket
import time

import pytest

from daemon import wait_for
from test_lb_edges import Target, before

KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
ASK = b"GET /ws HTTP/1.1\r\nHost: shop\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" + KEY + b"\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"


def echo(target, conn, head):
    """Sends every byte back; ends its side when the client does."""
    conn.sendall(SWITCH)
    while piece := conn.recv(65536):
        conn.sendall(piece)
    return "close"


def ask(lb, request=ASK):
    conn = socket.create_connection((lb.address, lb.port))
    conn.settimeout(20)
    conn.sendall(request)
    return conn


def read_head(conn):
    got = b""
    while b"\r\n\r\n" not in got:
        piece = conn.recv(1)
        assert piece, got
        got += piece
    return got


def read_bytes(conn, size):
    got = b""
    while len(got) < size:
        piece = conn.recv(1 << 20)
        assert piece, "ended after %d of %d bytes" % (len(got), size)
        got += piece
    return got


def opened(lb, request=ASK):
    conn = ask(lb, request)
    head = read_head(conn)
    assert head.startswith(b"HTTP/1.1 101 "), head
    return conn, head


def test_the_target_sees_the_question_and_both_see_all_bytes():
    with before(echo) as (lb, target):
        conn, head = opened(lb)
        assert b"\r\nUpgrade: websocket\r\n" in head and b"\r\nConnection: Upgrade\r\n" in head
        assert b"AWSALB=" in head, "a WebSocket is sticky like any request"
        asked = target.heads[0].lower()
        assert b"\r\nupgrade: websocket" in asked and b"\r\nconnection: upgrade" in asked
        assert b"sec-websocket-key: dghlihnhbxbszsbub25jzq==" in asked and b"x-forwarded-for: " in asked
        blob = bytes(range(256)) * 4096  # 1 MB with every byte: nothing is parsed
        for _ in range(3):
            conn.sendall(blob)
            assert read_bytes(conn, len(blob)) == blob
        conn.shutdown(socket.SHUT_WR)
        assert conn.recv(1) == b"", "the end of one side reaches the other, and its end comes back"


def test_frames_that_follow_the_question_at_once_are_not_a_request():
    with before(echo) as (lb, target):
        conn, _ = opened(lb, ASK + b"GET /smuggled HTTP/1.1\r\nHost: shop\r\n\r\n")
        assert read_bytes(conn, 20).startswith(b"GET /smuggled")
        assert len(target.heads) == 1


def test_a_client_that_ends_its_side_still_gets_what_comes():
    def late(target, conn, head):
        conn.sendall(SWITCH)
        while conn.recv(65536):
            pass
        time.sleep(0.5)
        conn.sendall(b"last words")
        return "close"
    with before(late) as (lb, _):
        conn, _ = opened(lb)
        conn.sendall(b"bye")
        conn.shutdown(socket.SHUT_WR)
        assert read_bytes(conn, 10) == b"last words"
        assert conn.recv(1) == b""


def test_a_reader_that_pauses_gets_every_byte_of_a_fast_sender():
    size = 8 << 20

    def pours(target, conn, head):
        conn.sendall(SWITCH + b"x" * size)
        return "close"
    with before(pours) as (lb, _):
        conn, _ = opened(lb)
        time.sleep(1)
        assert len(read_bytes(conn, size)) == size
        assert conn.recv(1) == b""


def test_silence_ends_it_any_byte_keeps_it():
    with before(echo, "--idle-timeout-ms", "600") as (lb, _):
        conn, _ = opened(lb)
        for _ in range(8):  # longer than the time-out in all
            time.sleep(0.2)
            conn.sendall(b".")
            assert conn.recv(1) == b"."
        began = time.monotonic()
        assert conn.recv(1) == b""
        assert time.monotonic() - began > 0.5


def ends_at_once(target, conn, head):
    conn.sendall(SWITCH)
    return "close"


def test_the_end_of_the_target_is_the_end_of_the_client():
    with before(ends_at_once) as (lb, _):
        conn, _ = opened(lb)
        assert conn.recv(1) == b""


REFUSALS = {
    "the target has no WebSocket": (ASK, b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", b" 404 "),
    "a switch that nobody asked for": (b"GET /ws HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n", SWITCH, b" 502 "),
    "h2c is not offered": (ASK.replace(b"websocket\r", b"h2c\r"), SWITCH.replace(b"websocket", b"h2c"), b" 502 "),
    "a switch to something else": (ASK, SWITCH.replace(b"websocket", b"h2c"), b" 502 "),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_without_a_switch_that_was_asked_for_there_is_no_tunnel(why):
    request, answer, status = REFUSALS[why]
    with before(lambda target, conn, head: conn.sendall(answer)) as (lb, _):
        conn = ask(lb, request)
        assert status in read_head(conn).split(b"\r\n")[0]


def test_the_log_line_comes_at_the_end_and_has_the_bytes(tmp_path):
    log = tmp_path / "access.log"
    with before(echo, "--access-log", str(log)) as (lb, _):
        conn, head = opened(lb)
        conn.sendall(b"x" * 1000)
        read_bytes(conn, 1000)
        assert log.read_text() == "", "an ALB logs a WebSocket when it is over"
        conn.close()
        wait_for(lambda: log.read_text() != "", "the line is written")
        fields = log.read_text().split()
        assert fields[0] == "ws" and fields[8:10] == ["101", "101"]
        assert fields[10:12] == ["1000", str(1000 + len(head))]


def test_a_balancer_that_drains_lets_it_go_on_and_ends_at_its_limit():
    target = Target(echo)
    with before(target) as (lb, _):
        conn, _ = opened(lb)
        lb.terminate()
        for _ in range(10):
            time.sleep(0.1)
            conn.sendall(b".")
            assert conn.recv(1) == b".", "a drain of 5 s has begun, not ended"
        began = time.monotonic()
        try:
            assert conn.recv(1) == b""
        except ConnectionResetError:
            pass
        assert 1.5 < time.monotonic() - began < 10


def test_many_at_once():
    with before(echo) as (lb, _):
        conns = [opened(lb)[0] for _ in range(200)]
        for i, conn in enumerate(conns):
            conn.sendall(b"%06d" % i)
        for i, conn in enumerate(conns):
            assert read_bytes(conn, 6) == b"%06d" % i
            conn.close()
