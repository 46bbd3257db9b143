"""The tiers under a webnode: cachenode, a database (dbnode or the real PostgreSQL), and links in
front of them that can hang, refuse and heal."""
import glob
import os
import pwd
import select
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import psycopg

CACHE_PASSWORD = "cache-secret"
DB_PASSWORD = "db-secret"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, seconds=10, what="the condition"):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"{what} did not come within {seconds} s")


class Link:
    """A TCP relay to `target`. hang(): connections that exist go silent for ever, new ones work: what
    a client sees of a failover away from a stopped process. refuse(): nobody listens."""

    def __init__(self, target):
        self.target = target
        self.port = free_port()
        self.pairs = []
        self.hung = set()
        self.lock = threading.Lock()
        self.listener = None
        self.answers_swallowed = 0
        self.swallow = None
        self.accept()

    def accept(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept_all, args=(self.listener,), daemon=True).start()

    def _accept_all(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            pair = (client, server)
            with self.lock:
                self.pairs.append(pair)
            threading.Thread(target=self._relay, args=(pair,), daemon=True).start()

    def _relay(self, pair):
        client, server = pair
        try:
            while True:
                ready, _, _ = select.select([client, server], [], [], 0.5)
                for source in ready:
                    data = source.recv(65536)
                    if not data:
                        return
                    if pair in self.hung:
                        continue
                    if source is server and self.swallow and self.swallow(data):
                        self.answers_swallowed += 1
                        self.hung.add(pair)
                        continue
                    (server if source is client else client).sendall(data)
        except OSError:
            pass
        finally:
            with self.lock:
                if pair in self.pairs:
                    self.pairs.remove(pair)
            client.close()
            server.close()

    def hang(self):
        with self.lock:
            self.hung.update(self.pairs)

    def swallow_answer_with(self, needle):
        """The next answer that contains `needle` is lost, and its connection hangs from then on."""
        def once(data):
            if needle not in data:
                return False
            self.swallow = None
            return True
        self.swallow = once

    def refuse(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            pairs = list(self.pairs)
        for client, server in pairs:
            for end in (client, server):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        self.refuse()


class Postgres:
    """A throw-away PostgreSQL, as its own user (it refuses to run as root)."""

    def __init__(self):
        self.bin = Path(sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1])
        self.folder = Path(tempfile.mkdtemp(prefix="multiaz-pg-"))
        self.port = free_port()
        self.as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        secret = self.folder / "password"
        secret.write_text(DB_PASSWORD)
        secret.chmod(0o644)
        self._run("initdb", "-D", self.folder / "data", "-U", "shop", "--pwfile", secret,
                  "-A", "scram-sha-256", "--no-sync", "-E", "UTF8", "--locale=C")
        self.start()
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE shop")

    def _run(self, program, *args):
        subprocess.run([*self.as_user, self.bin / program, *map(str, args)], check=True,
                       stdout=subprocess.DEVNULL, cwd="/")

    def start(self):
        self._run("pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log",
                  "-o", f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off "
                        f"-c unix_socket_directories={self.folder}", "start")

    def url(self, database="shop"):
        return f"postgresql://shop:{DB_PASSWORD}@127.0.0.1:{self.port}/{database}"

    def stop(self):
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")
        subprocess.run(["rm", "-rf", self.folder], check=True)


def postgres_is_here():
    return bool(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
