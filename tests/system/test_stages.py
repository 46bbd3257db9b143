"""MyClothes.com through its stages: where carts live, what each architecture loses, what is refused."""
import base64
import json
import os
import re
import signal
import subprocess
import threading
import time

import httpx
import psycopg
import pytest
import redis

from cluster import BIN, ROOT, Cluster, multiaz, wait_until

pytestmark = pytest.mark.alone

CARTS = 24
STAGES = ["plain", "stickiness", "user-cookies", "server-session", "session-table", "database", "read-replicas", "cache-in-front",
          "multi-az"]
ROW = {"stage", "carts", "carts_lost_next_request", "carts_lost_instance_kill", "carts_lost_zone_kill", "orders_lost",
       "request_bytes_p50", "primary_db_qps", "cache_hit_ratio", "failed_requests", "outage_ms"}


def stage(number_and_name):
    return (ROOT / "examples" / "stages" / f"{number_and_name}.toml").read_text()


def tour(tmp_path, *words, code=0):
    done = multiaz("tour", *words, "--json", run_dir=tmp_path, timeout=200)
    assert done.returncode == code, done.stdout + done.stderr
    return {row["stage"]: row for row in json.loads(done.stdout)["stages"]}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """The whole tour, once. It must take less than three minutes, also with sanitizers."""
    folder = tmp_path_factory.mktemp("tour")
    began = time.monotonic()
    rows = tour(folder, "--carts", CARTS, "--html", folder / "tour.html")
    assert time.monotonic() - began < 180
    rows["html"] = (folder / "tour.html").read_text()
    return rows


def test_the_tour_has_a_row_a_stage_in_the_promised_shape(rows):
    assert [name for name in rows if name != "html"] == STAGES
    for name in STAGES:
        row = rows[name]
        assert ROW <= set(row), set(row)
        assert row["carts"] == CARTS and row["problem"] == ""
        for fault in row["faults"]:
            assert fault["applied"] and fault["recovered"] and fault["overlapped"], (name, fault)


def test_losses_are_as_the_course_predicts(rows):
    carts = CARTS
    assert rows["plain"]["carts_lost_next_request"] >= carts * 3 // 4
    sticky = rows["stickiness"]
    assert sticky["carts_lost_next_request"] == 0
    assert 0 < sticky["carts_lost_instance_kill"] <= carts * 2 // 3, "only those of the killed one of four"
    assert sticky["carts_lost_zone_kill"] == carts
    cookies = rows["user-cookies"]
    assert cookies["carts_lost_next_request"] == cookies["carts_lost_instance_kill"] == 0
    assert cookies["carts_lost_zone_kill"] == 0
    assert 5 <= cookies["cart_lines_at_most"] < 60 and cookies["cart_whole_after_refusal"]
    assert cookies["request_bytes_p50"] > 3 * rows["server-session"]["request_bytes_p50"]
    for name in STAGES[3:]:
        assert rows[name]["carts_lost_next_request"] == rows[name]["carts_lost_instance_kill"] == 0, name
    table = rows["session-table"]
    assert table["carts_lost_zone_kill"] == table["carts_lost_db_kill"] == 0 and table["carts_lost_cache_kill"] is None
    for name in ["server-session", "database", "read-replicas", "cache-in-front"]:
        assert rows[name]["carts_lost_zone_kill"] == carts, name
        assert rows[name]["carts_lost_cache_kill"] == carts, name
    best = rows["multi-az"]
    assert best["carts_lost_zone_kill"] == best["carts_lost_cache_kill"] == best["carts_lost_db_kill"] == 0
    for name in STAGES[5:]:
        assert rows[name]["orders"] > 0 and rows[name]["orders_lost"] == 0, name


def test_replicas_and_cache_take_the_load_off_the_primary(rows):
    per_page = {name: rows[name]["primary_db_qps"] / rows[name]["browses_per_s"] for name in STAGES}
    assert per_page["database"] > 1, "each page asks the primary"
    assert per_page["read-replicas"] < per_page["database"] / 5
    assert per_page["cache-in-front"] < per_page["database"] / 2
    assert rows["cache-in-front"]["cache_hit_ratio"] > 0.5 and rows["database"]["cache_hit_ratio"] is None


def test_a_lost_zone_hurts_less_with_three(rows):
    assert rows["multi-az"]["outage_ms"] < rows["cache-in-front"]["outage_ms"]


def test_forbidden_paths_are_tried_and_refused_with_their_rule(rows):
    paths = rows["multi-az"]["paths"]
    assert all(path["open"] == path["allowed"] for path in paths)
    refused = [path for path in paths if not path["open"]]
    assert len(refused) >= 10 and len(paths) > len(refused), "some must be open, or closed means nothing"
    assert all("no rule of sg-" in path["because"] for path in refused)
    tried = {(path["from"].split("-")[0], path["to"].split("-")[0]) for path in refused}
    assert {("internet", "web"), ("internet", "db"), ("lb", "db"), ("lb", "cache")} <= tried


def test_one_zone_beside_three_is_away_while_its_zone_is(rows):
    row = rows["multi-az"]
    single = row["single_az"]
    assert single["applied"] and single["recovered"] and single["outage_ms"] >= 1000
    assert row["carts_lost_zone_kill"] == 0


def test_the_page_needs_nothing_else(rows):
    html = rows["html"]
    assert html.count("<svg") == len(STAGES) and html.count("<section") == len(STAGES)
    assert not re.search(r"""(src|href)=["']https?:""", html)


def test_an_unknown_stage_is_named(tmp_path):
    done = multiaz("tour", "palin", run_dir=tmp_path)
    assert done.returncode == 254 and "the stages are plain stickiness" in done.stderr


def test_a_teacher_is_asked_before_each_fault(tmp_path):
    done = subprocess.run([str(BIN / "multiaz"), "tour", "stickiness", "--pause", "--carts", "8"], input="\n" * 10,
                          env=dict(os.environ, MULTIAZ_RUN=str(tmp_path)), capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    questions = [line for line in done.stdout.splitlines() if line.strip().startswith("?")]
    assert len(questions) == 4 and "One of four instances" in questions[0]
    assert done.stdout.index("a whole zone. What will be lost?") < done.stdout.index("zone killed")


# --- the cookie stage


@pytest.fixture(scope="module")
def cookies(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("cookies"), name="cookies", toml=stage("3-user-cookies")) as one:
        yield one


def visitor(cluster):
    return httpx.Client(base_url=cluster.endpoints["shop"], timeout=30)


def add(client, line, product=None, **more):
    return client.post("/api/cart/lines", json={"line": line, "product": product or in_size_m(client), "size": "M",
                                                "qty": 1, **more})


def in_size_m(client):
    products = client.get("/api/products?page_size=100").json()["products"]
    return next(one["id"] for one in products if "M" in one["sizes"])


def lines(client):
    return [one["line"] for one in client.get("/api/cart").json()["lines"]]


def test_a_cart_in_a_cookie_is_with_every_instance(cookies):
    with visitor(cookies) as client:
        assert add(client, "a").status_code == 201
        seen = set()
        for _ in range(12):
            answer = client.get("/api/cart")
            assert [one["line"] for one in answer.json()["lines"]] == ["a"]
            seen.add(answer.headers["X-Instance"])
        assert len(seen) == 4
        assert client.put("/api/cart/lines/a", json={"qty": 7}).status_code == 200
        assert client.get("/api/cart").json()["lines"][0]["qty"] == 7
        assert client.delete("/api/cart/lines/a").json() == {"deleted": True}
        assert lines(client) == []


def test_past_four_kilobytes_the_add_is_refused_and_the_cart_stays(cookies):
    with visitor(cookies) as client:
        product = in_size_m(client)
        for number in range(100):
            answer = add(client, f"line-{number}", product)
            if answer.status_code != 201:
                break
        assert answer.status_code == 409 and answer.json()["error"]["code"] == "cart_full"
        assert "4 KB" in answer.json()["error"]["message"]
        assert "set-cookie" not in answer.headers or "cart=" not in answer.headers["set-cookie"]
        assert lines(client) == [f"line-{i}" for i in range(number)]
        assert len(client.cookies["cart"]) + len("cart=") <= 4096 - 200, "room for the attributes"
        assert client.delete("/api/cart/lines/line-0").json() == {"deleted": True}
        assert add(client, "again", product).status_code == 201


@pytest.mark.parametrize("change", ["payload", "signature", "swap", "garbage", "empty", "none-alg"])
def test_a_cookie_that_was_tampered_with_counts_for_nothing(cookies, change):
    with visitor(cookies) as client, visitor(cookies) as other:
        assert add(client, "mine").status_code == 201
        assert add(other, "theirs").status_code == 201
        value = client.cookies["cart"]
        payload, signature = value.rsplit(".", 1)
        text = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        cheap = base64.urlsafe_b64encode(re.sub(rb'price_cents":\d+', b'price_cents":1', text)).rstrip(b"=").decode()
        forged = {"payload": f"{cheap}.{signature}", "signature": payload + "." + signature[::-1],
                  "swap": other.cookies["cart"], "garbage": "x" * 4000, "empty": "", "none-alg": payload + "."}[change]
        before = forged_count(cookies)
        with httpx.Client(base_url=cookies.endpoints["shop"], timeout=30) as thief:
            thief.cookies.set("sid", client.cookies["sid"])
            thief.cookies.set("cart", forged)
            answer = thief.get("/api/cart")
        assert answer.status_code == 200 and answer.json()["lines"] == []
        if change not in ("swap", "empty"):  # a swapped one is signed, but of another session
            wait_until(lambda: forged_count(cookies) > before, 5, "that it was counted")


def forged_count(cluster):
    return sum(cluster.get(f"/v1/instances/{id}")["counters"]["forged_cookies"]
               for id, one in cluster.ps().items() if one["tier"] == "web")


def test_an_old_cookie_does_not_log_anybody_in_again(cookies):
    with visitor(cookies) as client:
        client.post("/api/register", json={"email": "old@example.org", "password": "a long password", "name": "Old"})
        assert client.get("/api/me").status_code == 200
        old = dict(client.cookies)
        assert client.post("/api/logout", json={}).status_code == 200
        assert client.get("/api/me").status_code == 401
        with visitor(cookies) as thief:
            thief.cookies.set("sid", client.cookies["sid"])
            thief.cookies.set("cart", old["cart"])
            assert thief.get("/api/me").status_code == 401, "the old cookie came back under the new session"


# --- memory, and stickiness


def test_without_stickiness_there_is_no_cookie_of_the_load_balancer(tmp_path):
    with Cluster(tmp_path, name="plain", toml=stage("1-plain")) as cluster:
        with visitor(cluster) as client:
            assert add(client, "a").status_code == 201
            assert "AWSALB" not in client.cookies and "sid" in client.cookies
            seen = [bool(lines(client)) for _ in range(12)]
            assert any(seen) and not all(seen), "one of four instances has it"
        assert cluster.endpoints["cache"] == ""


# --- the cache in front

FRONT = stage("8-cache-in-front").replace("count = 4", "count = 2").replace("replicas = 1", "replicas = 0")


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("front"), name="front", toml=FRONT) as one:
        yield one


def counters(cluster, tier, name):
    time.sleep(0.3)  # reports come ten times a second
    return sum(cluster.get(f"/v1/instances/{id}")["counters"].get(name, 0)
               for id, one in cluster.ps().items() if tier in (one["tier"], f"{one['tier']}:{one['role']}"))


def test_a_product_is_read_once_and_then_from_the_cache(front):
    with visitor(front) as client:
        statements = counters(front, "db", "statements")
        for _ in range(50):
            assert client.get("/api/products/77").status_code == 200
        assert counters(front, "db", "statements") - statements < 20
        assert counters(front, "web", "read_cache_hits") >= 48


def stock_of(client, product):
    return client.get(f"/api/products/{product}").json()["stock"]


@pytest.mark.parametrize("strategy", ["lazy", "write-through"])
def test_an_order_is_seen_at_once_through_the_cache(tmp_path, strategy):
    toml = FRONT.replace('"lazy"', f'"{strategy}"')
    with Cluster(tmp_path, name="seen", toml=toml) as cluster, visitor(cluster) as client:
        product = in_size_m(client)
        client.post("/api/register", json={"email": "a@example.org", "password": "a long password", "name": "A"})
        for round in range(3):
            before = stock_of(client, product)["M"]
            assert add(client, f"l{round}", product).status_code == 201
            misses = counters(cluster, "web", "read_cache_misses")
            done = client.post("/api/checkout", json={}, headers={"Idempotency-Key": f"round-{round}-key"})
            assert done.status_code == 201, done.text
            if strategy == "write-through":
                filled = counters(cluster, "web", "read_cache_misses")
                assert filled == misses + 1, "the order itself fills the cache"
            assert stock_of(client, product)["M"] == before - 1
            if strategy == "write-through":
                assert counters(cluster, "web", "read_cache_misses") == filled


def test_the_cache_dies_and_a_herd_makes_one_fill(front):
    """500 clients want one product while the cache is dead and comes back, empty: an instance never has more than one
    question for it at the database at a time. A machine so busy that the load balancers condemn an instance must not
    replace it meanwhile: what it counted would go with it."""
    assert front.run("asg", "suspend", "ReplaceUnhealthy").returncode == 0
    cache = redis.Redis.from_url(front.endpoints["cache"])
    cache.flushall()
    asked = []
    fills = counters(front, "web", "read_cache_misses")
    shared = counters(front, "web", "read_cache_shared")
    primary = front.one("cache", "primary")
    before = front.last_seq()

    def ask():
        with visitor(front) as client:
            asked.append(client.get("/api/products/5").status_code)

    threads = [threading.Thread(target=ask) for _ in range(500)]
    os.kill(primary["pid"], signal.SIGKILL)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asked.count(200) == 500
    time.sleep(0.5)  # counters come with reports
    fills = counters(front, "web", "read_cache_misses") - fills
    shared = counters(front, "web", "read_cache_shared") - shared
    instances = len([one for one in front.ps().values() if one["tier"] == "web"])
    at_once = counters(front, "web", "read_cache_most_fills_at_once")
    seen = [(event["kind"], event["target"], event["text"]) for event in front.events(since=before)]
    assert fills > 0, "nobody asked the database: the cache was not missed"
    assert 1 <= at_once <= instances, f"{at_once} at once, {fills} fills for 500 readers, {shared} shared; {seen}"
    assert shared > 0, "nobody waited: there was no herd"
    assert front.run("asg", "resume", "ReplaceUnhealthy").returncode == 0
    wait_until(front.healthy, 30)


@pytest.mark.parametrize("bug", [None, "naive-cache-aside"])
def test_a_slow_reader_does_not_bring_an_old_value_back(tmp_path, bug):
    """T40: A reads the database and sleeps before it fills the cache; meanwhile an order changes the stock."""
    with Cluster(tmp_path, name="stale", toml=FRONT) as cluster:
        extra = ["--fill-pause-ms", "700"] + (["--bug", bug] if bug else [])
        words = [f"--flag={each}" for each in extra]
        done = cluster.run("deploy", "web", *words, "--wait", timeout=60)
        assert done.returncode == 0, done.stderr
        with visitor(cluster) as client:
            product = in_size_m(client)
            client.post("/api/register", json={"email": "t@example.org", "password": "a long password", "name": "T"})
            assert add(client, "l", product).status_code == 201
            time.sleep(1)
            redis.Redis.from_url(cluster.endpoints["cache"]).delete(f"product:{product}", f"product:{product}:v",
                                                                      f"product:{product}:f")
            slow = threading.Thread(target=lambda: visitor(cluster).get(f"/api/products/{product}"))
            slow.start()  # has the old stock in its hands for 0.7 s
            time.sleep(0.3)
            done = client.post("/api/checkout", json={}, headers={"Idempotency-Key": "slow-reader"})
            assert done.status_code == 201, done.text
            slow.join()
            time.sleep(1)
            with psycopg.connect(cluster.endpoints["db"]) as db:
                truth = db.execute("SELECT qty FROM stock WHERE product = %s AND size = 'M'", (product,)).fetchone()[0]
            shown = [stock_of(client, product)["M"] for _ in range(6)]
        if bug:
            assert any(each != truth for each in shown), "the mistake was not caught"
        else:
            assert all(each == truth for each in shown), f"{shown}, but the database says {truth}"


def test_web_instances_find_their_replicas_again(tmp_path):
    with Cluster(tmp_path, name="again", toml=stage("7-read-replicas")) as cluster, visitor(cluster) as client:
        for _ in range(3):
            stop = threading.Event()

            def browse():
                with visitor(cluster) as other:
                    while not stop.is_set():
                        other.get("/api/products/9")

            threads = [threading.Thread(target=browse) for _ in range(16)]
            for thread in threads:
                thread.start()
            for id, one in cluster.ps().items():
                if one["role"] == "replica":
                    os.kill(one["pid"], signal.SIGKILL)
            time.sleep(1)
            stop.set()
            for thread in threads:
                thread.join()
            wait_until(cluster.healthy, 30)
        time.sleep(0.5)
        before = counters(cluster, "db:primary", "statements")
        for number in range(200):
            assert client.get(f"/api/products/{1 + number}").status_code == 200
        asked = counters(cluster, "db:primary", "statements") - before
        assert asked < 60, f"{asked} of 400 statements went to the primary"
