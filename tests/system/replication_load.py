"""Writers and readers on one replicated daemon, and the judgement of what they saw.

One process with some threads, each on a connection of its own. Every write is unique: an odd one adds
itself to a set that is never deleted, an even one sets a register of its writer to its number. An
outcome is "ok", "failed" (definitely not executed) or "doubt".
"""
import multiprocessing
import random
import re
import socket
import threading
import time
from collections import namedtuple

import psycopg

REGISTERS = 10  # of each writer
TIMEOUT_S = 8
PREPARE_S = 20
Write = namedtuple("Write", "writer number begin end outcome")
Read = namedtuple("Read", "writer register number begin end where")


class Failed(Exception):
    """Definitely not executed."""


class Doubt(Exception):
    """Executed or not, nobody knows."""


class Cache:
    def __init__(self, url):
        found = re.match(r"redis://default:(\w*)@([\d.]+):(\d+)", url)
        self.password, self.to, self.conn, self.rest = found[1], (found[2], int(found[3])), None, b""

    def connect(self):
        try:
            self.conn, self.rest = socket.create_connection(self.to, TIMEOUT_S), b""
            self.conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.call("AUTH", self.password)
        except (OSError, Doubt, Failed) as error:
            self.close()
            raise Failed(str(error)) from None

    def close(self):
        if self.conn:
            self.conn.close()
        self.conn = None

    def line(self):
        while b"\r\n" not in self.rest:
            data = self.conn.recv(65536)
            if not data:
                raise OSError("closed")
            self.rest += data
        line, self.rest = self.rest.split(b"\r\n", 1)
        return line

    def reply(self):
        line = self.line()
        if line[:1] == b"-":
            raise (Doubt if line.startswith(b"-INDOUBT") else Failed)(line.decode())
        if line[:1] == b"$":
            return None if line == b"$-1" else self.line()
        if line[:1] == b"*":
            return [self.reply() for _ in range(int(line[1:]))]
        return line[1:]

    def call(self, *words):
        if self.conn is None:
            self.connect()
        data = [b"*%d\r\n" % len(words)]
        for word in words:
            word = str(word).encode()
            data.append(b"$%d\r\n%s\r\n" % (len(word), word))
        try:
            self.conn.sendall(b"".join(data))
            return self.reply()
        except OSError as error:
            self.close()
            raise Doubt(str(error)) from None
        except (Doubt, Failed):
            self.close()
            raise

    def prepare(self):
        pass

    def add(self, writer, number):
        self.call("HSET", f"set:{writer}:{number // 1000}", number, 1)

    def set(self, writer, register, number):
        self.call("SET", f"register:{writer}:{register}", number)

    def get(self, writer, register):
        return int(self.call("GET", f"register:{writer}:{register}") or 0)

    def members(self, writer, last):
        found = set()
        for bucket in range(last // 1000 + 1):
            found.update(int(n) for n in self.call("HKEYS", f"set:{writer}:{bucket}"))
        return found


class Database:
    def __init__(self, url):
        self.url, self.conn = url, None

    def close(self):
        if self.conn:
            self.conn.close()
        self.conn = None

    def call(self, text, values=()):
        if self.conn is None:
            try:
                self.conn = psycopg.connect(self.url, autocommit=True, connect_timeout=TIMEOUT_S, prepare_threshold=1)
            except psycopg.Error as error:
                raise Failed(str(error)) from None
        try:
            return self.conn.execute(text, values)
        except psycopg.Error as error:
            self.close()
            # 08007: in doubt; no state at all: the connection broke. The rest says "not executed".
            raise (Doubt if error.sqlstate in (None, "08007") else Failed)(f"{error.sqlstate} {error}") from None

    def prepare(self):
        self.call("drop table if exists numbers")
        self.call("drop table if exists registers")
        self.call("create table numbers (writer integer, number integer, primary key (writer, number))")
        self.call("create table registers (writer integer, register integer, number integer, primary key (writer, register))")

    def add(self, writer, number):
        self.call("insert into numbers (writer, number) values (%s, %s)", (writer, number))

    def set(self, writer, register, number):
        self.call("insert into registers (writer, register, number) values (%s, %s, %s) "
                  "on conflict (writer, register) do update set number = excluded.number", (writer, register, number))

    def get(self, writer, register):
        row = self.call("select number from registers where writer = %s and register = %s", (writer, register)).fetchone()
        return row[0] if row else 0

    def members(self, writer, last):
        return {row[0] for row in self.call("select number from numbers where writer = %s", (writer,)).fetchall()}


CLIENTS = {"cache": Cache, "db": Database}


class Load:
    """with Load("cache", cluster.endpoints, rate=500) as load: ...; then load.judge()"""

    def __init__(self, daemon, endpoints, rate, writers=4, seed=1):
        self.daemon, self.writers = daemon, writers
        self.url, self.reader_url = endpoints[daemon], endpoints[daemon + "_reader"]
        self.prepare()
        self.pipe, other = multiprocessing.Pipe()
        self.stop = multiprocessing.Event()
        self.process = multiprocessing.Process(target=self.run, args=(other, rate / writers, seed), daemon=True)
        self.process.start()

    def prepare(self):
        """Empty tables, also where the test before failed in the middle; by a group that may just be choosing."""
        limit = time.monotonic() + PREPARE_S
        while True:
            try:
                return CLIENTS[self.daemon](self.url).prepare()
            except (Failed, Doubt):
                if time.monotonic() > limit:
                    raise

    # --- in the process
    def run(self, pipe, rate, seed):
        writes, reads = [], []
        threads = [threading.Thread(target=self.write, args=(writer, rate, writes)) for writer in range(self.writers)]
        threads += [threading.Thread(target=self.read, args=(url, where, random.Random(seed), reads))
                    for url, where in ((self.url, "primary"), (self.reader_url, "reader"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pipe.send((writes, reads))

    def write(self, writer, rate, writes):
        client = CLIENTS[self.daemon](self.url)
        due, number = time.monotonic(), 0
        while not self.stop.is_set():
            number += 1
            begin, outcome = time.monotonic(), "ok"
            try:
                if number % 2:
                    client.add(writer, number)
                else:
                    client.set(writer, number // 2 % REGISTERS, number)
            except Failed:
                outcome = "failed"
                time.sleep(0.002)
            except Doubt:
                outcome = "doubt"
            end = time.monotonic()
            writes.append(Write(writer, number, begin, end, outcome))
            due = max(due + 1 / rate, end - 1)  # what an outage kept from being written is not made up for
            if due > end:
                time.sleep(due - end)
        client.close()

    def read(self, url, where, draw, reads):
        client = CLIENTS[self.daemon](url)
        while not self.stop.is_set():
            writer, register = draw.randrange(self.writers), draw.randrange(REGISTERS)
            begin = time.monotonic()
            try:
                number = client.get(writer, register)
                reads.append(Read(writer, register, number, begin, time.monotonic(), where))
            except (Failed, Doubt):
                time.sleep(0.005)
            time.sleep(0.01)
        client.close()

    # --- outside
    def end(self):
        self.stop.set()
        self.writes, self.reads = self.pipe.recv()
        self.process.join()

    def judge(self):
        """What is wrong, as texts; nothing is good. Reads the final state from the primary."""
        client, wrong = CLIENTS[self.daemon](self.url), []
        for writer in range(self.writers):
            mine = [w for w in self.writes if w.writer == writer]
            if not mine:
                continue
            found = client.members(writer, mine[-1].number)
            adds = {w.number: w for w in mine if w.number % 2}
            lost = [n for n, w in adds.items() if w.outcome == "ok" and n not in found]
            risen = [n for n, w in adds.items() if w.outcome == "failed" and n in found]
            alien = found - adds.keys()
            wrong += [f"{self.daemon}: writer {writer} lost {len(lost)} acknowledged writes: {lost[:10]}"] * bool(lost)
            wrong += [f"{self.daemon}: writer {writer}: failed writes are there: {risen[:10]}"] * bool(risen)
            wrong += [f"{self.daemon}: writer {writer}: never written: {sorted(alien)[:10]}"] * bool(alien)
            for register in range(REGISTERS):
                wrong += self.judge_register(client, writer, register, mine)
        client.close()
        return wrong

    def judge_register(self, client, writer, register, mine):
        sets = [w for w in mine if w.number % 2 == 0 and w.number // 2 % REGISTERS == register]
        outcome = {w.number: w.outcome for w in sets}
        name = f"{self.daemon}: register {writer}/{register}"
        acked = max((w.number for w in sets if w.outcome == "ok"), default=0)
        final, wrong = client.get(writer, register), []
        if final < acked or outcome.get(final, "ok") == "failed":
            wrong.append(f"{name}: holds {final}, acknowledged was {acked}")
        reads = [r for r in self.reads if r.writer == writer and r.register == register]
        ends = sorted((w.end, w.number) for w in sets if w.outcome == "ok")
        for read in reads:
            if read.number and outcome.get(read.number, "failed") == "failed":
                wrong.append(f"{name}: {read.where} showed {read.number}, which was never executed")
            if read.where == "primary":
                before = max((n for end, n in ends if end < read.begin), default=0)
                if read.number < before:
                    wrong.append(f"{name}: stale read {read.number} at {read.begin:.6f}, acknowledged was {before}")
        return wrong

    def outage_s(self, begin, end):
        """The longest time between two acknowledged writes that overlaps [begin, end]."""
        ends = sorted(w.end for w in self.writes if w.outcome == "ok")
        return max((b - a for a, b in zip(ends, ends[1:]) if b > begin and a < end), default=float("inf"))

    def acknowledged(self, begin, end):
        return sum(1 for w in self.writes if w.outcome == "ok" and begin <= w.end <= end)
