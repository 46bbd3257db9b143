"""A small MyClothes.com for system tests: tiers, links and one web instance; and its shoppers."""
import secrets

import httpx
import psycopg
import pytest
import redis

from daemon import Daemon
from shop_tiers import CACHE_PASSWORD, DB_PASSWORD, Link, Postgres, postgres_is_here, wait_for

ENV = {"MULTIAZ_CACHE_PASSWORD": CACHE_PASSWORD, "MULTIAZ_DB_PASSWORD": DB_PASSWORD,
       "MULTIAZ_COOKIE_KEY": "one key for all web instances"}


class Shop:
    """Cache, database, the links to them and one web instance."""

    def __init__(self, folder, database_kind):
        self.folder = folder
        self.cache = Daemon("cachenode", "--id", "cache-a1", "--port", 0, env=ENV, log=folder / "cache.log")
        self.postgres = Postgres() if database_kind == "postgres" else None
        self.dbnode = None
        if not self.postgres:
            self.dbnode = Daemon("dbnode", "--id", "db-a1", "--port", 0, env=ENV, log=folder / "db.log")
        self.db_port = (self.postgres or self.dbnode).port
        self.cache_link = Link(self.cache.port)
        self.db_link = Link(self.db_port)
        self.webs = []
        self.web = self.start_web("web-a1")

    def start_web(self, name, *flags, ready=True, **env):
        urls = {"CACHE_URL": f"redis://:{CACHE_PASSWORD}@127.0.0.1:{self.cache_link.port}",
                "DATABASE_URL": f"postgresql://shop@127.0.0.1:{self.db_link.port}/shop"}
        web = Daemon("webnode", "--id", name, "--zone", "az-a", "--port", 0, *flags,
                     env={**ENV, **urls, **env}, log=self.folder / f"{name}.log")
        self.webs.append(web)
        if ready:
            wait_for(lambda: httpx.get(web.url + "/health").status_code == 200, 20, "health")
        return web

    def stop_web(self, web):
        self.webs.remove(web)
        web.stop()

    def redis(self):
        return redis.Redis(port=self.cache.port, password=CACHE_PASSWORD, decode_responses=True)

    def sql(self, statement, *params):
        url = f"postgresql://shop:{DB_PASSWORD}@127.0.0.1:{self.db_port}/shop"
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement, params)
            return cursor.fetchall() if cursor.description else None

    def heal(self):
        """After a test that hurt the links: wait until the instance uses them again."""
        self.cache_link.swallow = self.db_link.swallow = None
        healthy = {"cache": "up", "database": "up"}
        wait_for(lambda: httpx.get(self.web.url + "/health").json()["dependencies"] == healthy,
                 10, "dependencies")

    def close(self):
        try:
            for web in self.webs:
                web.stop()
            self.cache.stop()
            if self.dbnode:
                self.dbnode.stop()
        finally:
            for daemon in [*self.webs, self.cache, self.dbnode]:
                if daemon:
                    daemon.kill()
            self.cache_link.close()
            self.db_link.close()
            if self.postgres:
                self.postgres.stop()


KINDS = ["dbnode", pytest.param("postgres", marks=pytest.mark.skipif(
    not postgres_is_here(), reason="PostgreSQL is not installed"))]


@pytest.fixture(scope="module", params=KINDS)
def shop(request, tmp_path_factory):
    running = Shop(tmp_path_factory.mktemp("shop"), request.param)
    yield running
    running.close()


class Shopper(httpx.Client):
    def __init__(self, shop, web=None):
        super().__init__(base_url=(web or shop.web).url, timeout=20)
        self.email = f"{secrets.token_hex(6)}@example.com"

    def add(self, line=None, product=7, size=None, qty=1, op=None):
        if size is None:
            size = self.get(f"/api/products/{product}").json()["sizes"][0]
        body = {"product": product, "size": size, "qty": qty}
        body.update({"line": line} if line else {}, **({"op": op} if op else {}))
        return self.post("/api/cart/lines", json=body)

    def cart(self):
        answer = self.get("/api/cart")
        assert answer.status_code == 200, answer.text
        return {line["line"]: line for line in answer.json()["lines"]}

    def sign_up(self, name="Ada Lovelace"):
        answer = self.post("/api/register", json={"email": self.email, "password": "long enough",
                                                  "name": name})
        assert answer.status_code == 201, answer.text
        return self

    def check_out(self, key=None, **extra):
        return self.post("/api/checkout", headers={"Idempotency-Key": key or secrets.token_hex(8)},
                         **extra)

    def orders(self):
        return self.get("/api/orders").json()["orders"]


def error_code(answer):
    return answer.json()["error"]["code"]
