"""A cluster whose clients speak TLS to every tier, and its failovers."""
import json
import ssl
import subprocess
import threading
import time

import psycopg
import pytest
import redis

from cluster import Cluster, wait_until

TOML = """
[web]
count = 2
[cache]
count = 2
tls = "on"
[db]
replicas = 0
force_ssl = true
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("run"), name="tls", toml=TOML) as started:
        yield started


def authority(cluster):
    return f"{cluster.summary['run_dir']}/ca.pem"


def curl(cluster, url, *flags):
    done = subprocess.run(["curl", "-sS", "--max-time", "30", "--cacert", authority(cluster), *flags, url],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_shop_is_served_over_https(cluster):
    url = cluster.endpoints["shop_https"]
    assert url.startswith("https://127.")
    products = json.loads(curl(cluster, url + "/api/products"))
    assert products
    octet = cluster.endpoints["api"].split(".")[1]
    for name in ("shop.multiaz.test", "az-a.shop.multiaz.test", "other.multiaz.test"):
        port = url.rsplit(":", 1)[1]
        assert curl(cluster, f"https://{name}:{port}/health", "--resolve", f"{name}:{port}:127.{octet}.0.1")


def test_each_tier_has_a_key_of_its_own_and_the_web_tier_none(cluster):
    for one in cluster.json("ps"):
        environment = open(f"/proc/{one['pid']}/environ", "rb").read().decode()
        keys = {tier for tier in ("LB", "DB", "CACHE") if f"MULTIAZ_{tier}_KEY=" in environment}
        assert keys == ({one["tier"].upper()} if one["tier"] in ("lb", "db", "cache") else set()), one["id"]


def test_an_order_goes_through_all_tiers(cluster):
    pages = curl(cluster, cluster.endpoints["shop_https"] + "/", "-D", "-")
    assert "200 OK" in pages.splitlines()[0]
    assert "AWSALB=" in pages


def test_plain_clients_are_refused(cluster):
    address, port = cluster.endpoints["cache"].split("@")[1].split("?")[0].split(":")
    with redis.Redis(address, int(port), socket_timeout=20) as plain, pytest.raises(redis.ConnectionError):
        plain.ping()
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        psycopg.connect(cluster.endpoints["db"].replace("verify-full", "disable"))


def until_it_works(act, seconds=60):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return act()
        except (psycopg.Error, redis.RedisError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_the_database_fails_over_under_tls(cluster):
    url = cluster.endpoints["db"]
    assert "sslmode=verify-full" in url
    with psycopg.connect(url, autocommit=True) as conn:
        assert conn.pgconn.ssl_in_use
        conn.execute("create table kept (id bigint primary key)")
        conn.execute("insert into kept values (1)")
    before = primary(cluster, "db")
    assert cluster.run("kill", "db:primary").returncode == 0
    wait_until(lambda: primary(cluster, "db") not in (None, before), what="another primary")

    def insert():
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("insert into kept values (2) on conflict do nothing")
            return [row[0] for row in conn.execute("select id from kept order by id")]
    assert until_it_works(insert) == [1, 2]


def test_the_cache_fails_over_under_tls(cluster):
    url = cluster.endpoints["cache"]
    assert url.startswith("rediss://") and "ssl_ca_certs=" in url
    with redis.from_url(url) as client:
        client.set("kept", "1")
    before = primary(cluster, "cache")
    assert cluster.run("kill", "cache:primary").returncode == 0
    wait_until(lambda: primary(cluster, "cache") not in (None, before), what="another primary")

    def read():
        with redis.from_url(url, socket_timeout=5) as client:
            return client.get("kept")
    assert until_it_works(read) == b"1"


def test_the_shop_serves_on_over_https_while_primaries_change(cluster):
    wait_until(lambda: cluster.run("health").returncode == 0, timeout_s=90, what="health")
    url, failed, stop = cluster.endpoints["shop_https"], [], threading.Event()

    def shop():
        while not stop.is_set():
            done = subprocess.run(["curl", "-sS", "-f", "--max-time", "30", "--cacert", authority(cluster),
                                   "-o", "/dev/null", url + "/api/products"], capture_output=True, text=True, timeout=60)
            if done.returncode:
                failed.append(done.stderr)
    shoppers = [threading.Thread(target=shop) for _ in range(3)]
    for one in shoppers:
        one.start()
    assert cluster.run("failover", "db").returncode == 0
    assert cluster.run("failover", "cache").returncode == 0
    stop.set()
    for one in shoppers:
        one.join()
    assert not failed


def primary(cluster, tier):
    return next((one["id"] for one in cluster.json("ps") if one["tier"] == tier and one["role"] == "primary"), None)


def test_certificates_are_of_the_tests_authority(cluster):
    context = ssl.create_default_context(cafile=authority(cluster))
    host, port = cluster.endpoints["shop_https"].removeprefix("https://").split(":")
    assert ssl.get_server_certificate((host, int(port)), ca_certs=authority(cluster)).startswith("-----BEGIN")
    assert context.get_ca_certs()[0]["subject"][0][0] == ("organizationName", "multiaz")
