"""dbnode: what one statement, and many at a time, may take from the process and from the others."""
import select
import socket
import struct

import pytest

from daemon import Daemon
from test_dbnode_hang_up import Client

MIB = 1 << 20
BOUND_MIB = 8
ROWS = "WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM c LIMIT {n})"
# Each wants about 100 MB, piece by piece or at once.
GREEDY = {
    "sort": ROWS.format(n=100) + " SELECT x FROM c ORDER BY randomblob(1000000)",
    "sort of many": ROWS.format(n=400000) + " SELECT x FROM c ORDER BY -x",
    "distinct": ROWS.format(n=100) + " SELECT count(*) FROM (SELECT DISTINCT randomblob(1000000) FROM c)",
    "temporary table": "CREATE TEMP TABLE big AS " + ROWS.format(n=100) + " SELECT randomblob(1000000) b FROM c",
    "group": ROWS.format(n=100) + " SELECT length(group_concat(hex(randomblob(500000)),'')) FROM c",
    "one row": "SELECT " + ",".join(["hex(zeroblob(7000000))"] * 8),
    "one value": "SELECT hex(zeroblob(7000000)) || hex(zeroblob(7000000))",
    "text": "SELECT replace(hex(zeroblob(1000000)),'0',hex(zeroblob(20)))",
    "json": "SELECT json_group_array(hex(zeroblob(1000000))) FROM (" + ROWS.format(n=100) + " SELECT x FROM c)",
    "window": "SELECT length(max(b) OVER ()) FROM (SELECT randomblob(1000000) b FROM (" + ROWS.format(n=100)
              + " SELECT x FROM c))",
}


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    # What is given back is given back: the sanitizer would keep 256 MiB of it.
    env = {"MULTIAZ_DB_PASSWORD": "", "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:quarantine_size_mb=1"}
    log = tmp_path_factory.mktemp("bounds") / "log"
    with Daemon("dbnode", "--port", 0, "--statement-memory", BOUND_MIB, env=env, log=log) as daemon:
        yield daemon


def peak_bytes(db):
    with open(f"/proc/{db.pid}/status") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmHWM"))


@pytest.mark.parametrize("kind", GREEDY)
def test_one_statement_does_not_take_the_process_over_its_bound(db, kind):
    client = Client(db)
    client.query("SET statement_timeout = 0")
    before = peak_bytes(db)
    answer = client.query(GREEDY[kind])
    assert b"C53200\0" in answer or b"C54000\0" in answer, answer[:300]
    # What SQLite has, a copy of one row on its way out, and what the allocator keeps between them.
    grown = peak_bytes(db) - before
    assert grown < 3 * BOUND_MIB * MIB, f"{kind}: {grown / MIB:.0f} MiB"
    assert b"SELECT 1" in client.query("SELECT 1")
    client.close()


def log_in(db):
    """A client, and what cancels it: its process and its secret."""
    client = Client(db, log_in=False)
    body = b"user\0shop\0database\0shop\0\0"
    client.sock.sendall(struct.pack("!II", len(body) + 8, 196608) + body)
    return client, client.ready().split(b"K\0\0\0\x0c")[1][:8]


def test_more_statements_than_there_were_threads_keep_nobody_waiting(tmp_path):
    """540 at a time: the next client logs in, asks, cancels and leaves as if it were alone."""
    with Daemon("dbnode", "--port", 0, "--max-connections", 700, env={"MULTIAZ_DB_PASSWORD": ""},
                log=tmp_path / "log") as db:
        slow = [log_in(db) for _ in range(540)]
        for client, _ in slow:
            client.query("SET statement_timeout = 0")
            client.ask("SELECT pg_sleep(600)")
        quick = Client(db)
        for _ in range(10):
            assert b"SELECT 1" in quick.query("SELECT 1")
            Client(db).close()
        assert select.select([client.sock for client, _ in slow], [], [], 0)[0] == [], "all of them still run"
        last, key = slow[-1]
        with socket.create_connection((db.address, db.port)) as cancels:
            cancels.sendall(struct.pack("!II", 16, 80877102) + key)
        assert b"C57014\0" in last.ready()
        quick.close()
        for client, _ in slow:
            client.close()
