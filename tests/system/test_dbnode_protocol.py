"""dbnode as PostgreSQL's own clients see it: psycopg (libpq), psql, and raw bytes that no client sends."""
import datetime
import decimal
import os
import socket
import struct
import subprocess
import threading
import time

import psycopg
import pytest
from psycopg import errors

from daemon import Daemon, run_to_end

PASSWORD = "shop secret"


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    log = tmp_path_factory.mktemp("dbnode") / "log"
    with Daemon("dbnode", "--port", 0, env={"MULTIAZ_DB_PASSWORD": PASSWORD}, log=log) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def open_db(tmp_path_factory):
    """Without a password, for raw bytes; small limits."""
    log = tmp_path_factory.mktemp("dbnode") / "log"
    flags = ("--port", 0, "--size-limit", 8, "--max-connections", 20)
    with Daemon("dbnode", *flags, env={"MULTIAZ_DB_PASSWORD": ""}, log=log) as daemon:
        yield daemon


def connect(db, **options):
    merged = dict(host=db.address, port=db.port, user="shop", dbname="shop", password=PASSWORD, autocommit=True)
    merged.update(options)
    return psycopg.connect(**merged)


@pytest.fixture
def conn(db):
    with connect(db) as connection:
        yield connection


# --- who may come in

def test_wrong_credentials_are_told_apart(db):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(db, password="wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(db, user="root")
    with pytest.raises(psycopg.OperationalError, match='database "other" does not exist'):
        connect(db, dbname="other")
    with pytest.raises(psycopg.OperationalError, match="unrecognized configuration parameter"):
        connect(db, options="-c nonsense=1")


def test_the_client_is_told_what_it_needs(conn):
    info = conn.info
    assert info.server_version == 150000
    assert info.parameter_status("client_encoding") == "UTF8"
    assert info.parameter_status("integer_datetimes") == "on"
    assert info.parameter_status("in_hot_standby") == "off"
    assert info.backend_pid == conn.execute("SELECT pg_backend_pid()").fetchone()[0]


def test_read_write_sessions_are_recognised_by_libpq(db):
    with connect(db, target_session_attrs="read-write") as c:
        assert c.execute("SELECT pg_is_in_recovery()").fetchone()[0] == 0


def test_psql_works(db):
    env = dict(os.environ, PGPASSWORD=PASSWORD)
    url = f"postgresql://shop@{db.address}:{db.port}/shop"
    script = "CREATE TABLE p(a INT); INSERT INTO p VALUES(1),(2);\nSELECT sum(a) AS s FROM p;\nSELECT nope;\nDROP TABLE p;"
    done = subprocess.run(["psql", "-X", "-A", "-t", url], input=script, env=env, capture_output=True, text=True, timeout=30)
    assert done.stdout.split("\n")[:3] == ["CREATE TABLE", "INSERT 0 2", "3"]
    assert 'column "nope" does not exist' in done.stderr and done.returncode == 0


# --- values

VALUES = [1, -(2**40), 2.5, "it's ünï🙂", "", b"\x00\xff", True, None, decimal.Decimal("12.50"),
          datetime.datetime(2026, 11, 20, 23, 48, 26, 123456), datetime.date(2026, 2, 28)]


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("format", ["%s", "%t", "%b"])
def test_values_come_back_as_they_went(conn, binary, format):
    conn.execute("DROP TABLE IF EXISTS v")
    conn.execute("CREATE TABLE v(a BIGINT, b BIGINT, c DOUBLE PRECISION, d TEXT, e TEXT, f BYTEA, g BOOLEAN,"
                 " h TEXT, i NUMERIC(10,2), j TIMESTAMP, k DATE)")
    conn.execute(f"INSERT INTO v VALUES({','.join([format] * len(VALUES))})", VALUES)
    row = conn.cursor(binary=binary).execute("SELECT * FROM v").fetchone()
    for sent, got in zip(VALUES, row):
        if binary and isinstance(sent, (decimal.Decimal, datetime.date)):
            got = type(sent)(got) if isinstance(sent, decimal.Decimal) else type(sent).fromisoformat(got)
        assert got == sent and (sent is None or isinstance(got, type(sent)))


def test_expressions_have_the_type_of_their_value(conn):
    row = conn.execute("SELECT count(*), 1.5, 'x', NULL, max(7), %s::int + 1 FROM (SELECT 1)", [41]).fetchone()
    assert row == (1, 1.5, "x", None, 7, 42)


def test_a_large_value_and_a_large_result(conn):
    blob = os.urandom(3_000_000)
    assert conn.execute("SELECT %b::bytea", [blob]).fetchone()[0] == blob
    rows = conn.execute("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<200000)"
                        " SELECT i, 'a row of some length' FROM c").fetchall()
    assert len(rows) == 200_000 and rows[-1][0] == 200_000


# --- errors

@pytest.mark.parametrize("sql,error", [
    ("SELEC 1", errors.SyntaxError),
    ("SELECT * FROM nowhere", errors.UndefinedTable),
    ("SELECT missing FROM e", errors.UndefinedColumn),
    ("SELECT missing()", errors.UndefinedFunction),
    ("CREATE TABLE e(a INT)", errors.DuplicateTable),
    ("INSERT INTO e VALUES(1,'x',1,1)", errors.UniqueViolation),
    ("INSERT INTO e VALUES(2,NULL,1,1)", errors.NotNullViolation),
    ("INSERT INTO e VALUES(2,'y',-1,1)", errors.CheckViolation),
    ("INSERT INTO e VALUES(2,'y',1,99)", errors.ForeignKeyViolation),
    ("ATTACH '/etc/passwd' AS p", errors.InsufficientPrivilege),
    ("PRAGMA journal_mode=WAL", errors.InsufficientPrivilege),
    ("COPY e FROM STDIN", errors.FeatureNotSupported),
    ("VACUUM", errors.FeatureNotSupported),
    ("SET client_encoding = 'LATIN1'", errors.InvalidParameterValue),
    ("SELECT '" + "x" * 1_100_000 + "'", errors.ProgramLimitExceeded),
])
def test_errors_have_postgres_codes(conn, sql, error):
    conn.execute("CREATE TABLE IF NOT EXISTS e(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
                 " n INT CHECK(n>=0), parent INT REFERENCES e(id))")
    conn.execute("INSERT INTO e VALUES(1,'x',1,1) ON CONFLICT DO NOTHING")
    with pytest.raises(error):
        conn.execute(sql)
    assert conn.execute("SELECT 1").fetchone() == (1,)


def test_constraints_are_named(conn):
    conn.execute("CREATE TABLE IF NOT EXISTS named(id INTEGER PRIMARY KEY, mail TEXT UNIQUE)")
    conn.execute("INSERT INTO named VALUES(1,'a')")
    with pytest.raises(errors.UniqueViolation) as caught:
        conn.execute("INSERT INTO named VALUES(2,'a')")
    assert caught.value.diag.constraint_name == "named_mail_key"
    assert caught.value.diag.table_name == "named"


# --- transactions

def test_blocks_and_nested_savepoints(conn):
    conn.execute("CREATE TABLE tx(a INT)")
    with pytest.raises(ZeroDivisionError), conn.transaction():
        conn.execute("INSERT INTO tx VALUES(1)")
        raise ZeroDivisionError
    with conn.transaction():
        conn.execute("INSERT INTO tx VALUES(2)")
        with pytest.raises(errors.UndefinedTable), conn.transaction():
            conn.execute("INSERT INTO tx VALUES(3)")
            conn.execute("INSERT INTO nowhere VALUES(3)")
        conn.execute("INSERT INTO tx VALUES(4)")
    assert [a for a, in conn.execute("SELECT a FROM tx")] == [2, 4]


def test_a_failed_block_ignores_commands(db):
    with connect(db, autocommit=False) as c:
        with pytest.raises(errors.UndefinedTable):
            c.execute("SELECT * FROM nowhere")
        with pytest.raises(errors.InFailedSqlTransaction):
            c.execute("SELECT 1")
        c.rollback()
        assert c.execute("SELECT 1").fetchone() == (1,)


def test_open_transactions_are_invisible_and_do_not_block_readers(db, conn):
    conn.execute("CREATE TABLE iso(a INT)")
    with connect(db, autocommit=False) as writer:
        writer.execute("INSERT INTO iso VALUES(1)")
        assert conn.execute("SELECT count(*) FROM iso").fetchone() == (0,)
        writer.commit()
        assert conn.execute("SELECT count(*) FROM iso").fetchone() == (1,)


def test_the_second_writer_waits_or_gives_up_in_time(db, conn):
    conn.execute("CREATE TABLE w(a INT)")
    with connect(db, autocommit=False) as holder:
        holder.execute("INSERT INTO w VALUES(1)")
        conn.execute("SET lock_timeout = '50ms'")
        with pytest.raises(errors.LockNotAvailable):
            conn.execute("INSERT INTO w VALUES(2)")
        conn.execute("SET lock_timeout = 0")
        conn.execute("SET statement_timeout = '50ms'")
        with pytest.raises(errors.QueryCanceled):
            conn.execute("INSERT INTO w VALUES(2)")
        conn.execute("SET statement_timeout = 0")
        threading.Timer(0.05, holder.commit).start()
        conn.execute("INSERT INTO w VALUES(3)")
        assert conn.execute("SELECT count(*) FROM w").fetchone() == (2,)


def test_no_update_is_lost_among_many_writers(db, conn):
    conn.execute("CREATE TABLE counter(n INT)")
    conn.execute("INSERT INTO counter VALUES(0)")
    failures = []

    def count(rounds):
        try:
            with connect(db, autocommit=False) as c:
                for _ in range(rounds):
                    n = c.execute("SELECT n FROM counter FOR UPDATE").fetchone()[0]
                    c.execute("UPDATE counter SET n=%s", [n + 1])
                    c.commit()
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=count, args=(25,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert conn.execute("SELECT n FROM counter").fetchone() == (200,)


def test_a_snapshot_transaction_that_is_too_late_must_retry(db, conn):
    conn.execute("CREATE TABLE snap(a INT)")
    with connect(db, autocommit=False) as c:
        c.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
        assert c.execute("SELECT count(*) FROM snap").fetchone() == (0,)
        conn.execute("INSERT INTO snap VALUES(1)")
        assert c.execute("SELECT count(*) FROM snap").fetchone() == (0,)
        with pytest.raises(errors.SerializationFailure):
            c.execute("INSERT INTO snap VALUES(2)")


# --- the extended protocol

def test_pipelines_commit_together_and_errors_abort_them(conn):
    conn.execute("CREATE TABLE pipe(a INT PRIMARY KEY)")
    with conn.pipeline():
        for i in range(100):
            conn.execute("INSERT INTO pipe VALUES(%s)", [i])
        assert conn.execute("SELECT count(*) FROM pipe").fetchone() == (100,)
    with pytest.raises(errors.UniqueViolation), conn.pipeline():
        conn.execute("INSERT INTO pipe VALUES(1000)")
        conn.execute("INSERT INTO pipe VALUES(1)")
        conn.execute("INSERT INTO pipe VALUES(1001)")
    assert conn.execute("SELECT count(*) FROM pipe").fetchone() == (100,)


def test_prepared_statements_survive_schema_changes(conn):
    conn.execute("CREATE TABLE prep(a INT)")
    for i in range(5):
        conn.execute("INSERT INTO prep VALUES(%s)", [i], prepare=True)
    conn.execute("ALTER TABLE prep ADD COLUMN b TEXT DEFAULT 'new'")
    assert conn.execute("SELECT b FROM prep WHERE a=%s", [3], prepare=True).fetchone() == ("new",)
    conn.execute("INSERT INTO prep(a) VALUES(%s)", [9], prepare=True)


def test_executemany_and_returning(conn):
    conn.execute("CREATE TABLE many(id SERIAL PRIMARY KEY, a TEXT)")
    cursor = conn.cursor()
    cursor.executemany("INSERT INTO many(a) VALUES(%s) RETURNING id", [("a",), ("b",), ("c",)], returning=True)
    got = []
    while True:
        got.append(cursor.fetchone()[0])
        if not cursor.nextset():
            break
    assert got == [1, 2, 3]


def test_rows_can_be_streamed(conn):
    stream = conn.cursor().stream("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<5000) SELECT i FROM c")
    assert sum(i for i, in stream) == 5000 * 5001 // 2


# --- cancelling

def test_cancel_ends_a_query_and_the_session_goes_on(conn):
    threading.Timer(0.1, conn.cancel).start()
    started = time.monotonic()
    with pytest.raises(errors.QueryCanceled):
        conn.execute("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c) SELECT count(*) FROM c")
    assert time.monotonic() - started < 5
    assert conn.execute("SELECT 1").fetchone() == (1,)


def test_cancel_ends_a_wait_for_the_writer_lock(db, conn):
    conn.execute("CREATE TABLE cw(a INT)")
    with connect(db, autocommit=False) as holder:
        holder.execute("INSERT INTO cw VALUES(1)")
        threading.Timer(0.1, conn.cancel).start()
        with pytest.raises(errors.QueryCanceled):
            conn.execute("INSERT INTO cw VALUES(2)")


def test_a_slow_query_holds_up_nobody(db):
    slow = connect(db)
    thread = threading.Thread(target=lambda: slow.execute("SELECT pg_sleep(1)"))
    thread.start()
    started = time.monotonic()
    with connect(db) as c:
        for _ in range(20):
            c.execute("SELECT 1")
    assert time.monotonic() - started < 0.9
    thread.join()
    slow.close()


def test_a_client_that_vanishes_gives_the_writer_lock_back(db, conn):
    conn.execute("CREATE TABLE gone(a INT)")
    vanishing = connect(db, autocommit=False)
    vanishing.execute("INSERT INTO gone VALUES(1)")
    socket.socket(fileno=os.dup(vanishing.fileno())).shutdown(socket.SHUT_RDWR)
    conn.execute("INSERT INTO gone VALUES(2)")
    assert conn.execute("SELECT count(*) FROM gone").fetchone() == (1,)


# --- bytes that no client sends

def raw(daemon):
    return socket.create_connection((daemon.address, daemon.port), timeout=10)


def startup(params=None, version=196608):
    body = b"".join(k.encode() + b"\0" + v.encode() + b"\0" for k, v in (params or {"user": "shop"}).items()) + b"\0"
    return struct.pack("!II", len(body) + 8, version) + body


def message(kind, body):
    return kind + struct.pack("!I", len(body) + 4) + body


def read_all(sock):
    out = b""
    try:
        while data := sock.recv(65536):
            out += data
    except ConnectionError:
        pass
    return out


def read_until_ready(sock):
    out = b""
    while not out.endswith(b"Z\0\0\0\5I"):
        data = sock.recv(65536)
        assert data, out
        out += data
    return out


@pytest.mark.parametrize("junk", [
    b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\4", b"\0\0\0\7\0\3\0\0", b"\xff" * 100, struct.pack("!II", 9, 196608) + b"x",
    startup(version=131072), startup({"user": ""}), startup({"user": "shop", "replication": "true"}),
    struct.pack("!II", 8, 80877103) * 10, struct.pack("!IIII", 16, 80877102, 1, 2),
])
def test_bad_startups_end_the_connection_only(open_db, junk):
    with raw(open_db) as sock:
        sock.sendall(junk)
        sock.shutdown(socket.SHUT_WR)
        read_all(sock)
    with connect(open_db) as c:
        assert c.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("junk", [
    message(b"Q", b"no end"), message(b"P", b"\0"), message(b"B", b"\0\0\0\1\0\7"), message(b"!", b""),
    b"Q\0\0\0\0", b"Q\x7f\xff\xff\xff", message(b"E", b""), message(b"p", b"secret\0"), message(b"D", b"X\0"),
    message(b"B", b"\0\0" + b"\xff\xff" * 3),
])
def test_bad_messages_end_the_connection_with_08P01(open_db, junk):
    with raw(open_db) as sock:
        sock.sendall(startup())
        read_until_ready(sock)
        sock.sendall(junk)
        answer = read_all(sock)
    assert b"08P01" in answer, answer
    assert open_db.running()


@pytest.mark.parametrize("order", ["EDS", "BES", "HSHS", "CS", "dcfS", "SSS"])
def test_messages_out_of_order_are_errors_not_crashes(open_db, order):
    bodies = {b"E": b"\0\0\0\0\0", b"D": b"P\0", b"B": b"\0nope\0\0\0\0\0\0\0", b"C": b"Sx\0", b"f": b"why\0"}
    with raw(open_db) as sock:
        sock.sendall(startup())
        read_until_ready(sock)
        for kind in order.encode():
            sock.sendall(message(bytes([kind]), bodies.get(bytes([kind]), b"")))
        sock.sendall(message(b"Q", b"SELECT 'alive'\0"))
        answer = read_until_ready(sock)
        while b"alive" not in answer:
            answer += read_until_ready(sock)


def test_a_newer_minor_protocol_is_negotiated_down(open_db):
    with raw(open_db) as sock:
        sock.sendall(startup({"user": "shop", "_pq_.wish": "1"}, version=196609 + 1))
        answer = read_until_ready(sock)
    assert answer.startswith(b"v") and b"_pq_.wish" in answer


def test_requests_cut_anywhere_are_understood(open_db):
    data = startup() + message(b"P", b"\0SELECT $1\0\0\0") + message(b"B", b"\0\0\0\0\0\1\0\0\0\2hi\0\0") + \
        message(b"E", b"\0\0\0\0\0") + message(b"S", b"")
    with raw(open_db) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(0, len(data), 3):
            sock.sendall(data[i:i + 3])
        answer = read_until_ready(sock)
        if b"hi" not in answer:
            answer += read_until_ready(sock)
    assert b"hi" in answer


def test_a_cancel_with_the_wrong_secret_does_nothing(db, conn):
    threading.Timer(0.05, lambda: raw(db).sendall(struct.pack("!IIII", 16, 80877102, conn.info.backend_pid, 1))).start()
    assert conn.execute("SELECT 'x' || pg_sleep(0.2)").fetchone() == ("x",)


def test_too_many_clients_are_told_so(open_db):
    clients = []
    with pytest.raises(psycopg.OperationalError, match="too many clients"):
        for _ in range(25):
            clients.append(connect(open_db))
    for client in clients:
        client.close()


def test_a_full_database_says_so_and_keeps_what_it_has(open_db):
    with connect(open_db) as c:
        c.execute("CREATE TABLE IF NOT EXISTS full_up(a BLOB)")
        with pytest.raises(errors.DiskFull):
            for _ in range(20):
                c.execute("INSERT INTO full_up VALUES(zeroblob(1000000))")
        kept = c.execute("SELECT count(*) FROM full_up").fetchone()[0]
        assert 1 <= kept <= 8
        c.execute("DELETE FROM full_up")


def test_a_client_that_reads_nothing_is_only_its_own_problem(open_db):
    with raw(open_db) as sock:
        sock.sendall(startup())
        read_until_ready(sock)
        endless = b"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c) SELECT i, zeroblob(1000) FROM c\0"
        sock.sendall(message(b"Q", endless))
        with connect(open_db) as c:
            assert c.execute("SELECT 1").fetchone() == (1,)


# --- start and stop

def test_bad_starts_say_why():
    code, text = run_to_end("dbnode", "--nonsense")
    assert code == 254 and "nonsense" in text
    code, text = run_to_end("dbnode", "--port", 0, "--size-limit", "9999")
    assert code == 254 and "--size-limit" in text
    code, text = run_to_end("dbnode", "--address", "somewhere")
    assert code == 254 and "--address" in text
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, text = run_to_end("dbnode", "--address", "127.0.0.1", "--port", port)
        assert code in (1, 254) and f"127.0.0.1:{port}" in text


def test_stopping_tells_the_clients(tmp_path):
    daemon = Daemon("dbnode", "--port", 0, env={"MULTIAZ_DB_PASSWORD": PASSWORD}, log=tmp_path / "log")
    with connect(daemon) as idle, connect(daemon) as busy:
        failed = []

        def sleep():
            try:
                busy.execute("SELECT pg_sleep(60)")
            except psycopg.Error as error:
                failed.append(error)

        thread = threading.Thread(target=sleep)
        thread.start()
        started = time.monotonic()
        while busy.pgconn.transaction_status != psycopg.pq.TransactionStatus.ACTIVE:
            assert time.monotonic() - started < 5
        daemon.stop()
        thread.join()
        assert failed and time.monotonic() - started < 5
        with pytest.raises(psycopg.OperationalError):
            idle.execute("SELECT 1")
