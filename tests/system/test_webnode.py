"""The JSON API of webnode, on cachenode and a database: our dbnode, and the real PostgreSQL where it
is installed. The client is httpx; nothing of ours is on the client's side."""
import concurrent.futures
import json
import re
import secrets

import httpx
import pytest

from web_shop import Shopper, error_code, shop  # noqa: F401 (a fixture)


# --- browsing

def test_the_catalogue_is_there_once_and_says_who_served_it(shop):
    answer = httpx.get(shop.web.url + "/api/products")
    assert answer.status_code == 200
    body = answer.json()
    assert body["total"] == 1000 and body["page"] == 1 and len(body["products"]) == 24
    assert {"id", "name", "category", "price_cents", "sizes", "image"} <= body["products"][0].keys()
    assert answer.headers["X-Instance"] == "web-a1" and answer.headers["X-Zone"] == "az-a"
    assert httpx.get(shop.web.url + "/api/whoami").json() == {"instance": "web-a1", "zone": "az-a"}
    assert shop.sql("SELECT COUNT(*) FROM products") == [(1000,)]


def test_search_and_categories_and_pages(shop):
    get = lambda query: httpx.get(shop.web.url + "/api/products?" + query).json()
    shoes = get("category=shoes&page_size=100")
    assert 0 < shoes["total"] < 300 and {p["category"] for p in shoes["products"]} == {"shoes"}
    linen = get("q=LINEN%20shirt&page_size=100")
    assert linen["total"] > 0
    texts = [f"{p['name']} {p['category']}".lower() for p in linen["products"]]
    assert all("linen" in text and "shirt" in text for text in texts)
    assert get("q=%25")["total"] == 0, "a per cent sign is a letter, not a wildcard"
    assert get("q='%20OR%201=1%20--")["total"] == 0
    first, second = get("page_size=10"), get("page_size=10&page=2")
    assert [p["id"] for p in first["products"] + second["products"]] == list(range(1, 21))
    assert get("page=900000")["products"] == []
    assert httpx.get(shop.web.url + "/api/products?page=x").json()["error"]["field"] == "page"


def test_one_product_with_stock(shop):
    product = httpx.get(shop.web.url + "/api/products/1").json()
    assert set(product["stock"]) == set(product["sizes"]) and min(product["stock"].values()) >= 5000
    for wrong in ["0", "1001", "x", "1e3", "-1", "99999999999999999999", "1%20"]:
        answer = httpx.get(f"{shop.web.url}/api/products/{wrong}")
        assert (answer.status_code, error_code(answer)) == (404, "no_such_product")


def test_static_files_have_tags(shop):
    for path, kind in [("/style.css", "text/css"), ("/images/12.svg", "image/svg+xml"),
                       ("/favicon.svg", "image/svg+xml")]:
        answer = httpx.get(shop.web.url + path)
        assert answer.status_code == 200 and answer.headers["Content-Type"].startswith(kind)
        assert "max-age" in answer.headers["Cache-Control"] and "set-cookie" not in answer.headers
        again = httpx.get(shop.web.url + path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    for path in ["/images/0.svg", "/images/1001.svg", "/images/1.png", "/images/..%2F..%2Fetc%2Fpasswd"]:
        assert httpx.get(shop.web.url + path).status_code == 404


def test_wrong_paths_and_methods(shop):
    api = httpx.get(shop.web.url + "/api/nothing")
    assert (api.status_code, error_code(api)) == (404, "not_found")
    page = httpx.get(shop.web.url + "/nothing/%3Cscript%3E")
    assert page.status_code == 404 and "<h1>Not found</h1>" in page.text and "<script" not in page.text
    wrong = httpx.put(shop.web.url + "/api/products")
    assert wrong.status_code == 405 and "GET" in wrong.headers["Allow"]
    head = httpx.head(shop.web.url + "/api/products")
    assert head.status_code == 200 and head.content == b"" and int(head.headers["Content-Length"]) > 100


# --- the cart

def test_cart_lines_are_added_changed_and_removed(shop):
    shopper = Shopper(shop)
    answer = shopper.add("line-1", product=7, qty=2, op="op-1")
    assert (answer.status_code, answer.json()) == (201, {"line": "line-1", "op": "op-1"})
    named = shopper.add(product=8).json()
    assert re.fullmatch("[0-9a-f]{16}", named["line"]) and named["op"] is None
    cart = shopper.get("/api/cart").json()
    assert [line["line"] for line in cart["lines"]] == ["line-1", named["line"]]
    line = cart["lines"][0]
    product = shopper.get("/api/products/7").json()
    assert line == {"line": "line-1", "product": 7, "name": product["name"], "qty": 2, "op": "op-1",
                    "size": product["sizes"][0], "price_cents": product["price_cents"]}
    assert cart["total_cents"] == sum(l["qty"] * l["price_cents"] for l in cart["lines"])
    put = shopper.put("/api/cart/lines/line-1", json={"qty": 5, "op": "op-2"})
    assert (put.status_code, put.json()) == (200, {"line": "line-1", "qty": 5, "op": "op-2"})
    assert shopper.cart()["line-1"]["qty"] == 5
    assert shopper.delete("/api/cart/lines/line-1").json() == {"deleted": True}
    assert shopper.delete("/api/cart/lines/line-1").json() == {"deleted": False}
    missing = shopper.put("/api/cart/lines/line-1", json={"qty": 5})
    assert (missing.status_code, error_code(missing)) == (404, "no_such_line")
    assert set(shopper.cart()) == {named["line"]}


def test_the_same_line_twice_is_one_line_and_other_content_is_refused(shop):
    shopper = Shopper(shop)
    assert shopper.add("a", qty=2, op="x").status_code == 201
    again = shopper.add("a", qty=2, op="x")
    assert (again.status_code, again.json()) == (200, {"line": "a", "op": "x"})
    for other in [dict(qty=3, op="x"), dict(qty=2, op="y"), dict(qty=2, op="x", product=9)]:
        answer = shopper.add("a", **other)
        assert (answer.status_code, error_code(answer)) == (409, "line_exists")
    assert shopper.cart()["a"]["qty"] == 2


def test_a_cart_lives_in_the_cache_for_a_week_and_belongs_to_its_cookie(shop):
    shopper, stranger = Shopper(shop), Shopper(shop)
    shopper.add("a")
    assert stranger.cart() == {}
    session_id = shopper.cookies["sid"].split(".")[0]
    key = f"cart:{session_id}"
    assert 7 * 24 * 3600 - 60 < shop.redis().ttl(key) <= 7 * 24 * 3600
    stored = json.loads(shop.redis().hget(key, "a"))
    assert stored["product"] == 7 and stored["qty"] == 1


def test_a_cart_has_at_most_a_hundred_lines(shop):
    shopper = Shopper(shop)
    for i in range(100):
        assert shopper.add(f"l{i}", size=None if i == 0 else size).status_code == 201
        size = shopper.cart()["l0"]["size"] if i == 0 else size
    full = shopper.add("one-more", size=size)
    assert (full.status_code, error_code(full)) == (409, "cart_full")
    assert len(shopper.cart()) == 100


BAD_LINES = [
    ({}, "product"), ({"product": "7", "size": "M", "qty": 1}, "product"),
    ({"product": 7.5, "size": "M", "qty": 1}, "product"), ({"product": 2**64, "size": "M", "qty": 1}, "product"),
    ({"product": 7, "qty": 1}, "size"), ({"product": 7, "size": 3, "qty": 1}, "size"),
    ({"product": 7, "size": "no such size", "qty": 1}, "size"), ({"product": 7, "size": "M"}, "qty"),
    ({"product": 7, "size": "M", "qty": 0}, "qty"), ({"product": 7, "size": "M", "qty": 100}, "qty"),
    ({"product": 7, "size": "M", "qty": True}, "qty"), ({"product": 7, "size": "M", "qty": [1]}, "qty"),
    ({"line": "a b", "product": 7, "size": "M", "qty": 1}, "line"),
    ({"line": "x" * 65, "product": 7, "size": "M", "qty": 1}, "line"),
    ({"op": {}, "product": 7, "size": "M", "qty": 1}, "op"),
]


@pytest.mark.parametrize("body,field", BAD_LINES)
def test_a_wrong_field_is_named(shop, body, field):
    answer = Shopper(shop).post("/api/cart/lines", json=body)
    assert answer.status_code == 400 and answer.json()["error"]["field"] == field, answer.text


def test_bodies_that_are_no_json_object(shop):
    shopper = Shopper(shop)
    headers = {"Content-Type": "application/json"}
    for body in [b"{", b"[]", b"7", b'"x"', b"\xff\xfe", b"{" * 60000, b'{"a":1}x']:
        answer = shopper.post("/api/cart/lines", content=body, headers=headers)
        assert (answer.status_code, error_code(answer)) == (400, "invalid"), body[:20]
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]:
        answer = shopper.post("/api/cart/lines", content=b"{}", headers={"Content-Type": kind})
        assert (answer.status_code, error_code(answer)) == (415, "not_json")
    assert shopper.post("/api/cart/lines", content=b"x" * 70000, headers=headers).status_code == 413
    unknown = {"product": 7, "size": shopper.get("/api/products/7").json()["sizes"][0], "qty": 1,
               "colour": ["ignored"]}
    assert shopper.post("/api/cart/lines", json=unknown).status_code == 201


# --- accounts and sessions

def test_log_in_changes_the_session_and_keeps_the_cart(shop):
    shopper = Shopper(shop)
    shopper.add("a", qty=3)
    before = shopper.cookies["sid"]
    shopper.sign_up()
    after = shopper.cookies["sid"]
    assert before != after and shopper.cart()["a"]["qty"] == 3
    assert shopper.get("/api/me").json() == {"email": shopper.email, "name": "Ada Lovelace"}
    fixed = Shopper(shop)
    fixed.cookies.set("sid", before)
    assert fixed.get("/api/me").status_code == 401, "the old id is nobody's"
    assert shopper.post("/api/logout").status_code == 200
    assert shopper.get("/api/me").status_code == 401
    fixed.cookies.set("sid", after)
    assert fixed.get("/api/me").status_code == 401, "a logged-out id is nobody's"
    assert set(shopper.cart()) == {"a"}
    login = shopper.post("/api/login", json={"email": shopper.email.upper(), "password": "long enough"})
    assert login.status_code == 200 and shopper.get("/api/me").status_code == 200


def test_registering_twice_and_bad_accounts(shop):
    shopper = Shopper(shop).sign_up()
    taken = Shopper(shop).post("/api/register", json={"email": shopper.email, "name": "Eve",
                                                      "password": "long enough"})
    assert (taken.status_code, error_code(taken)) == (409, "email_taken")
    good = {"email": "x@example.com", "password": "long enough", "name": "X"}
    for field, value in [("email", "nobody"), ("email", "a@b"), ("password", "short"), ("name", ""),
                         ("password", "x" * 129), ("name", "a\u0000b"), ("email", None)]:
        answer = Shopper(shop).post("/api/register", json={**good, field: value})
        assert answer.status_code == 400 and answer.json()["error"]["field"] == field
    stored = shop.sql("SELECT password FROM accounts WHERE email = %s", shopper.email)[0][0]
    assert stored.startswith("$argon2id$v=19$m=7168,t=5,p=1$")


def test_wrong_passwords_are_refused_alike_and_then_throttled(shop):
    shopper = Shopper(shop).sign_up()
    bad = lambda email: Shopper(shop).post("/api/login", json={"email": email, "password": "wrong one"})
    unknown, wrong = bad("nobody@example.com"), bad(shopper.email)
    assert unknown.status_code == wrong.status_code == 401 and unknown.json() == wrong.json()
    for _ in range(9):
        bad(shopper.email)
    throttled = bad(shopper.email)
    assert (throttled.status_code, error_code(throttled)) == (429, "too_many_attempts")


def test_forged_cookies_are_new_sessions_and_are_logged(shop):
    shopper = Shopper(shop)
    shopper.add("a")
    real = shopper.cookies["sid"]
    flipped = real[:-1] + ("A" if real[-1] != "A" else "B")
    other = secrets.token_hex(16) + real[32:]
    for forged in [flipped, other, real[:32], real + "x", "", "x" * 3000]:
        answer = httpx.get(shop.web.url + "/api/cart", headers={"Cookie": f"sid={forged}"})
        assert answer.json()["lines"] == [] and "sid=" in answer.headers["Set-Cookie"]
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    assert "refused a cookie" in shop.web.log()


def test_an_address_is_kept(shop):
    shopper = Shopper(shop)
    address = {"recipient": "Ada", "street": "Analytical Row 1", "city": "London", "postcode": "E1",
               "country": "UK"}
    assert shopper.put("/api/address", json=address).status_code == 401
    shopper.sign_up()
    assert shopper.get("/api/address").status_code == 404
    for city in ["London", "Turin"]:
        address["city"] = city
        assert shopper.put("/api/address", json=address).status_code == 200
        assert shopper.get("/api/address").json() == address
    wrong = shopper.put("/api/address", json={**address, "city": 7})
    assert wrong.status_code == 400 and wrong.json()["error"]["field"] == "city"


# --- orders

def test_a_checkout_orders_exactly_the_cart_once(shop):
    shopper = Shopper(shop).sign_up()
    shopper.add("a", product=11, qty=2, op="o1")
    shopper.add("b", product=12, qty=1, op="o2")
    cart = shopper.cart()
    size = cart["a"]["size"]
    stock = shop.sql("SELECT qty FROM stock WHERE product = 11 AND size = %s", size)[0][0]
    done = shopper.check_out("key-" + shopper.email)
    assert done.status_code == 201, done.text
    body = done.json()
    assert body["lines"] == list(cart.values())
    assert body["total_cents"] == sum(l["qty"] * l["price_cents"] for l in cart.values())
    assert shopper.cart() == {}
    shopper.add("c", product=13)
    again = shopper.check_out("key-" + shopper.email)
    assert (again.status_code, again.json()) == (200, body)
    assert set(shopper.cart()) == {"c"}, "a repeated checkout takes no other lines"
    assert shop.sql("SELECT qty FROM stock WHERE product = 11 AND size = %s", size)[0][0] == stock - 2
    orders = shopper.orders()
    assert [(o["order"], o["lines"], o["key"]) for o in orders] == [(body["order"], body["lines"], "key-" + shopper.email)]
    one = shopper.get("/api/orders/" + body["order"])
    assert one.status_code == 200 and one.json() == orders[0]


def test_checkout_needs_a_user_a_key_and_a_cart(shop):
    shopper = Shopper(shop)
    assert error_code(shopper.check_out()) == "not_logged_in"
    shopper.sign_up()
    for key in ["short", "x" * 129, "has space in"]:
        answer = shopper.check_out(key)
        assert answer.status_code == 400 and answer.json()["error"]["field"] == "Idempotency-Key"
    assert shopper.post("/api/checkout").status_code == 400
    empty = shopper.check_out()
    assert (empty.status_code, error_code(empty)) == (409, "cart_empty")


def test_a_key_belongs_to_one_user_and_one_body(shop):
    key = secrets.token_hex(8)
    shopper, other = Shopper(shop).sign_up(), Shopper(shop).sign_up("Eve")
    for one in (shopper, other):
        one.add("a")
    order = shopper.check_out(key).json()["order"]
    same = other.check_out(key)  # another user's key is another key
    assert same.status_code == 201 and same.json()["order"] != order
    changed = shopper.check_out(key, json={"note": "another body"})
    assert (changed.status_code, error_code(changed)) == (422, "key_reused")
    assert len(other.orders()) == 1 and len(shopper.orders()) == 1
    peek = other.get(f"/api/orders/{order}")
    assert (peek.status_code, error_code(peek)) == (404, "no_such_order")


def test_many_at_once_with_one_key_make_one_order(shop):
    shopper = Shopper(shop).sign_up()
    shopper.add("a", qty=2)
    key = secrets.token_hex(8)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: shopper.check_out(key), range(8)))
    assert {a.status_code for a in answers} <= {200, 201}, [a.text for a in answers]
    assert len({a.json()["order"] for a in answers}) == 1 and len(shopper.orders()) == 1


def test_a_line_is_ordered_once_whatever_the_key(shop):
    """A crash between commit and clearing the cart, and a client that forgot its key."""
    shopper = Shopper(shop).sign_up()
    shopper.add("a")
    key = "cart:" + shopper.cookies["sid"].split(".")[0]
    stored = shop.redis().hget(key, "a")
    assert shopper.check_out().status_code == 201
    shop.redis().hset(key, "a", stored)
    again = shopper.check_out()
    assert (again.status_code, error_code(again)) == (409, "cart_empty")
    assert len(shopper.orders()) == 1 and shopper.cart() == {}
    shop.redis().hset(key, "a", stored)
    shopper.add("b")
    assert [l["line"] for l in shopper.check_out().json()["lines"]] == ["b"]
    assert shopper.cart() == {}


def test_stock_is_never_negative_and_a_refusal_changes_nothing(shop):
    shop.sql("UPDATE stock SET qty = 3 WHERE product = 20")
    shoppers = [Shopper(shop).sign_up() for _ in range(6)]
    for shopper in shoppers:
        assert shopper.add("a", product=20).status_code == 201
        assert shopper.add("b", product=21).status_code == 201
    size = shoppers[0].cart()["b"]["size"]
    stock = shop.sql("SELECT qty FROM stock WHERE product = 21 AND size = %s", size)[0][0]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda s: s.check_out(), shoppers))
    assert sorted(a.status_code for a in answers) == [201] * 3 + [409] * 3
    refused = [s for s, a in zip(shoppers, answers) if a.status_code == 409]
    name = refused[0].get("/api/products/20").json()["name"]
    assert all(error_code(a) == "out_of_stock" and name in a.text for a in answers if a.status_code == 409)
    for shopper in refused:
        assert set(shopper.cart()) == {"a", "b"} and shopper.orders() == []
    left = shop.sql("SELECT MIN(qty) FROM stock WHERE product = 20")[0][0]
    assert left == 0
    assert shop.sql("SELECT qty FROM stock WHERE product = 21 AND size = %s", size)[0][0] == stock - 3
