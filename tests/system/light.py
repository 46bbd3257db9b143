"""A control plane alone: a real supervisor and orchestrator, and instances that are only `sleep`s.

Up in a second, for tests of what the orchestrator's doors take and answer. Addresses are those of a
cluster octet that nobody uses, claimed by a socket that is bound as long as the cluster is there.
"""
import json
import os
import secrets
import socket
import subprocess
import time

import httpx

from cluster import BIN

DAEMONS = ["lb", "webnode", "dbnode", "cachenode", "dns", "awsapi"]
ENDPOINTS = {"shop": "1:8080", "api": "2:7070", "control": "2:7071", "db": "5:5432", "cache": "6:6379",
             "cache_reader": "7:6379", "db_reader": "8:5432"}


def claim_octet():
    """(octet, socket that holds it), from the top, where `multiaz up` comes last.

    The API's address alone is no claim: between looking and the supervisor's listening, a test beside
    this one would find it free too, and then talk to our cluster as if it were its own.
    """
    for octet in range(99, 60, -1):
        claim = socket.socket()
        try:
            claim.bind((f"127.{octet}.255.254", 7070))
            with socket.socket() as probe:
                probe.bind((f"127.{octet}.0.2", 7070))
            return octet, claim
        except OSError:
            claim.close()
    raise RuntimeError("no octet is free")


class LightCluster:
    def __init__(self, folder, **named):
        self.folder = folder
        self.octet, self.claim = claim_octet()
        self.run, self.bin, self.token = folder / "run", folder / "bin", "T0"
        for one in (self.run / "logs", self.run / "data", self.bin):
            one.mkdir(parents=True)
        for name in DAEMONS:
            (self.bin / name).write_text("#!/bin/sh\nexec sleep 600\n")
            (self.bin / name).chmod(0o755)
        (self.bin / "orchestrator").symlink_to(BIN / "orchestrator")
        plan = subprocess.run([BIN / "orchestrator", "--print-plan", "--octet", str(self.octet), "--json"],
                              check=True, capture_output=True, text=True).stdout
        (self.run / "plan.json").write_text(plan)
        (self.run / "secrets.json").write_text(json.dumps({
            "cluster_id": "light-1", "key": secrets.token_hex(32), "token": self.token, "cache_password": "c",
            "db_password": "d", "cookie_key": "e", "aws_secret": "f", "ca_file": "g",
            **{f"{tier}_{part}": "h" for tier in ("lb", "db", "cache") for part in ("certificate", "key")}} | named))
        self.api = f"http://127.{self.octet}.0.2:7070"
        self.control = (f"127.{self.octet}.0.2", 7071)
        self.client = httpx.Client(base_url=self.api, timeout=30, headers={"Authorization": f"Bearer {self.token}"})

    def __enter__(self):
        words = [str(BIN / "supervisor"), "--dir", str(self.run), "--name", "light"]
        for name, rest in ENDPOINTS.items():
            words += ["--listen", f"{name}=127.{self.octet}.0.{rest}"]
        words += ["--", str(self.bin / "orchestrator"), "--dir", str(self.run), "--bin", str(self.bin),
                  "--plan", str(self.run / "plan.json")]
        with open(self.run / "supervisor.log", "w") as log:
            self.supervisor = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.wait()
        return self

    def __exit__(self, *_):
        self.client.close()
        self.supervisor.terminate()
        self.supervisor.wait(20)
        self.claim.close()

    def wait(self, seconds=60):
        limit = time.monotonic() + seconds
        while True:
            assert self.supervisor.poll() is None, (self.run / "supervisor.log").read_text()
            try:
                return self.pid()
            except httpx.HTTPError:
                assert time.monotonic() < limit, "the API never answered"
                time.sleep(0.05)

    def pid(self):
        """Of the orchestrator that answers."""
        answer = self.client.get("/v1/cluster")
        answer.raise_for_status()
        return answer.json()["pids"]["orchestrator"]

    def events(self):
        return [json.loads(line) for line in self.client.get("/v1/events").text.splitlines()]

    def log(self):
        return (self.run / "logs" / "orchestrator.log").read_bytes()

    def exchange(self, raw, seconds=30):
        """One connection: these bytes out, everything that comes until it is closed."""
        with socket.create_connection((f"127.{self.octet}.0.2", 7070), seconds) as conn:
            conn.sendall(raw)
            conn.shutdown(socket.SHUT_WR)
            out = b""
            while piece := conn.recv(65536):
                out += piece
            return out


def memory_kib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def alive(pid):
    return os.path.exists(f"/proc/{pid}")
