"""An instance may be many processes: behind a shell, with workers, as a daemon. It is hit, proven dead, waited for and
ended as a whole, and nothing of it is left."""
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import httpx
import pytest

from cluster import ROOT, Cluster, alive, multiaz, process_state, wait_until

APP = "apps_of_many.py"
SHAPES = {
    "shell": ["/bin/sh", "-c", f"{sys.executable} ./{APP} serve; true"],
    "shell-behind": ["/bin/sh", "-c", f"{sys.executable} ./{APP} serve & wait"],
    "workers": [sys.executable, f"./{APP}", "fork"],
    "daemon": [sys.executable, f"./{APP}", "daemon"],
    "left": [sys.executable, f"./{APP}", "left"],
    "bare": [sys.executable, f"./{APP}", "bare"],
    "stubborn": [sys.executable, f"./{APP}", "stubborn"],
}


def toml(command):
    return (f'[cluster]\nzones = 1\n[web]\ncount = 2\ncommand = {json.dumps(command)}\nhealth_path = "/"\n'
            '[cache]\ncount = 1\n[db]\nstandby = false\nreplicas = 0\n')


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def below(root):
    """Everybody under that process, by /proc, without zombies."""
    children = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and alive(int(entry.name)):
            try:
                children.setdefault(parent_of(entry.name), []).append(int(entry.name))
            except OSError:
                continue
    found, todo = [], [root]
    while todo:
        for child in children.get(todo.pop(), []):
            found.append(child)
            todo.append(child)
    return found


def keeper_of(cluster, id):
    """The supervisor's child that names the instance."""
    for pid in below(cluster.pids["supervisor"]):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        if words[0] == "keeper" and id in words:
            return pid
    return None


def answers(one):
    """The pid that answers at the instance's own address."""
    try:
        return int(httpx.get(f"http://{one['address']}:{one['port']}/", timeout=5, trust_env=False).text.split()[1])
    except (httpx.HTTPError, OSError):
        return None


@pytest.fixture(scope="module", params=SHAPES)
def cluster(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    shutil.copy(ROOT / "tests" / "system" / APP, folder / APP)
    with Cluster(folder, name="many", toml=toml(SHAPES[request.param])) as one:
        yield one


def web(cluster):
    """One that serves, once the number of the process that stays is known: the one a daemon is started by may still be
    about to end when its port is seen, and the next look finds who is left."""
    def settled():
        one = next(one for one in cluster.ps().values() if one["tier"] == "web")
        return one if alive(one["pid"]) else None
    return wait_until(settled, 5, "a living process")


def back(cluster, id, not_by):
    """Another process serves as that instance."""
    def served():
        one = cluster.ps()[id]
        pid = answers(one)
        return pid is not None and pid not in not_by and one["health"] == "healthy"
    wait_until(served, 40, f"{id} by another process")


def test_a_kill_takes_all_of_it_and_the_next_one_serves(cluster):
    victim = web(cluster)
    all_of_it = below(keeper_of(cluster, victim["id"]))
    server = answers(victim)
    assert server in all_of_it and victim["pid"] in all_of_it
    done = cluster.run("kill", victim["id"])
    assert done.returncode == 0 and "verified" in done.stdout, done.stdout
    assert not [pid for pid in all_of_it if alive(pid)], "some outlived a verified kill"
    back(cluster, victim["id"], all_of_it)


def test_a_stop_stops_all_of_it(cluster):
    victim = web(cluster)
    all_of_it = below(keeper_of(cluster, victim["id"]))
    assert cluster.run("stop", victim["id"]).returncode == 0
    assert {process_state(pid) for pid in all_of_it} == {"T"}
    with pytest.raises(httpx.TimeoutException):
        httpx.get(f"http://{victim['address']}:{victim['port']}/", timeout=0.5, trust_env=False)
    assert cluster.run("cont", victim["id"]).returncode == 0
    assert "T" not in {process_state(pid) for pid in all_of_it if alive(pid)}
    wait_until(lambda: answers(victim) or not alive(victim["pid"]), 20, "an answer")
    wait_until(cluster.healthy, 60, "health")


def test_an_orderly_restart_ends_all_of_it(cluster):
    victim = web(cluster)
    all_of_it = below(keeper_of(cluster, victim["id"]))
    done = cluster.run("restart", victim["id"])
    assert done.returncode == 0, done.stdout
    assert not [pid for pid in all_of_it if alive(pid)]
    back(cluster, victim["id"], all_of_it)


@pytest.mark.parametrize("whom", ["keeper", "main"])
def test_who_is_killed_from_outside_takes_the_others_along(cluster, whom):
    victim = web(cluster)
    keeper = keeper_of(cluster, victim["id"])
    all_of_it = below(keeper)
    os.kill(keeper if whom == "keeper" else victim["pid"], signal.SIGKILL)
    wait_until(lambda: not [pid for pid in all_of_it if alive(pid)], 20, "the end of all of it")
    back(cluster, victim["id"], all_of_it)


def test_the_supervisors_death_is_everybodys(tmp_path):
    shutil.copy(ROOT / "tests" / "system" / APP, tmp_path / APP)
    cluster = Cluster(tmp_path, name="orphans", toml=toml(SHAPES["daemon"]))
    everybody = below(cluster.pids["supervisor"])
    os.kill(cluster.pids["supervisor"], signal.SIGKILL)
    wait_until(lambda: not [pid for pid in everybody if alive(pid)], 20, "the end of everybody")
    assert multiaz("down", "--name", "orphans", run_dir=tmp_path).returncode == 0


def test_down_leaves_none(tmp_path):
    shutil.copy(ROOT / "tests" / "system" / APP, tmp_path / APP)
    for shape in ("stubborn", "left"):
        cluster = Cluster(tmp_path, name="none", toml=toml(SHAPES[shape]))
        everybody = below(cluster.pids["supervisor"])
        done = multiaz("down", "--name", "none", run_dir=tmp_path)
        assert done.returncode == 0 and "no process and no file is left" in done.stdout, done.stdout + done.stderr
        assert not [pid for pid in everybody if alive(pid)], shape
        cluster.http.close()


def test_up_is_not_up_with_dead_instances(tmp_path):
    """Each third instance ends at once: the page is served all the same, but that is not enough."""
    (tmp_path / "app.sh").write_text('#!/bin/sh\ncase $INSTANCE_ID in *2) echo "no such module" >&2; exit 1;; esac\n'
                                     f'exec {sys.executable} {ROOT}/tests/system/{APP} serve\n')
    (tmp_path / "app.sh").chmod(0o755)
    (tmp_path / "cluster.toml").write_text(toml(["./app.sh"]))
    done = multiaz("up", tmp_path / "cluster.toml", "--name", "half", run_dir=tmp_path)
    assert done.returncode == 3 and "is up" not in done.stdout, done.stdout
    assert "web-a2" in done.stderr and "no such module" in done.stderr, done.stderr


def test_doctor_finds_who_sits_on_a_clusters_address(tmp_path):
    import socket
    with socket.create_server(("127.98.1.21", 8080)):
        done = multiaz("doctor", "--name", "nobody", run_dir=tmp_path)
        assert f"kill {os.getpid()}" in done.stdout and "127.98.1.21:8080" in done.stdout, done.stdout
        assert done.returncode == 3
    assert "127.98.1.21" not in multiaz("doctor", run_dir=tmp_path).stdout


def test_a_port_in_strange_hands_is_not_the_instances(tmp_path):
    """Somebody answers 200 in the app's place: no traffic for it, and everybody says so."""
    import subprocess
    shutil.copy(ROOT / "tests" / "system" / APP, tmp_path / APP)
    with Cluster(tmp_path, name="taken", toml=toml(SHAPES["shell"])) as cluster:
        victim = web(cluster)
        grab = [sys.executable, str(tmp_path / APP), "serve", victim["address"], str(victim["port"])]
        assert cluster.run("zone", "down", victim["zone"]).returncode == 0
        thief = wait_until(lambda: start_and_hold(grab), 20, "the port")
        try:
            assert cluster.run("zone", "up", victim["zone"]).returncode == 0
            wait_until(lambda: "not its own" in cluster.ps()[victim["id"]]["health"], 30, "the port's owner seen")
            assert not cluster.healthy()
        finally:
            thief.kill()
            thief.wait()
        wait_until(cluster.healthy, 60, "health")
        assert isinstance(thief, subprocess.Popen)


def start_and_hold(command):
    import subprocess
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 3
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"http://{command[-2]}:{command[-1]}/", timeout=1, trust_env=False)
            return process
        except httpx.HTTPError:
            time.sleep(0.02)
    process.kill()
    process.wait()
    return None
