"""What is not quite HTTP/1.1, from clients and from targets: what has one meaning is served in it, the rest
is refused, and no second request or answer is ever made of it. Each input is one of a kind; the parsers'
own tables are in tests/unit/base/wire/http_lenient_test.cc."""
import pytest

from daemon import wait_for
from test_lb import raw
from test_lb_edges import Target, before
from test_lb_lies import Reader

NEXT = b"GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\nHost: h\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


def ok(target, conn, head):
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def statuses(back):
    return [int(part[2:5]) for part in back.split(b"HTTP/1.")[1:]]


# (bytes of the client, statuses it gets with a further request behind them, that reaches the target)
REQUESTS = {
    "FOO": (b"FOO /m HTTP/1.1\r\nHost: h\r\n\r\n", [200, 200], b"FOO /m HTTP/1.1"),
    "QUERY with a body": (b"QUERY /m HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab", [200, 200], b"QUERY /m HTTP/1.1"),
    "100 x G": (b"G" * 100 + b" / HTTP/1.1\r\nHost: h\r\n\r\n", [200, 200], b"G" * 100 + b" / HTTP/1.1"),
    "no token": (b"B(EW / HTTP/1.1\r\nHost: h\r\n\r\n", [400], None),
    "control byte": (b"GET /v HTTP/1.1\r\nHost: h\r\nX: a\x1bb\r\n\r\n", [200, 200], b"GET /v HTTP/1.1"),
    "version 1.2": (b"GET /v HTTP/1.2\r\nHost: h\r\n\r\n", [200, 200], b"GET /v HTTP/1.1"),
    "space": (b"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", [200, 200], b"GET /a%20b HTTP/1.1"),
    "UTF-8": ("GET /ä HTTP/1.1\r\nHost: h\r\n\r\n".encode(), [200, 200], b"GET /%C3%A4 HTTP/1.1"),
    "empty lines first": (b"\r\n\r\n\r\nGET /v HTTP/1.1\r\nHost: h\r\n\r\n", [200, 200], b"GET /v HTTP/1.1"),
    "LF": (b"GET /v HTTP/1.1\nHost: h\n\n", [200], b"GET /v HTTP/1.1"),
    "LF before a coding": (POST + b"X: y\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", [200], b"POST /x HTTP/1.1"),
    "both framings": (POST + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", [200], b"POST /x HTTP/1.1"),
    "a length twice": (POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", [200], b"POST /x HTTP/1.1"),
    "space before colon": (POST + b"Content-Length : 2\r\n\r\n", [200], b"POST /x HTTP/1.1"),
    "identity": (POST + b"Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nab", [200], b"POST /x HTTP/1.1"),
    "underscore": (POST + b"Content_Length: 5\r\n\r\n", [200], b"POST /x HTTP/1.1"),
    "chunk size with blanks": (CHUNKED + b"2 \t\r\nab\r\n0\r\n\r\n", [200], b"POST /x HTTP/1.1"),
    "chunk lines in LF": (CHUNKED + b"2\nab\n0\n\n", [200], b"POST /x HTTP/1.1"),
    "zeros": (CHUNKED + b"0" * 40 + b"2\r\nab\r\n0\r\n\r\n", [200], b"POST /x HTTP/1.1"),
    "long extension": (CHUNKED + b"2;" + b"a" * 300 + b"\r\nab\r\n0\r\n\r\n", [200], b"POST /x HTTP/1.1"),
    "folded trailer": (CHUNKED + b"2\r\nab\r\n0\r\nA: b\r\n c\r\n\r\n", [200], b"POST /x HTTP/1.1"),
    "different lengths": (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nab", [400], None),
    "bare CR": (b"GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", [400], None),
    "HTTP/0.9": (b"GET /old\r\n", [505], None),
    "another coding": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", [501], None),
    "FTP": (b"GET ftp://h/a HTTP/1.1\r\nHost: h\r\n\r\n", [400], None),
}


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_request_is_read_in_its_one_meaning_or_refused(kind):
    data, wanted, line = REQUESTS[kind]
    with before(Reader(ok)) as (lb, target):
        assert statuses(raw(lb, data + NEXT)) == wanted
        seen = [head.split(b"\r\n")[0] for head in target.heads]
        expected = [] if line is None else [line]
        assert seen == expected + ([b"GET /next HTTP/1.1"] if len(wanted) == 2 else [])
        assert target.unreadable == [], "the target reads strictly what the balancer writes"
        assert statuses(raw(lb, NEXT)) == [200], "nobody else notices"


# bytes of the target -> what the client gets: status and body
ANSWERS = {
    "both framings": (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200),
    "a length twice": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", 200),
    "chunks in 1.0": (b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200),
    "HTTP/1.2": (b"HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok", 200),
    "HTTP/2.0": (b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200),
    "LF, as from CGI": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200),
    "one LF": (b"HTTP/1.1 200 OK\r\nX: y\nContent-Length: 2\r\n\r\nok", 200),
    "chunk size with blanks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2   \r\nok\r\n0\r\n\r\n", 200),
    "chunk size with zeros": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 19 + b"2\r\nok\r\n0\r\n\r\n", 200),
    "chunk lines in LF": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\n0\n\n", 200),
    "control bytes": (b"HTTP/1.1 200 OK\r\nX: a\x01b\x7f\r\nContent-Length: 2\r\n\r\nok", 200),
    "different lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", 502),
    "a status below 100": (b"HTTP/1.1 099 X\r\nContent-Length: 2\r\n\r\nok", 502),
    "no HTTP": (b"ICY 200 OK\r\n\r\nok", 502),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_with_one_meaning_is_passed_on_in_it(kind):
    data, status = ANSWERS[kind]

    def odd_then_ok(target, conn, head):
        if b"/odd" not in head:
            return ok(target, conn, head)
        conn.sendall(data)
    with before(odd_then_ok) as (lb, _):
        back = raw(lb, b"GET /odd HTTP/1.1\r\nHost: h\r\n\r\n" + NEXT)
        assert statuses(back) == [status, 200], back
        if status == 200:
            first = back.split(b"HTTP/1.1 200", 2)[1]
            assert b"ok" in first and b"\n" not in first.replace(b"\r\n", b""), "what the client gets is clean"


def test_early_hints_pass_and_a_switch_without_question_does_not():
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"

    def early(target, conn, head):
        conn.sendall(hints + hints)
        ok(target, conn, head)
    with before(early) as (lb, _):
        back = raw(lb, NEXT)
        assert statuses(back) == [103, 103, 200] and back.count(b"Link: </a.css>; rel=preload\r\n") == 2
        assert statuses(raw(lb, b"GET / HTTP/1.0\r\n\r\n")) == [200], "HTTP/1.0 knows no interim answers"


def test_a_put_is_sent_again_when_the_kept_connection_had_ended():
    """The target ends the connection exactly when the second request comes, as a keep-alive time-out does."""
    def once(target, conn, head):
        if head.startswith(b"PUT") and not getattr(target, "refused", False):
            target.refused = True
            return "close"
        ok(target, conn, head)
    with before(Target(once)) as (lb, target):
        back = raw(lb, b"GET /warm HTTP/1.1\r\nHost: h\r\n\r\n"
                       b"PUT /second HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        assert statuses(back) == [200, 200]
        assert back.count(b"X-Resent: 1\r\n") == 1, "the answer says that the first may have been executed"
        assert [head.split()[0] for head in target.heads] == [b"GET", b"PUT", b"PUT"]


def test_without_retries_nothing_is_sent_again_and_no_other_target_asked():
    """As with an Application Load Balancer, whose client sees each failure of a target."""
    def dies_when_told(target, conn, head):
        return "close" if b"/second" in head else ok(target, conn, head)
    with before(dies_when_told, "--retries", "off") as (lb, target):
        back = raw(lb, b"GET /warm HTTP/1.1\r\nHost: h\r\n\r\nGET /second HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        assert statuses(back) == [200, 502] and len(target.heads) == 2
        target.close()
        wait_for(lambda: "is unhealthy" in lb.log(), "the target is gone")
        assert statuses(raw(lb, NEXT)) == [502]


def test_a_post_is_not_and_neither_is_a_put_too_large_to_be_kept():
    def never(target, conn, head):
        return "close" if b"/second" in head else ok(target, conn, head)
    big = 200_000
    with before(Target(never)) as (lb, target):
        for method, size in ((b"POST", 5), (b"PUT", big)):
            back = raw(lb, b"GET /warm HTTP/1.1\r\nHost: h\r\n\r\n" + method
                       + b" /second HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % size + b"x" * size)
            assert statuses(back) == [200, 502], method
        assert [head.split()[0] for head in target.heads] == [b"GET", b"POST", b"GET", b"PUT"]


def test_the_log_says_what_was_odd(tmp_path):
    log = tmp_path / "access.log"
    with before(ok, "--access-log", str(log)) as (lb, _):
        for data in (REQUESTS["both framings"][0], REQUESTS["version 1.2"][0] + NEXT, REQUESTS["bare CR"][0]):
            raw(lb, data)
        wait_for(lambda: log.read_text().count("\n") == 4, "all lines are written")
    lines = log.read_text().splitlines()
    assert lines[0].endswith('"Ambiguous" "BothTeClPresent"')
    assert lines[1].endswith('"Acceptable" "NonCompliantVersion"')
    assert lines[2].endswith('"-" "-"')
    assert lines[3].endswith('"Severe" "-"') and f'"- http://127.0.0.1:{lb.port}- -"' in lines[3]
