"""A cluster from a test's point of view: started and stopped by the command line, asked over HTTP."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from pytest_multiaz.run import Run
from pytest_multiaz.watch import Watch

UP_S = 120
PROOF_S = 60


class NotApplied(Exception):
    """A fault could not be applied, or did not bite: the test proves nothing."""


class NotHealthy(Exception):
    """The cluster did not start, or did not become whole again."""


def program():
    """The command `multiaz`: $MULTIAZ, or the one in PATH."""
    found = os.environ.get("MULTIAZ") or shutil.which("multiaz")
    if not found:
        raise NotHealthy("the command multiaz is not there: set $MULTIAZ to it, or put it into PATH")
    return found


def processes_naming(text):
    """Pids of all processes whose arguments or working folder name the text, but not ours."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().decode(errors="replace")
            if str(text) in command or str(text) in os.readlink(entry / "cwd"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


class Fault:
    """A fault that is in place. `record` is there when it is over: targets, times, proof."""

    def __init__(self, cluster, process, words):
        self._cluster, self._process, self._words = cluster, process, words
        self.record = None

    def finish(self, now=False):
        """Waits for its end (or heals it now); raises NotApplied when it did not bite."""
        if self.record is not None:
            return self.record
        if now and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        out, err = self._process.communicate(timeout=PROOF_S + 3600)
        if self._process.returncode == 254:
            raise ValueError(err.strip() or out.strip())
        try:
            self.record = json.loads(out.strip().splitlines()[-1])
        except (ValueError, IndexError):
            raise NotApplied(f"{self._words}: {err or out}") from None
        if not self.record["bit"]:
            raise NotApplied(f"{self._words}: {self.record['proof']}")
        assert not self.record["left_behind"], f"{self._words} did not heal"
        return self.record


class Cluster:
    """`with Cluster(toml="[web]\\ncount = 2") as cluster: ...`; the fixture `cluster` is one of these."""

    def __init__(self, run_dir, name="t", toml=None, file=None, flags=(), files=None, wait="healthy"):
        """`run_dir`: short, for sockets are in it; `files`: where scenarios and runs are kept, default the same;
        `wait`: until it is "healthy", or until its first "page" is served."""
        self.run_dir, self.name, self.files = Path(run_dir), name, Path(files or run_dir)
        self.run_dir.mkdir(parents=True, exist_ok=True)
        self._env = dict(os.environ, MULTIAZ_RUN=str(self.run_dir), NO_COLOR="1")
        self._faults = []
        words = ["up", "--name", name, "--json", "--wait", wait, *flags]
        if "--die-with" not in flags:
            words += ["--die-with", os.getpid()]  # no cluster outlives tests that are killed
        if file is not None:  # an app's own cluster.toml, where it lies
            words.insert(1, file)
        elif toml is not None:
            file = self.files / f"{name}.toml"
            file.write_text(toml)
            words.insert(1, file)
        done = self._call(*words, timeout=UP_S)
        if done.returncode == 254:
            raise ValueError(done.stderr.strip())
        if done.returncode != 0:
            raise NotHealthy(done.stderr + done.stdout)
        self.summary = json.loads(done.stdout.strip().splitlines()[-1])
        self.folder = Path(self.summary["run_dir"])
        self.endpoints, self.pids = self.summary["endpoints"], self.summary["pids"]
        self.url = self.endpoints["shop"]

    # --- the command line and the API
    def _call(self, *words, **more):
        return subprocess.run([program(), *map(str, words)], env=self._env, capture_output=True, text=True, **more)

    def run(self, *words, timeout=PROOF_S):
        """Any verb of `multiaz` on this cluster; raises with its message when it fails."""
        done = self._call(*words, "--name", self.name, timeout=timeout)
        if done.returncode == 254:
            raise ValueError(done.stderr.strip())
        if done.returncode != 0:
            raise NotApplied(f"multiaz {' '.join(map(str, words))}: {done.stderr or done.stdout}")
        return done.stdout

    def get(self, path):
        """What the API answers to a GET, parsed."""
        request = urllib.request.Request(self.summary["api"] + path,
                                         headers={"Authorization": "Bearer " + self.summary["token"]})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def instances(self):
        return {one["id"]: one for one in self.get("/v1/instances")}

    def healthy(self):
        try:
            return self.get("/v1/health")["healthy"]
        except (urllib.error.URLError, OSError):
            return False

    def wait_healthy(self, timeout_s=60):
        """Every role filled and in sync, seen three times in a row."""
        deadline, in_a_row = time.monotonic() + timeout_s, 0
        while in_a_row < 3:
            in_a_row = in_a_row + 1 if self.healthy() else 0
            if time.monotonic() > deadline:
                raise NotHealthy(str(self.get("/v1/health").get("reasons")))
            time.sleep(0.05)

    # --- faults
    def start_fault(self, words, for_s=0, **figures):
        """Starts `KIND TARGET [TO]`, for example start_fault("cut az-a az-b", for_s=3). It heals by itself."""
        command = [program(), "chaos", "inject", *words.split(), "--name", self.name]
        if for_s:
            command += ["--for-ms", str(int(for_s * 1000))]
        for key, value in figures.items():
            command += ["--set", f"{key}={value}"]
        process = subprocess.Popen(command, env=self._env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        fault = Fault(self, process, words)
        self._faults.append(fault)
        return fault

    @contextlib.contextmanager
    def fault(self, words, for_s, **figures):
        """`with cluster.fault("cut az-a az-b", for_s=3): ...`: in place inside, healed and proven after."""
        fault = self.start_fault(words, for_s, **figures)
        try:
            yield fault
        except BaseException:
            fault._process.send_signal(signal.SIGINT)
            raise
        fault.finish()

    def kill(self, target, for_s=3):
        """An instance, role, tier or any:TIER; or a whole zone, for that many seconds."""
        if target.startswith("az-"):
            return self.start_fault(f"zone_down {target}", for_s).finish()
        return self.start_fault(f"kill {target}").finish()

    def stop(self, target, for_s):
        return self.start_fault(f"stop {target}", for_s)

    # --- load
    def shoppers(self, faults=(), seed=1, **workload):
        """MyClothes.com under load with these faults, judged: a Run. Each fault is a dict as in a scenario."""
        return Run.of(self, faults, seed, workload)

    def watch(self, url=None, path="/", every_ms=25, ok=None):
        """Asks one page all the time, from inside the test: for any app. `with cluster.watch() as w: ...`."""
        return Watch((url or self.url) + path, every_ms, ok)

    # --- the end
    def down(self):
        for fault in self._faults:
            if fault.record is None and fault._process.poll() is None:
                fault._process.send_signal(signal.SIGINT)
                fault._process.communicate(timeout=PROOF_S)
        if not self.folder.exists():
            return
        done = self._call("down", "--name", self.name, timeout=PROOF_S)
        assert done.returncode == 0, done.stderr
        self.assert_nothing_left()

    def assert_nothing_left(self):
        """No folder, no process: the proof of no residue."""
        assert not self.folder.exists(), f"{self.folder} was left behind"
        left = processes_naming(self.folder)
        assert not left, f"processes {left} were left behind"

    def destroy(self):
        """Whatever happened: no process survives a test."""
        with contextlib.suppress(OSError, KeyError):
            pid = self.pids["supervisor"]
            if Path(f"/proc/{pid}/comm").read_text().strip() == "supervisor":  # not another with its number
                os.kill(pid, signal.SIGKILL)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.down()
        finally:
            self.destroy()
