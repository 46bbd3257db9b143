"""webnode when another tier goes, when it starts badly, and when it stops."""
import concurrent.futures
import json
import secrets
import signal
import socket
import threading
import time

import httpx
import pytest

from daemon import Daemon, run_to_end
from shop_tiers import CACHE_PASSWORD, Link, wait_for
from web_shop import ENV, KINDS, Shop, Shopper, error_code, shop  # noqa: F401 (a fixture)

pytestmark = pytest.mark.alone


# --- when a tier goes

def test_a_cache_that_hangs_costs_latency_not_errors(shop):
    shopper = Shopper(shop)
    shopper.add("a")
    shop.cache_link.hang()
    begin = time.monotonic()
    answer = shopper.add("b", op="kept")
    took = time.monotonic() - begin
    assert answer.status_code == 201, answer.text
    assert 0.5 < took < 2.5
    assert set(shopper.cart()) == {"a", "b"}
    shop.heal()


def test_a_lost_answer_of_the_cache_is_asked_again(shop):
    shopper = Shopper(shop)
    shopper.add("a")
    shop.cache_link.swallow_answer_with(b"QUEUED")
    answer = shopper.add("b", qty=4, op="o")
    assert answer.status_code == 201 and shop.cache_link.answers_swallowed > 0
    assert shopper.cart()["b"]["qty"] == 4
    shop.heal()


def test_a_dead_cache_is_a_clear_503_and_browsing_goes_on(shop):
    shopper = Shopper(shop)
    shopper.add("a")
    shop.cache_link.refuse()
    try:
        answer = shopper.put("/api/cart/lines/a", json={"qty": 9})
        assert (answer.status_code, error_code(answer)) == (503, "unavailable")
        assert answer.headers["X-Not-Executed"] == "1" and answer.headers["Retry-After"] == "1"
        page = shopper.get("/cart")
        assert page.status_code == 503 and "Your cart is safe." in page.text
        begin = time.monotonic()
        assert shopper.get("/").status_code == 200 and shopper.get("/product/3").status_code == 200
        assert time.monotonic() - begin < 1
        health = shopper.get("/health")
        assert health.status_code == 200 and health.json()["dependencies"]["cache"] == "down"
    finally:
        shop.cache_link.accept()
    shop.heal()
    assert shopper.cart()["a"]["qty"] == 1


def test_a_cache_that_comes_back_within_the_request_is_not_noticed(shop):
    shopper = Shopper(shop)
    shopper.add("a")
    shop.cache_link.refuse()
    back = threading.Timer(0.7, shop.cache_link.accept)
    back.start()
    assert shopper.add("b").status_code == 201
    back.join()
    shop.heal()


def test_a_lost_answer_to_a_checkout_is_one_order(shop):
    shopper = Shopper(shop).sign_up()
    shopper.add("a")
    key = secrets.token_hex(8)
    shop.db_link.swallow_answer_with(b"COMMIT")
    answer = shopper.check_out(key)
    assert shop.db_link.answers_swallowed > 0
    assert answer.status_code in (200, 201), answer.text
    assert [o["order"] for o in shopper.orders()] == [answer.json()["order"]]
    assert shopper.cart() == {}
    shop.heal()


def test_a_database_that_hangs_costs_latency_not_errors(shop):
    shopper = Shopper(shop).sign_up()
    shopper.add("a")
    shop.db_link.hang()
    answer = shopper.check_out()
    assert answer.status_code == 201, answer.text
    assert len(shopper.orders()) == 1
    shop.heal()


def test_a_dead_database_is_a_clear_503(shop):
    shopper = Shopper(shop).sign_up()
    shopper.add("a")
    shop.db_link.refuse()
    try:
        answer = shopper.check_out()
        assert (answer.status_code, answer.headers["X-Not-Executed"]) == (503, "1")
        assert shopper.cart().keys() == {"a"}, "the cart needs no database"
        assert shopper.put("/api/cart/lines/a", json={"qty": 2}).status_code == 200
        assert shopper.get("/health").status_code == 200
    finally:
        shop.db_link.accept()
    shop.heal()
    assert shopper.check_out().status_code == 201


def test_browsing_survives_the_loss_of_replica_or_primary(shop):
    replica = Link(shop.db_port)
    web = shop.start_web("web-a2", DATABASE_REPLICA_URL=f"postgresql://shop@127.0.0.1:{replica.port}/shop")
    browse = lambda: httpx.get(web.url + "/api/products/5", timeout=10)
    try:
        assert browse().status_code == 200
        replica.hang()
        begin = time.monotonic()
        assert browse().status_code == 200 and time.monotonic() - begin < 0.9
        replica.refuse()
        assert browse().status_code == 200
        replica.accept()
        wait_for(lambda: httpx.get(web.url + "/health").json()["dependencies"]["replica"] == "up")
        shop.db_link.refuse()
        assert browse().status_code == 200
    finally:
        shop.db_link.accept()
        shop.stop_web(web)
        replica.close()
    shop.heal()


def metrics(web):
    lines = httpx.get(web.url + "/metrics").text.splitlines()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}


def test_a_database_that_stays_away_is_not_waited_for(shop):
    shopper = Shopper(shop).sign_up()
    shopper.add("a")
    shop.db_link.refuse()
    try:
        def took():
            begin = time.monotonic()
            assert shopper.check_out().status_code == 503
            return time.monotonic() - begin

        assert took() > 2, "a failover would have been ridden out"
        wait_for(lambda: metrics(shop.web)["webnode_database_circuit_open"] == 1, 10, "the open circuit")
        waits = sorted(took() for _ in range(8))
        assert waits[4] < 0.3, "the circuit is open: most fail at once"
        assert metrics(shop.web)["webnode_db_refused_total"] > 0
    finally:
        shop.db_link.accept()
    shop.heal()
    wait_for(lambda: shopper.check_out().status_code == 201, 5, "an order again")
    assert metrics(shop.web)["webnode_database_circuit_open"] == 0


def test_who_wrote_reads_what_was_written(shop):
    """A replica that is behind (here: one that never follows) must not hide an order from who placed it."""
    stale = Daemon("dbnode", "--id", "db-old", "--port", 0, env=ENV, log=shop.folder / "old.log")
    old_url = f"postgresql://shop@127.0.0.1:{stale.port}/shop"
    maker = shop.start_web("web-x1", DATABASE_URL=old_url)  # makes its tables
    web = shop.start_web("web-c2", DATABASE_REPLICA_URL=old_url)
    fresh = shop.start_web("web-c3", DATABASE_REPLICA_URL=f"postgresql://shop@127.0.0.1:{shop.db_port}/shop")
    try:
        wait_for(lambda: httpx.get(web.url + "/health").json()["dependencies"].get("replica") == "up")
        shopper = Shopper(shop, web).sign_up()
        shopper.add("a")
        order = shopper.check_out().json()["order"]
        assert [one["order"] for one in shopper.orders()] == [order]
        assert shopper.get(f"/api/orders/{order}").status_code == 200
        assert shopper.get(f"/orders/{order}").status_code == 200
        seen = metrics(web)
        assert seen["webnode_replica_behind_total"] >= 3 and seen["webnode_replica_reads_total"] == 0
        del shopper.cookies["wrote"]
        assert shopper.orders() == [], "without it the replica is believed: the cookie is what helps"
        shopper.cookies.set("wrote", "nonsense")
        assert len(shopper.orders()) == 1, "what is no number counts as just now"
        if shop.dbnode:  # here the replica is the primary itself, so it has everything
            other = Shopper(shop, fresh).sign_up()
            other.add("b")
            other.check_out()
            assert len(other.orders()) == 1 and metrics(fresh)["webnode_replica_reads_total"] >= 1
    finally:
        for one in (maker, web, fresh):
            shop.stop_web(one)
        stale.stop()


def test_requests_are_counted_and_logged(shop):
    web = shop.start_web("web-l1", ACCESS_LOG="all")
    try:
        client = httpx.Client(base_url=web.url, headers={"X-Forwarded-For": "203.0.113.9", "X-Amzn-Trace-Id": "Root=1-a"})
        client.get("/product/7", params={"q": "private"})
        client.get("/no/such/page")
        client.post("/api/login", json={"email": "a@b.cd", "password": "secret password"})
        seen = metrics(web)
        assert seen['webnode_http_requests_total{method="GET",route="/product/:id",status="200"}'] == 1
        assert seen['webnode_http_requests_total{method="other",route="other",status="404"}'] == 1
        assert seen['webnode_request_seconds_bucket{method="GET",route="/product/:id",le="+Inf"}'] == 1
        assert seen['webnode_request_seconds_count{method="POST",route="/api/login"}'] == 1
        assert seen["webnode_cache_up"] == 1 and seen["webnode_requests_total"] >= 3
        wait_for(lambda: "/api/login" in web.log(), 10, "the log")
        lines = [json.loads(line) for line in web.log().splitlines() if '"route"' in line]
        page = next(line for line in lines if line["path"] == "/product/7")
        assert (page["status"], page["route"], page["client"], page["trace"], page["instance"]) == \
            (200, "/product/:id", "203.0.113.9", "Root=1-a", "web-l1")
        assert page["bytes"] > 1000 and page["ms"] > 0
        assert "private" not in web.log() and "secret password" not in web.log()
    finally:
        shop.stop_web(web)


# --- life

def test_all_instances_share_sessions_and_carts(shop):
    web = shop.start_web("web-b1")
    shopper = Shopper(shop).sign_up()
    shopper.add("a")
    elsewhere = Shopper(shop, web)
    elsewhere.cookies.set("sid", shopper.cookies["sid"])
    assert set(elsewhere.cart()) == {"a"} and elsewhere.get("/api/me").status_code == 200
    shop.stop_web(web)


def test_a_drain_finishes_what_is_in_flight(shop):
    web = shop.start_web("web-a3")
    shopper = Shopper(shop, web)
    shopper.add("a")
    shop.cache_link.hang()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(shopper.add, "b", size=shopper.get("/api/products/7").json()["sizes"][0])
        time.sleep(0.2)  # it is in flight now, and will be until the hung connection is given up
        web.process.send_signal(signal.SIGTERM)
        answer = slow.result()
    assert answer.status_code == 201 and answer.headers.get("Connection") == "close"
    shop.webs.remove(web)
    assert web.process.wait(10) == 0
    web.kill()
    shop.heal()


def test_bad_starts_say_what_is_wrong(shop):
    urls = {"CACHE_URL": "redis://127.0.0.1:1", "DATABASE_URL": "postgresql://127.0.0.1:1/x"}
    taken = run_to_end("webnode", "--id", "w", "--port", shop.web.port, env={**ENV, **urls})
    assert taken[0] != 0 and "address already in use" in taken[1] and str(shop.web.port) in taken[1]
    cases = [({"CACHE_URL": ""}, "CACHE_URL"), ({"DATABASE_URL": ""}, "DATABASE_URL"),
             ({"CACHE_URL": "http://x"}, "redis://"), ({"CACHE_URL": "redis://h:99999"}, "port"),
             ({"PORT": "x"}, "port")]
    for change, word in cases:
        code, text = run_to_end("webnode", "--id", "w", env={**ENV, **urls, **change})
        assert code == 254 and word in text, (change, code, text)
        assert CACHE_PASSWORD not in text


MALFORMED = [
    b"GET / HTTP/9.9\r\n\r\n",
    b"\x16\x03\x01\x02\x00\r\n\r\n",
    b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 70000 + b"\r\n\r\n",
]


@pytest.mark.parametrize("request_bytes", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_http_is_refused_and_nothing_breaks(shop, request_bytes):
    with socket.create_connection(("127.0.0.1", shop.web.port), 5) as raw:
        raw.sendall(request_bytes)
        status = raw.recv(4096).split(b" ")[1]
    assert status in (b"400", b"431", b"505")
    assert httpx.get(shop.web.url + "/health").status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_instances_that_start_together_make_one_catalogue(tmp_path, kind):

    class Fresh(Shop):
        def start_web(self, name, *flags, ready=True, **env):
            return super().start_web(name, *flags, ready=False, **env)

    running = Fresh(tmp_path, kind)
    try:
        for name in ["web-a2", "web-b1", "web-c1"]:
            running.start_web(name)
        for web in running.webs:
            wait_for(lambda: httpx.get(web.url + "/health").status_code == 200, 20, "health")
        assert running.sql("SELECT COUNT(*) FROM products") == [(1000,)]
        assert running.sql("SELECT COUNT(*) FROM schema_version") == [(2,)]
    finally:
        running.close()
