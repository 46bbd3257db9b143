"""cachenode as its clients see it: redis-py, redis-cli, redis-benchmark, and some that mean it no good."""
import random
import socket
import subprocess
import time

import pytest
import redis

from daemon import Daemon, run_to_end, wait_for

PASSWORD = "correct horse battery"


def start(*flags, password="", **kwargs):
    return Daemon("cachenode", "--port", "0", *flags, env={"MULTIAZ_CACHE_PASSWORD": password}, **kwargs)


@pytest.fixture(scope="module")
def node():
    with start() as daemon:
        yield daemon


@pytest.fixture
def client(node):
    with redis.Redis(port=node.port, decode_responses=True, socket_timeout=30) as connection:
        connection.flushall()
        yield connection


def redis_cli(node, *words, text=None):
    done = subprocess.run(["redis-cli", "-p", str(node.port), *words], input=text, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Raw:
    """Bytes in, bytes out."""

    def __init__(self, node):
        self.socket = socket.create_connection(("127.0.0.1", node.port), timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server has seen enough

    def read(self, count):
        data = b""
        while len(data) < count:
            chunk = self.socket.recv(count - len(data))
            if not chunk:
                break
            data += chunk
        return data

    def read_to_end(self):
        data = b""
        try:
            while chunk := self.socket.recv(65536):
                data += chunk
        except ConnectionResetError:
            pass
        return data


# --- redis-py ---

def test_strings_hashes_and_expiry(client):
    assert client.set("greeting", "hello", ex=100) is True
    assert client.get("greeting") == "hello"
    assert 99 <= client.ttl("greeting") <= 100
    assert client.set("greeting", "again", nx=True) is None
    assert client.incrby("hits", 41) == 41 and client.incr("hits") == 42
    assert client.hset("cart:1", mapping={"shirt": 2, "hat": 1}) == 2
    assert client.hincrby("cart:1", "shirt", 3) == 5
    assert client.hgetall("cart:1") == {"shirt": "5", "hat": "1"}
    assert client.mget("greeting", "nothing") == ["hello", None]
    assert client.type("cart:1") == "hash"
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        client.get("cart:1")
    with pytest.raises(redis.ResponseError, match="wrong number of arguments for 'get' command"):
        client.execute_command("GET")
    client.set("soon", "gone", px=50)
    wait_for(lambda: client.get("soon") is None, "the key to expire")
    wait_for(lambda: client.dbsize() == 3, "the expired key to be removed")  # by the cron, without a read
    assert client.info("stats")["expired_keys"] >= 1


def test_scan_finds_every_key(client):
    with client.pipeline(transaction=False) as pipe:
        for number in range(5000):
            pipe.set(f"key:{number}", number)
        for number in range(2000):
            pipe.hset("big", f"field:{number}", number)
        pipe.execute()
    assert sorted(client.scan_iter(match="key:*", count=100)) == sorted(f"key:{n}" for n in range(5000))
    assert dict(client.hscan_iter("big", count=50)) == {f"field:{n}": str(n) for n in range(2000)}


def test_pipelines_keep_their_order(client):
    with client.pipeline(transaction=False) as pipe:
        for number in range(3000):
            pipe.incr("n")
            pipe.get("n")
        replies = pipe.execute()
    assert replies == [reply for number in range(1, 3001) for reply in (number, str(number))]


def test_transactions_and_watch(client, node):
    with redis.Redis(port=node.port, decode_responses=True) as rival:
        client.set("stock", 10)

        def take_one(pipe):
            left = int(pipe.get("stock"))
            if left == 10:
                rival.set("stock", 5)  # the first try loses
            pipe.multi()
            pipe.set("stock", left - 1)

        client.transaction(take_one, "stock")
        assert client.get("stock") == "4"


def test_large_values_come_back(client):
    for size in (1, 100_000, 5_000_000, 30_000_000):
        value = random.Random(size).randbytes(size).hex()[:size]
        client.set("large", value)
        assert client.get("large") == value
    with pytest.raises((redis.ResponseError, redis.ConnectionError)):
        client.set("large", "x" * (33 << 20))
    assert client.ping()


def test_what_the_control_plane_keeps_to_itself(client):
    for words in (["REPLICAOF", "127.0.0.1", "1"], ["CONFIG", "SET", "maxmemory", "1"], ["SHUTDOWN"], ["DEBUG", "SLEEP", "1"]):
        with pytest.raises(redis.ResponseError, match="restricted"):
            client.execute_command(*words)
    assert client.config_get("maxmemory") == {"maxmemory": str(256 << 20)}


def test_info_says_who_it_is(client, node):
    client.set("a", 1)
    info = client.info()
    assert info["role"] == "master" and info["connected_slaves"] == 0
    assert info["connected_clients"] >= 1 and info["used_memory"] > 0
    assert info["tcp_port"] == node.port and info["id"] == "cache-1"
    assert client.execute_command("WAIT", 0, 100) == 0
    begin = time.monotonic()
    assert client.execute_command("WAIT", 1, 200) == 0  # nobody to wait for
    assert 0.15 < time.monotonic() - begin < 10
    assert any(entry["cmd"] == "client|list" or entry["cmd"] == "client" for entry in client.client_list())


# --- Redis's own tools ---

def test_redis_cli(node, client):
    assert redis_cli(node, "PING") == "PONG\n"
    assert "proto 3\n" in redis_cli(node, "-3", "HELLO")
    assert redis_cli(node, text="SET a 1\nMULTI\nINCR a\nINCR a\nEXEC\nNONSENSE\n").split() == [
        "OK", "OK", "QUEUED", "QUEUED", "2", "3", *"ERR unknown command 'NONSENSE', with args beginning with:".split()]
    client.hset("h", "f", "v")
    assert redis_cli(node, "-3", "HGETALL", "h").split() == ["f", "v"]
    assert redis_cli(node, "--scan").split() == ["a", "h"] or redis_cli(node, "--scan").split() == ["h", "a"]
    bulk = "".join(f"SET bulk:{n} {n}\r\n" for n in range(10_000))
    assert "errors: 0, replies: 10000" in redis_cli(node, "--pipe", text=bulk)


def test_redis_benchmark(node):
    done = subprocess.run(["redis-benchmark", "-p", str(node.port), "-q", "--csv", "-n", "2000", "-c", "20", "-P", "8",
                           "-t", "ping,set,get,incr,hset,mset"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"') >= 14 and "ERR" not in done.stdout, done.stdout


def test_resp3_pushes_maps_and_nulls(node, client):
    client.hset("h", "f", "v")
    with Raw(node) as raw:
        raw.send(b"HELLO 3\r\n")
        wait_for(lambda: raw.read(1) == b"%", "a map")
    with Raw(node) as raw:
        raw.send(b"HELLO 3\r\nHGETALL h\r\nGET none\r\nQUIT\r\n")
        assert raw.read_to_end().endswith(b"%1\r\n$1\r\nf\r\n$1\r\nv\r\n_\r\n+OK\r\n")


# --- passwords ---

def test_passwords():
    with start(password=PASSWORD) as node:
        with redis.Redis(port=node.port, password=PASSWORD) as good:
            assert good.ping()
        with redis.Redis(port=node.port, username="default", password=PASSWORD) as good:
            assert good.ping()
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=node.port).ping()
        for wrong in ({"password": "wrong"}, {"username": "root", "password": PASSWORD}):
            with pytest.raises(redis.ResponseError, match="WRONGPASS"):
                redis.Redis(port=node.port, **wrong).ping()
        with Raw(node) as raw:  # before the password little is believed
            raw.send(b"*2\r\n$3\r\nGET\r\n$100000000\r\n")
            assert b"-ERR Protocol error" in raw.read_to_end()
        with Raw(node) as raw:
            raw.send(b"*100\r\n")
            assert b"-ERR Protocol error" in raw.read_to_end()
        with Raw(node) as raw:
            raw.send(b"FLUSHALL\r\nAUTH wrong\r\nAUTH " + b"x" * 5000 + b"\r\nQUIT\r\n")
            replies = raw.read_to_end().split(b"\r\n")
            assert replies[0] == b"-NOAUTH Authentication required."
            assert replies[1] == replies[2] == b"-WRONGPASS invalid username-password pair or user is disabled."
            assert replies[3] == b"+OK"
        wait_for(lambda: "failed authentications in the last second" in node.log(), "the log line")


# --- clients that mean no good ---

MALFORMED = [
    b"*-5\r\n$4\r\nPING\r\n", b"*1\r\n$-9\r\n", b"*1\r\nPING\r\n", b"*99999999999\r\n", b"*1\r\n$99999999999\r\n",
    b"*1\r\n$4\r\nPINGxx\r\n", b"*x\r\n", b"*1\r\n$x\r\n", b"\x00\xff\xfe\r\n", b"*3\r\n" + b"$1\r\na\r\n" * 3,
    b"GET / HTTP/1.1\r\nHost: cache\r\n\r\n", b'SET "unbalanced\r\n', b"a" * 200_000, b"*1\r\n$" + b"0" * 200_000,
    b"\r\n" * 1000, b"*0\r\n" * 1000, b"$5\r\nhello\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]


@pytest.mark.parametrize("data", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_frames_hurt_nobody(node, client, data):
    with Raw(node) as raw:
        raw.send(data)
        raw.socket.shutdown(socket.SHUT_WR)
        raw.read_to_end()
    assert client.ping()


def test_random_bytes_hurt_nobody(node, client):
    for seed in range(200):
        source = random.Random(seed)
        data = source.randbytes(source.randrange(1, 400)) if seed % 2 else b"".join(
            source.choice([b"*", b"$", b"1", b"2", b"-", b"\r\n", b"SET", b"GET", b"a", b"EXEC", b"MULTI", b"HELLO", b"3", b" "])
            for _ in range(60))
        with Raw(node) as raw:
            raw.send(data)
            raw.socket.shutdown(socket.SHUT_WR)
            raw.read_to_end()
    assert client.ping()


def test_a_command_in_single_bytes(node):
    with Raw(node) as raw:
        for byte in b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5\r\nhello\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n":
            raw.send(bytes([byte]))
        assert raw.read(16) == b"+OK\r\n$5\r\nhello\r\n"


def test_a_half_closed_connection_still_gets_its_replies(node):
    with Raw(node) as raw:
        raw.send(b"SET half 1\r\n" * 2000 + b"GET half\r\n")
        raw.socket.shutdown(socket.SHUT_WR)
        assert raw.read_to_end() == b"+OK\r\n" * 2000 + b"$1\r\n1\r\n"


def test_a_slow_reader_is_closed_and_others_do_not_notice(node, client):
    client.set("large", "x" * 1_000_000)
    with Raw(node) as raw:
        raw.send(b"GET large\r\n" * 2000)  # 2 GB of replies that nobody reads
        begin = time.monotonic()
        for _ in range(100):
            assert client.ping()
        assert time.monotonic() - begin < 10
        address = "127.0.0.1:%d" % raw.socket.getsockname()[1]
        wait_for(lambda: all(entry["addr"] != address for entry in client.client_list()), "the slow reader to be closed", 40)
    assert node.rss_bytes() < 1 << 30


def test_too_many_clients():
    with start("--clients-max", "5") as node:
        connections = [Raw(node) for _ in range(5)]
        for connection in connections:
            connection.send(b"PING\r\n")
            assert connection.read(7) == b"+PONG\r\n"
        with Raw(node) as sixth:
            assert sixth.read_to_end() == b"-ERR max number of clients reached\r\n"
        connections.pop().socket.close()

        def accepted():
            with Raw(node) as again:
                again.send(b"PING\r\n")
                return again.read(7) == b"+PONG\r\n"
        wait_for(accepted, "a place to be free")
        for connection in connections:
            connection.socket.close()


def test_memory_is_bounded():
    with start("--maxmemory-mb", "2") as node, redis.Redis(port=node.port) as client:
        with pytest.raises(redis.ResponseError, match="OOM command not allowed when used memory > 'maxmemory'."):
            for number in range(100):
                client.set(f"k{number}", b"x" * 50_000)
        assert client.delete("k0", "k1", "k2") == 3
        assert client.set("small", 1)
        assert client.info("memory")["used_memory"] < 3 << 20


# --- life ---

def test_endpoints_are_served_by_whom_has_the_role():
    with socket.create_server(("127.0.0.1", 0)) as primary, socket.create_server(("127.0.0.1", 0)) as reader:
        with start(listen={"cache": primary, "cache_reader": reader}) as node:
            for endpoint in (primary, reader):  # alone, it is its own reader
                with redis.Redis(port=endpoint.getsockname()[1]) as client:
                    assert client.incr("n") > 0
            assert node.port not in (primary.getsockname()[1], reader.getsockname()[1])


def test_a_taken_port_is_said_so(node):
    code, said = run_to_end("cachenode", "--port", str(node.port))
    assert code == 1 and f"127.0.0.1:{node.port}" in said and "in use" in said
    code, said = run_to_end("cachenode", "--port", "0", "--maxmemory-mb", "much")
    assert code == 254 and "--maxmemory-mb: much is not a whole number" in said
    code, said = run_to_end("cachenode", "--port", "0", "--bug", "typo")
    assert code == 254 and "typo" in said


def test_it_stops_while_clients_are_busy():
    with start() as node:
        raws = [Raw(node) for _ in range(10)]
        for raw in raws:
            raw.send(b"SET a 1\r\n" * 5000)
        node.stop()
        for raw in raws:
            raw.read_to_end()
            raw.socket.close()
