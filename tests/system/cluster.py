"""A whole cluster under test, driven by the command line and the HTTP API only."""
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / "build" / os.environ.get("MULTIAZ_BUILD", "debug") / "bin"
sys.path.insert(0, str(ROOT / "python"))
os.environ["MULTIAZ"] = str(BIN / "multiaz")
from pytest_multiaz import cluster as plugin  # noqa: E402
from pytest_multiaz.cluster import processes_naming  # noqa: E402, F401

UP_S = 120
REPORTS = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|CHECK failed")
ERROR_LINE = re.compile(r"^\S+Z error .*$", re.M)


def multiaz(*words, run_dir, timeout=UP_S, **more):
    """Runs one verb to its end."""
    env = dict(os.environ, MULTIAZ_RUN=str(run_dir), NO_COLOR="1")
    return subprocess.run([str(BIN / "multiaz"), *map(str, words)], env=env, capture_output=True, text=True,
                          timeout=timeout, **more)


def wait_until(condition, timeout_s=30, what="the condition"):
    """Polls until condition() is true; returns its value."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not come true within {timeout_s} s"
        time.sleep(0.01)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def process_state(pid):
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


class Cluster(plugin.Cluster):
    """The plugin's cluster, and what only tests of the daemons look at:
    with Cluster(run_dir, name="x", toml="[web]\\ncount = 2") as cluster: ..."""

    def __init__(self, run_dir, *flags, **more):
        super().__init__(run_dir, flags=flags, **more)
        self.api = self.summary["api"]
        self.http = httpx.Client(base_url=self.api, timeout=30, trust_env=False,
                                 headers={"Authorization": "Bearer " + self.summary["token"]})

    # --- the command line
    def run(self, *words, **more):
        return multiaz(*words, "--name", self.name, run_dir=self.run_dir, **more)

    def json(self, *words):
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    # --- the API
    def get(self, path):
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path, **body):
        return self.http.post(path, json=body)

    def ps(self):
        return self.instances()

    def state_of(self, instance):
        """None while the orchestrator is being replaced."""
        try:
            return self.ps()[instance]["state"]
        except httpx.TransportError:
            return None

    def one(self, tier, role):
        return next((i for i in self.ps().values() if i["tier"] == tier and i["role"] == role), None)

    def events(self, since=0, kind=None):
        lines = self.http.get(f"/v1/events?since={since}").text.splitlines()
        events = [json.loads(line) for line in lines]
        return [event for event in events if kind in (None, event["kind"])]

    def last_seq(self):
        return self.events()[-1]["seq"]

    def healthy(self):
        try:
            return self.get("/v1/health")["healthy"]
        except httpx.HTTPError:
            return False

    def orchestrator_pid(self):
        """The living one, as the supervisor's child; None between two."""
        supervisor = self.pids["supervisor"]
        for pid in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split():
            try:
                if Path(f"/proc/{pid}/comm").read_text().strip() == "orchestrator" and alive(pid):
                    return int(pid)
            except OSError:
                continue
        return None

    def shop(self, path="/"):
        """A page of the shop, on a connection of its own."""
        return httpx.get(self.endpoints["shop"] + path, timeout=30, trust_env=False)

    # --- the end
    def logs(self):
        return {path.stem: path.read_text(errors="replace") for path in (self.folder / "logs").glob("*.log")}

    def assert_clean_logs(self):
        for name, text in self.logs().items():
            assert not REPORTS.search(text), f"{name}:\n{text[-4000:]}"
            assert not ERROR_LINE.search(text), f"{name}:\n{text[-4000:]}"

    def down(self):
        if self.folder.exists():
            self.assert_clean_logs()
        self.http.close()
        super().down()
        for name, pid in self.pids.items():
            assert not alive(pid), name
