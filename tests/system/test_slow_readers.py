"""Slow readers of webnode and awsapi: each gets every byte of an answer, or a reset, and never an orderly end
with bytes missing. (lb: test_lb_edges.py.)"""
import json
import re
import time

import httpx
import pytest

from daemon import BUILD, Daemon, wait_for
from test_lb_edges import Reader
from web_shop import Shop

PAUSE_S = 1.2  # longer than a connection lingers
PAUSE_BYTES = 512 << 10
KERNEL = 4 << 20  # what sockets hold at most: the rest of an answer is in the daemon

# --- awsapi: one answer of 16 MB; a debug build, in which that takes long, gives more than sockets hold

ITEMS, ITEM_BYTES = (100 if BUILD == "release" else 40), 160_000
NO_AWS = {name: "" for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "MULTIAZ_AWS_SECRET")}


def ask(url, operation, body):
    return httpx.post(url, content=json.dumps(body), headers={"X-Amz-Target": f"DynamoDB_20120810.{operation}"}, timeout=60)


@pytest.fixture(scope="module")
def table():
    with Daemon("dbnode", "--port", 0) as db:
        env = {**NO_AWS, "DATABASE_URL": f"postgresql://shop@127.0.0.1:{db.port}/shop"}
        with Daemon("awsapi", "--port", 0, "--no-auth", env=env) as node:
            wait_for(lambda: httpx.get(node.url + "/health").status_code == 200, "health")
            made = ask(node.url, "CreateTable", {
                "TableName": "big", "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]})
            assert made.status_code == 200, made.text
            for i in range(ITEMS):
                put = {"TableName": "big", "Item": {"id": {"S": str(i)}, "b": {"S": "x" * ITEM_BYTES}}}
                wait_for(lambda put=put: ask(node.url, "PutItem", put).status_code == 200, "the item", seconds=60)
            yield node


@pytest.mark.parametrize("version, fields", [("1.0", ""), ("1.1", "Connection: close\r\n")])
def test_a_long_answer_arrives_whole(table, version, fields):
    body = json.dumps({"RequestItems": {"big": {"Keys": [{"id": {"S": str(i)}} for i in range(ITEMS)]}}})
    request = (f"POST / HTTP/{version}\r\nHost: h\r\nX-Amz-Target: DynamoDB_20120810.BatchGetItem\r\n{fields}"
               f"Content-Length: {len(body)}\r\n\r\n{body}")
    reader = None

    def answered():  # by a database that is quick enough for so much
        nonlocal reader
        reader = Reader(table, request.encode()).read(1)
        return reader.head.startswith(b"HTTP/1.1 200 ")

    wait_for(answered, "an answer", seconds=60)
    time.sleep(2 * PAUSE_S)
    size = int(re.search(rb"Content-Length: (\d+)", reader.head, re.I)[1])
    assert size > ITEMS * ITEM_BYTES
    reader.read(size // 2)
    time.sleep(2 * PAUSE_S)
    reader.read(size - (200 << 10))
    while reader.body < size and not reader.reset:  # the rest at 50 KB/s
        before = reader.body
        reader.read(before + 16384)
        if reader.body == before:
            break
        time.sleep((reader.body - before) / 50_000)
    reader.finish()
    assert not reader.reset and reader.body == size


# --- webnode: its answers are small, so many on one connection; the last one ends it

@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("slow-readers"), "dbnode")
    yield made
    made.close()


@pytest.mark.parametrize("kind", ["HTTP/1.0", "close"])
def test_the_last_page_of_a_connection_arrives_whole(shop, kind):
    page = httpx.get(shop.web.url + "/shop", timeout=60).text
    assert page.count("</html>") == 1
    count = (2 * KERNEL) // len(page)
    version, stay, go = ("1.0", "Connection: keep-alive\r\n", "") if kind == "HTTP/1.0" else ("1.1", "", "Connection: close\r\n")
    each = f"GET /shop HTTP/{version}\r\nHost: h\r\n{stay}\r\n".encode()
    last = f"GET /shop HTTP/{version}\r\nHost: h\r\n{go}\r\n".encode()
    conn = Reader(shop.web, each * (count - 1) + last).conn
    got = bytearray()
    while piece := conn.recv(65536):
        before = len(got) // PAUSE_BYTES
        got += piece
        # Wherever the daemon has the last bytes, it has them for longer than it lingers.
        if len(got) > len(page) * count - KERNEL and len(got) // PAUSE_BYTES > before:
            time.sleep(PAUSE_S)
    conn.close()
    assert got.count(b"HTTP/1.1 200 ") == count and got.count(b"</html>") == count
