"""Starts one daemon of build/$MULTIAZ_BUILD/bin, and holds it to its manners: a ready line on stdout,
an orderly end on SIGTERM, no sanitizer report, no log line of level error."""
import ctypes
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = os.environ.get("MULTIAZ_BUILD", "debug")
BIN = ROOT / "build" / BUILD / "bin"
READY_S = 30
STOP_S = 30
REPORTS = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|CHECK failed|check failed")
ERROR_LINE = re.compile(r"^\S+Z error .*$", re.M)


def die_with_parent():
    """For preexec_fn: no process outlives tests that are killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def where_it_stands(pid):
    """Of a process that does not end: what its threads wait for, and their stacks if gdb is here."""
    out = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for name in ("comm", "wchan", "syscall"):
            try:
                out.append(f"{task.name} {name}: {(task / name).read_text().strip()}")
            except OSError as error:
                out.append(f"{task.name} {name}: {error}")
    if shutil.which("gdb"):
        words = ["gdb", "-p", str(pid), "-batch", "-ex", "thread apply all bt 30"]
        out.append(subprocess.run(words, capture_output=True, text=True, timeout=60).stdout[-6000:])
    return "\n".join(out)


class Daemon:
    """with Daemon("lb", "--port", "0") as lb: ... lb.port ...

    env: added to the environment. log: file for its stderr (none = a temporary one).
    listen: {name: listening socket} to be inherited. may_log_errors: lines of level error are part of
    the story."""

    def __init__(self, name, *flags, env=None, log=None, listen=None, may_log_errors=False):
        self.name = name
        self.may_log_errors = may_log_errors
        self.told_to_stop = False
        self.stderr = open(log, "w+b") if log else tempfile.TemporaryFile(mode="w+b")
        full = dict(os.environ, **(env or {}))
        full.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0")
        full.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
        fds = {key: socket.fileno() for key, socket in (listen or {}).items()}
        if fds:
            full["MULTIAZ_LISTEN"] = ",".join(f"{key}={fd}" for key, fd in fds.items())
        self.process = subprocess.Popen(
            [str(BIN / name), *map(str, flags)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=self.stderr, env=full, pass_fds=list(fds.values()),
            preexec_fn=die_with_parent)
        try:
            self.ready = self._read_ready()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        self.id = self.ready.get("id")
        self.port = self.ready.get("port")
        self.address = self.ready.get("address", "127.0.0.1")

    def _read_ready(self):
        deadline = time.monotonic() + READY_S
        line = b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            readable, _, _ = select.select([self.process.stdout], [], [], max(left, 0))
            chunk = os.read(self.process.stdout.fileno(), 4096) if readable else b""
            if not chunk:
                raise AssertionError(f"{self.name} did not say it was ready: {line!r}\n{self.log()}")
            line += chunk
        ready = json.loads(line.splitlines()[0])
        assert ready["ready"] is True, ready
        return ready

    @property
    def pid(self):
        return self.process.pid

    @property
    def url(self):
        return f"http://{self.address}:{self.port}"

    def running(self):
        return self.process.poll() is None

    def log(self):
        return os.pread(self.stderr.fileno(), 1 << 22, 0).decode(errors="replace")

    def rss_bytes(self):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def pause(self):
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.pid, signal.SIGCONT)

    def kill(self):
        """SIGKILL: nothing is asked of it after that."""
        self.process.kill()
        self.process.wait()

    def terminate(self):
        """SIGTERM, without waiting. Continued before, never after: the leak sanitizer stops a process
        that ends, and a SIGCONT takes that stop back, so that it would wait for ever."""
        self.told_to_stop = True
        self.resume()
        self.process.terminate()

    def stop(self):
        """SIGTERM; then it must end by itself and well."""
        if self.process.returncode is not None and self.process.returncode == -signal.SIGKILL:
            return
        if self.running() and not self.told_to_stop:
            self.terminate()
        try:
            code = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            where = where_it_stands(self.process.pid)
            self.kill()
            raise AssertionError(f"{self.name} did not end within {STOP_S} s\n{where}\n{self.log()}") from None
        self.assert_clean()
        assert code == 0, f"{self.name} ended with {code}\n{self.log()}"

    def assert_clean(self):
        text = self.log()
        assert not REPORTS.search(text), text
        if not self.may_log_errors:
            assert not ERROR_LINE.search(text), text

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.stop()
        elif self.running():
            self.kill()
        if kind is not None:
            print(f"--- log of {self.name} ---\n{self.log()[-20000:]}")
        self.process.stdout.close()
        self.stderr.close()
        return False


def run_to_end(name, *flags, env=None, timeout=30):
    """Runs a program that ends by itself: its exit code and all it said."""
    done = subprocess.run([str(BIN / name), *map(str, flags)], env=dict(os.environ, **(env or {})), timeout=timeout,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def wait_for(condition, what, seconds=10.0, interval=0.01):
    """Waits until condition() is true; returns what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {seconds} s for: {what}"
        time.sleep(interval)
