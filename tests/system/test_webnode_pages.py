"""The pages of webnode as a browser without JavaScript sees them."""
import re

import httpx
import pytest

from web_shop import Shopper, shop  # noqa: F401 (a fixture)


def form_fields(html, action):
    form = re.search(rf'<form[^>]*action="{action}".*?</form>', html, re.S).group(0)
    return {re.search('name="([^"]*)"', tag).group(1): (re.search('value="([^"]*)"', tag) or [0, ""])[1]
            for tag in re.findall("<input[^>]*>", form) if "name=" in tag}


def submit(shopper, html, action, **values):
    fields = form_fields(html, action)
    fields.update(values)
    return shopper.post(action, data=fields, follow_redirects=True)


def test_a_shopper_walks_through_the_pages_without_javascript(shop):
    shopper = Shopper(shop)
    home = shopper.get("/")
    assert "Served by <strong>web-a1</strong> in <strong>az-a</strong>" in home.text
    assert "<script" not in home.text and home.headers["Content-Security-Policy"].startswith("default-src 'self'")
    shelf = shopper.get("/shop?category=coats").text
    assert 'aria-current="page">Coats' in shelf
    path = re.search(r'href="(/product/\d+)"', shelf).group(1)
    product = shopper.get(path).text
    size = re.search(r'name="size" value="([^"]*)"', product).group(1)
    cart = submit(shopper, product, "/cart/add", size=size, qty="2")
    assert "It is in your cart." in cart.text and 'class="count">1<' in cart.text
    cart = submit(shopper, cart.text, "/cart/change", qty="3")
    assert [line["qty"] for line in shopper.cart().values()] == [3]

    login = shopper.get("/checkout", follow_redirects=True)
    assert login.url.path == "/login" and 'value="/checkout"' in login.text
    wrong = submit(shopper, login.text, "/login", email="nobody@example.com", password="12345678")
    assert wrong.status_code == 401 and "address or password is wrong" in wrong.text
    register = shopper.get("/register?next=/checkout").text
    bad = submit(shopper, register, "/register", name="Ada", email="ada", password="x" * 8)
    assert bad.status_code == 400 and "must be an e-mail address" in bad.text and 'value="Ada"' in bad.text
    checkout = submit(shopper, register, "/register", name="Ada", email=shopper.email, password="x" * 8)
    assert checkout.url.path == "/checkout" and "Order now" in checkout.text

    account = shopper.get("/account").text
    saved = submit(shopper, account, "/account/address", recipient="Ada", street="Row 1", city="London",
                   postcode="E1", country="UK")
    assert "Your address is saved." in saved.text
    checkout = shopper.get("/checkout").text
    order = submit(shopper, checkout, "/checkout")
    assert "Thank you!" in order.text and "to Ada, Row 1, E1 London, UK" in order.text
    twice = submit(shopper, checkout, "/checkout")
    assert twice.url.path == order.url.path and len(shopper.orders()) == 1
    assert order.url.path.split("/")[-1] in shopper.get("/orders").text
    assert "It is empty." in shopper.get("/cart").text
    home = submit(shopper, shopper.get("/account").text, "/logout")
    assert home.url.path == "/" and "Log in" in home.text


def test_forms_need_their_token(shop):
    shopper = Shopper(shop)
    shopper.get("/")
    for action in ["/cart/add", "/cart/change", "/cart/remove", "/register", "/login", "/logout",
                   "/account/address", "/checkout"]:
        for token in ["", "x" * 43]:
            answer = shopper.post(action, data={"csrf": token, "product": "1", "size": "M", "qty": "1"})
            assert answer.status_code == 403 and "too old" in answer.text, action
    assert shopper.cart() == {}


NASTY = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{{content}}}", "'); DROP TABLE orders; --",
         "Zoë 🧥 ﷽"]


@pytest.mark.parametrize("text", NASTY)
def test_texts_of_users_stay_texts(shop, text):
    shopper = Shopper(shop).sign_up(name=text)
    address = dict(recipient=text, street=text, city=text, postcode=text[:5], country=text)
    assert shopper.put("/api/address", json=address).status_code == 200
    assert shopper.get("/api/address").json() == address
    shopper.add("a")
    order = shopper.check_out().json()["order"]
    for path in ["/", "/account", "/orders", f"/orders/{order}", "/cart", "/checkout"]:
        page = shopper.get(path, follow_redirects=True)
        assert page.status_code == 200 and "<script" not in page.text and "<img src=x" not in page.text
    search = shopper.get("/shop", params={"q": text})
    assert search.status_code == 200 and "<script" not in search.text and "<img src=x" not in search.text
    assert shop.sql("SELECT COUNT(*) FROM orders")[0][0] > 0


def test_no_redirect_leaves_the_shop(shop):
    for target in ["https://evil.example", "//evil.example", "/\\evil.example"]:
        page = httpx.get(shop.web.url + "/login", params={"next": target}).text
        assert 'name="next" value="/account"' in page
