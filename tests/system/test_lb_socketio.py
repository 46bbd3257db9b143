"""socket.io (an app's own library) through the balancer: WebSocket only, polling with the sticky cookie, and
the change from one to the other, with two servers that do not know each other's sessions."""
import json
import shutil
import socket
import subprocess
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from daemon import Daemon, die_with_parent, wait_for
from cluster import ROOT


@pytest.fixture(scope="module")
def folder():
    """The packages, installed once a build folder."""
    there = ROOT / "build" / "socketio"
    there.mkdir(parents=True, exist_ok=True)
    wanted = (ROOT / "tests/socketio/package-lock.json").read_text()
    for name in ("package.json", "package-lock.json", "server.js", "client.js"):
        shutil.copy(ROOT / "tests/socketio" / name, there / name)
    stamp = there / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=there, capture_output=True, text=True, timeout=110)
        assert done.returncode == 0, done.stdout + done.stderr
        stamp.write_text(wanted)
    return there


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def serves(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def balanced(folder, *flags):
    with ExitStack() as stack:
        ports = [free_port(), free_port()]
        for port, name in zip(ports, ("one", "two")):
            server = subprocess.Popen(["node", "server.js", str(port), name], cwd=folder, preexec_fn=die_with_parent)
            stack.callback(server.wait)
            stack.callback(server.kill)
        for port in ports:
            wait_for(lambda port=port: serves(port), "the server listens")
        targets = ",".join(f"127.0.0.1:{port}" for port in ports)
        lb = stack.enter_context(Daemon("lb", "--port", "0", "--target", targets, *flags))
        wait_for(lambda: lb.log().count("is healthy") == 2, "both targets are healthy")
        yield lb


def talk(folder, lb, transports):
    done = subprocess.run(["node", "client.js", f"http://127.0.0.1:{lb.port}", transports], cwd=folder, capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 0 and done.stdout, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("transports, ends_with", [("websocket", "websocket"), ("polling", "polling"),
                                                   ("polling,websocket", "websocket")])
def test_each_transport_works_and_stays_with_one_server(folder, transports, ends_with):
    with balanced(folder) as lb:
        for _ in range(3):
            said = talk(folder, lb, transports)
            assert "error" not in said, said
            assert len(said["names"]) == 1
            if transports != "polling,websocket":  # the change may come after the last word
                assert said["transport"] == ends_with


def test_polling_without_stickiness_fails_as_behind_an_alb(folder):
    with balanced(folder, "--stickiness", "off") as lb:
        results = [talk(folder, lb, "polling") for _ in range(3)]
        assert any("error" in one for one in results), "the servers do not know each other's sessions"
        assert "error" not in talk(folder, lb, "websocket"), "one connection is one server anyway"
