"""The peer of tools/bench_web.py: the shop's product page in Flask, cache-aside over redis-py and psycopg, as one
would deploy it (gunicorn, threads, kept connections, a pooled Redis client, compiled templates, signed cookie)."""
import hashlib
import hmac
import json
import os
import secrets

import psycopg
import redis
from flask import Flask, abort, make_response, request

app = Flask(__name__)
app.jinja_env.auto_reload = False
KEY = b"one key for all web instances"
cache = redis.from_url(os.environ["CACHE_URL"])
CATEGORIES = ["T-shirts", "Shirts", "Knitwear", "Jackets", "Coats", "Dresses", "Skirts", "Trousers", "Shoes",
              "Accessories"]

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ p.name }} · MyClothes.com</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
  <div class="bar">
    <a class="brand" href="/">My<span>Clothes</span></a>
    <form class="search" action="/shop" method="get" role="search">
      <label class="hidden" for="q">Search clothes</label>
      <input id="q" name="q" type="search" maxlength="100" placeholder="Linen shirt, blue coat…" value="">
      <button type="submit">Search</button>
    </form>
    <nav class="you" aria-label="Your shop">
      <a href="/login">Log in</a>
      <a class="cart-link" href="/cart">Cart <span class="count">{{ cart_lines }}<span class="hidden"> lines</span></span></a>
    </nav>
  </div>
  <nav class="categories" aria-label="Categories">
    <ul>
      {% for one in categories %}<li><a href="/shop?category={{ one|lower }}"{% if one|lower == p.category %} aria-current="page"{% endif %}>{{ one }}</a></li>
      {% endfor %}
    </ul>
  </nav>
</header>
<main id="main">
<article class="product">
  <img src="/images/{{ p.id }}.svg" alt="Drawing of: {{ p.name }}" width="400" height="480">
  <div class="product-text">
    <p class="quiet"><a href="/shop?category={{ p.category }}">{{ p.category }}</a></p>
    <h1>{{ p.name }}</h1>
    <p class="price">€{{ "%.2f"|format(p.price_cents / 100) }}</p>
    <p>{{ p.description }}</p>
    <form class="buy" action="/cart/add" method="post">
      <input type="hidden" name="csrf" value="{{ csrf }}">
      <input type="hidden" name="product" value="{{ p.id }}">
      <fieldset>
        <legend>Size</legend>
        <div class="sizes">
        {% for size, left in p.stock.items() %}<label class="size"><input type="radio" name="size" value="{{ size }}" required{% if left == 0 %} disabled{% endif %}><span>{{ size }}</span>{% if left == 0 %}<small>sold out</small>{% elif left < 10 %}<small>{{ left }} left</small>{% endif %}</label>
        {% endfor %}
        </div>
      </fieldset>
      <p><label for="qty">Quantity</label>
      <input id="qty" name="qty" type="number" min="1" max="99" value="1" inputmode="numeric" required></p>
      <button type="submit">Add to cart</button>
    </form>
  </div>
</article>
</main>
<footer class="foot">
  <p>MyClothes.com is a shop that is meant to be broken: nothing here is for sale.</p>
  <p class="served">Served by <strong>{{ instance }}</strong> in <strong>az-a</strong></p>
</footer>
</body>
</html>
"""


PAGE = app.jinja_env.from_string(PAGE)  # compiled once


def read_product(number):
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT name, category, description, price_cents FROM products WHERE id = %s",
                                 (number,)).fetchone()
        if row is None:
            return None
        stock = connection.execute("SELECT size, qty FROM stock WHERE product = %s", (number,)).fetchall()
    return dict(id=number, name=row[0], category=row[1], description=row[2], price_cents=row[3],
                stock={size: left for size, left in stock})


def signed(text):
    return hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()


@app.get("/product/<int:number>")
def product(number):
    key = f"flask-product:{number}"
    lines = 0
    session = request.cookies.get("sid", "")
    if session and hmac.compare_digest(session[32:], signed(session[:32])):
        stored, lines = cache.pipeline(transaction=False).get(key).hlen("cart:" + session[:32]).execute()
    else:
        session = secrets.token_hex(16)
        session += signed(session)
        stored = cache.get(key)
    if stored is None:
        found = read_product(number)
        if found is None:
            abort(404)
        stored = json.dumps(found)
        cache.set(key, stored, ex=60)
    answer = make_response(PAGE.render(
        p=json.loads(stored), categories=CATEGORIES, csrf=signed("form" + session), cart_lines=lines,
        instance="flask"))
    answer.set_cookie("sid", session, httponly=True, samesite="Lax", max_age=7 * 24 * 3600)
    answer.headers["Cache-Control"] = "no-store"
    return answer
