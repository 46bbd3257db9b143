"""TLS at the cache and at the database, with redis-cli, redis-py, psql and psycopg."""
import os
import socket
import struct
import subprocess
import threading
from contextlib import contextmanager

import psycopg
import pytest
import redis

import certificates
from daemon import Daemon, run_to_end
from test_lb import read_all


# --- the cache ---

def test_the_cache_speaks_tls_and_nothing_else(tmp_path):
    with Daemon("cachenode", "--port", "0", "--tls", "on", *certificates.flags(tmp_path),
                env={"MULTIAZ_CACHE_PASSWORD": "secret"}) as cache:
        said = subprocess.run(["redis-cli", "-h", "127.0.0.1", "-p", str(cache.port), "--tls", "--cacert",
                               certificates.authority(), "-a", "secret", "--no-auth-warning", "set", "k", "v"],
                              capture_output=True, text=True, timeout=30)
        assert said.stdout == "OK\n", said
        with redis.from_url(f"rediss://default:secret@127.0.0.1:{cache.port}?ssl_ca_certs={certificates.authority()}") \
                as client:
            assert client.get("k") == b"v"
            big = os.urandom(3 << 20)
            client.set("big", big)
            assert client.get("big") == big
            with client.pipeline() as many:
                for i in range(2000):
                    many.set(i, "x" * 1000)
                assert all(many.execute())
        with redis.Redis(port=cache.port, password="secret", socket_timeout=20) as plain:
            with pytest.raises(redis.ConnectionError):
                plain.ping()


# --- the database ---

def database(port, **more):
    return " ".join(f"{key}={value}" for key, value in {
        "host": "127.0.0.1", "port": port, "user": "shop", "password": "secret", "dbname": "shop",
        "sslrootcert": certificates.authority(), **more}.items())


@contextmanager
def secure_db(folder, *flags):
    with Daemon("dbnode", "--port", "0", *certificates.flags(folder), *flags,
                env={"MULTIAZ_DB_PASSWORD": "secret"}) as db:
        yield db


def psql(words, *flags):
    return subprocess.run(["psql", "-XAt", words, *flags], capture_output=True, text=True, timeout=60)


def test_the_database_speaks_tls_when_asked(tmp_path):
    with secure_db(tmp_path) as db:
        done = psql(database(db.port, sslmode="verify-full"), "-c", "\\conninfo", "-c", "select 1")
        assert "SSL connection (protocol: TLSv1.3" in done.stdout and done.stdout.endswith("\n1\n"), done
        assert psql(database(db.port, sslmode="disable"), "-c", "select 1").stdout == "1\n"
        wrong = psql(database(db.port, sslmode="verify-full", sslrootcert=other_authority(tmp_path)), "-c", "select 1")
        assert "certificate verify failed" in wrong.stderr
        with psycopg.connect(database(db.port, sslmode="verify-full")) as conn:
            assert conn.pgconn.ssl_in_use
            conn.execute("create table long (id bigint primary key, text text)")
            with conn.cursor() as cursor:
                cursor.executemany("insert into long values (%s, %s)", [(i, "x" * 1000) for i in range(2000)])
            assert sum(len(text) for (text,) in conn.execute("select text from long")) == 2_000_000


def other_authority(folder):
    run_to_end("multiaz", "ca", env={"MULTIAZ_CA": str(folder / "other")})
    return folder / "other" / "ca.pem"


def test_force_ssl_refuses_log_ins_without_it(tmp_path):
    with secure_db(tmp_path, "--force-ssl", "on") as db:
        with pytest.raises(psycopg.OperationalError) as refused:
            psycopg.connect(database(db.port, sslmode="disable"))
        assert ('FATAL:  no pg_hba.conf entry for host "127.0.0.1", user "shop", database "shop", no encryption'
                in str(refused.value))
        said = psql(database(db.port, sslmode="disable"), "-v", "VERBOSITY=verbose", "-c", "select 1")
        assert "no encryption" in said.stderr
        assert psql(database(db.port, sslmode="require"), "-c", "select 1").stdout == "1\n"


def test_nothing_can_be_put_in_front_of_the_clients_words(tmp_path):
    with secure_db(tmp_path) as db:
        with socket.create_connection(("127.0.0.1", db.port), timeout=20) as conn:
            conn.sendall(struct.pack("!ii", 8, 80877103) + b"\x00\x00\x00\x08injected")
            assert read_all(conn) == b""
        with socket.create_connection(("127.0.0.1", db.port), timeout=20) as conn:
            conn.sendall(struct.pack("!ii", 8, 80877103))
            assert conn.recv(1) == b"S"
            conn.sendall(struct.pack("!ii", 8, 196608))  # and then no TLS
            assert b"FATAL" not in read_all(conn)
        assert psql(database(db.port, sslmode="require"), "-c", "select 1").stdout == "1\n"


def test_a_statement_is_cancelled_over_tls(tmp_path):
    with secure_db(tmp_path) as db, psycopg.connect(database(db.port, sslmode="require")) as conn:
        threading.Timer(0.5, conn.cancel).start()  # libpq sends it in the clear, on another connection
        with pytest.raises(psycopg.errors.QueryCanceled):
            conn.execute("select pg_sleep(20)")
