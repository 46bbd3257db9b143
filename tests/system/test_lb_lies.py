"""Clients and targets that lie about where their messages end, drawn by a seed: whatever they send, no
request of a body's making reaches a target, and no answer reaches somebody else."""
import random
import re
import socket

import pytest

from test_lb_edges import Target, before, lines

ROUNDS = 120
EVIL = b"POST /smuggled HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"


class Reader(Target):
    """Reads bodies as strictly as the balancer promises to frame them, and counts what it cannot read."""

    def __init__(self, answer):
        self.unreadable = []
        super().__init__(answer)

    def serve(self, conn):
        stream = conn.makefile("rb")
        try:
            while head := self.head_of(stream):
                if b"ELB-HealthChecker" in head:
                    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    continue
                self.heads.append(head)
                self.skip_body(stream, lines(head))
                if self.answer(self, conn, head) == "close":
                    return
        except (OSError, ValueError):
            pass
        finally:
            conn.close()

    def head_of(self, stream):
        head = b""
        while line := stream.readline():
            head += line
            if line == b"\r\n":
                return head[:-4]
        if head:
            self.unreadable.append(head)
        return b""

    def skip_body(self, stream, fields):
        if "chunked" in fields.get("transfer-encoding", ""):
            while size := int(stream.readline(), 16):
                stream.read(size + 2)
            stream.readline()
        else:
            stream.read(int(fields.get("content-length", 0)))


def plain_answer(target, conn, head):
    path = head.split(b" ")[1]
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(path) + path)


def lying_request(dice, number):
    method = dice.choice([b"GET", b"POST", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"PATCH"])
    framing = [b"Content-Length: %d" % dice.choice([0, 1, len(EVIL), len(EVIL) + 5]),
               b"Transfer-Encoding: chunked", b"Transfer_Encoding: chunked", b"Content_Length: 3",
               b"Content-Length : 4", b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding : chunked",
               b"Transfer-Encoding:\x0bchunked", b"Content-Length: +5", b"Content-Length: 5, 5",
               b"Connection: Content-Length", b"Connection: Transfer-Encoding, Host", b"Expect: 100-continue",
               b"X: a\nTransfer-Encoding: chunked", b" Content-Length: 7", b"Content-Length: 0x10"]
    fields = [b"Host: h"] + dice.sample(framing, dice.randint(0, 3))
    dice.shuffle(fields)
    body = dice.choice([b"", EVIL, b"0\r\n\r\n" + EVIL, b"%x\r\n" % len(EVIL) + EVIL + b"\r\n0\r\n\r\n",
                        b"%x;a=\r\n" % len(EVIL) + EVIL + b"\r\n0\r\nX: y\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"])
    version = dice.choice([b"1.1", b"1.1", b"1.1", b"1.0"])
    return method + b" /r%d HTTP/" % number + version + b"\r\n" + b"\r\n".join(fields) + b"\r\n\r\n" + body


def answer_to(lb, data, seconds=0.5):
    back = b""
    with socket.create_connection((lb.address, lb.port), timeout=seconds) as conn:
        try:
            conn.sendall(data)
            while piece := conn.recv(65536):
                back += piece
                if re.search(rb"\r\n\r\n", back) and b"100 Continue" not in back:
                    conn.settimeout(0.05)
        except (TimeoutError, ConnectionResetError, BrokenPipeError):
            pass
    return back


@pytest.mark.parametrize("seed", [1, 2])
def test_no_body_becomes_a_request(seed):
    dice = random.Random(seed)
    target = Reader(plain_answer)
    with before(target, "--idle-timeout-ms", "2000") as (lb, _):
        for number in range(ROUNDS):
            sent = lying_request(dice, number)
            framed_twice = EVIL in sent and re.search(rb"HTTP/1.[01]\r\n(?s:.)*\r\n\r\n" + re.escape(EVIL) + rb"$", sent)
            known = len(target.heads)
            back = answer_to(lb, sent)
            for head in target.heads[known:]:
                fields = [line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:]]
                assert fields.count(b"host") == 1, (seed, number, sent, head)
                assert fields.count(b"content-length") + fields.count(b"transfer-encoding") <= 1, (seed, number, head)
                # What follows a message that is over is a request of its own (a pipeline), and the client gets
                # its answer; what a message says is its body never is.
                if head.startswith(b"POST /smuggled"):
                    assert framed_twice and back.count(b"HTTP/1.1 200") >= 1, (seed, number, sent)
            after = answer_to(lb, b"GET /after%d HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" % number)
            assert after.endswith(b"\r\n\r\n/after%d" % number), (seed, number, sent, after)
        assert not target.unreadable, (seed, target.unreadable)
    target.close()


def lying_answer(dice, mark):
    body = b"<" + mark + b">"
    framing = [b"Content-Length: %d" % dice.choice([len(body), len(body) - 2, len(body) + 3, 0]),
               b"Transfer-Encoding: chunked", b"Content-Length: 3\r\nContent-Length: 9", b"Connection: close",
               b"Connection: Set-Cookie, keep-alive", b"Transfer-Encoding : chunked", b"X: a\x00b", b"X: " + b"y" * 9000]
    status = dice.choice([b"200 OK", b"200 OK", b"204 No Content", b"304 Not Modified", b"500 No", b"999 Odd", b"101 Up",
                          b"103 Early\r\n\r\nHTTP/1.1 200 OK"])
    head = b"HTTP/1.1 " + status + b"\r\n" + b"\r\n".join(dice.sample(framing, dice.randint(0, 2)))
    extra = dice.choice([b"", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<smuggle>", b"garbage"])
    wire = dice.choice([body, b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n", b"ffffffffffffffff\r\n" + body, b""])
    return head.rstrip(b"\r\n") + b"\r\n\r\n" + wire + extra


@pytest.mark.parametrize("seed", [1, 2])
def test_no_answer_reaches_somebody_else(seed):
    dice = random.Random(seed)

    def lie(target, conn, head):
        mark = head.split(b" ")[1][1:]
        if mark.startswith(b"after"):
            return plain_answer(target, conn, head)
        conn.sendall(lying_answer(dice, mark))
        return dice.choice(["close", "stay", "stay"])

    target = Reader(lie)
    with before(target, "--idle-timeout-ms", "300") as (lb, _):
        for number in range(ROUNDS):
            method = dice.choice([b"GET", b"GET", b"HEAD", b"POST"])
            body = b"Content-Length: 0\r\n" if method == b"POST" else b""
            back = answer_to(lb, method + b" /m%d HTTP/1.1\r\nHost: h\r\n" % number + body + b"\r\n", seconds=1.5)
            for mark in re.findall(rb"<(m\d+)>", back):
                assert mark == b"m%d" % number, (seed, number, back)
            after = answer_to(lb, b"POST /after%d HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                              % number, seconds=3)
            good = after.endswith(b"\r\n\r\n/after%d" % number) or after.startswith(b"HTTP/1.1 50")
            assert good and b"smuggle" not in after and b"<" + b"m" not in after, (seed, number, after)
    target.close()
