"""How a cluster starts, what keeps it from starting, and that nothing is left when it is gone."""
import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from cluster import BIN, Cluster, alive, multiaz, processes_naming, wait_until

SMALL = "[lb]\nper_zone = 1\n[web]\ncount = 1\n[cache]\ncount = 1\n[db]\nstandby = false\nreplicas = 0\n[cluster]\nzones = 1\n"


def assert_nothing_started(run_dir):
    assert not run_dir.exists() or [path for path in run_dir.iterdir() if path.is_dir()] == []
    assert processes_naming(run_dir) == []


# --- what keeps it from starting

@pytest.mark.parametrize("toml, words", [
    ("[web]\ncount = 101\n", ["bad.toml:2", "web.count = 101", "an integer from 0 to 100"]),
    ("[web]\ncuont = 3\n", ["bad.toml:2", 'unknown key "cuont"', 'did you mean "count"?']),
    ("[wbe]\ncount = 3\n", ["bad.toml:1", "unknown section [wbe]", 'did you mean "web"?']),
    ("[cluster]\nprofile = \"slow\"\n", ["bad.toml:2", '"fast", "aws"']),
    ("[cluster\n", ["bad.toml:1"]),
    ("[web]\ncount = 0\n[cache]\ncount = 99\n", ["bad.toml:2", "bad.toml:4"]),
])
def test_a_bad_file_is_explained(tmp_path, toml, words):
    (tmp_path / "bad.toml").write_text(toml)
    done = multiaz("up", tmp_path / "bad.toml", run_dir=tmp_path / "run")
    assert done.returncode == 254
    assert all(word in done.stderr for word in words), done.stderr
    assert_nothing_started(tmp_path / "run")


@pytest.mark.parametrize("flags, words", [
    (["/no/such/file.toml"], "/no/such/file.toml: No such file"),
    (["--name", "a/b"], "cluster.name"),
    (["--bug", "no-such-bug"], "ack-before-replicate"),
    (["--profile", "slow"], "fast"),
])
def test_bad_flags_are_explained(tmp_path, flags, words):
    done = multiaz("up", *flags, run_dir=tmp_path / "run")
    assert done.returncode == 254 and words in done.stderr + done.stdout
    assert_nothing_started(tmp_path / "run")


def test_an_address_that_was_asked_for_must_be_free(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (tmp_path / "c.toml").write_text(f'{SMALL}[shop]\naddress = "127.0.0.1:{port}"\n')
        done = multiaz("up", tmp_path / "c.toml", run_dir=tmp_path / "run")
    assert done.returncode == 254
    assert f"shop.address 127.0.0.1:{port}: address already in use" in done.stderr.replace("Address already", "address already")
    assert_nothing_started(tmp_path / "run")


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_an_unwritable_run_folder_is_named(tmp_path):
    (tmp_path / "run").mkdir(mode=0o500)
    done = multiaz("up", run_dir=tmp_path / "run")
    assert done.returncode == 254 and str(tmp_path / "run") in done.stderr


def test_a_run_folder_that_is_no_folder_is_named(tmp_path):
    (tmp_path / "run").write_text("")
    done = multiaz("up", run_dir=tmp_path / "run")
    assert done.returncode == 254 and str(tmp_path / "run") in done.stderr


@pytest.fixture
def full_disk(tmp_path):
    mount = tmp_path / "full"
    mount.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", mount], capture_output=True)
    if done.returncode != 0:
        pytest.skip("mounting a small disk needs root")
    yield mount
    subprocess.run(["umount", "-l", mount], check=True)


def test_a_full_disk_is_said_and_nothing_is_left(full_disk):
    (full_disk / "ballast").write_bytes(b"x" * 12 * 1024)
    done = multiaz("up", "--wait", "page", run_dir=full_disk)
    assert done.returncode in (254, 3)
    assert "space" in done.stderr or "disk" in done.stderr, done.stderr
    assert [path.name for path in full_disk.iterdir()] == ["ballast"]
    wait_until(lambda: processes_naming(full_disk) == [])


# --- several clusters

def test_a_taken_shop_port_costs_only_that_address(tmp_path):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8080))
            taken.listen()
        except OSError:
            pass  # somebody else has it: as good
        with Cluster(tmp_path, toml=SMALL, wait="page") as cluster:
            assert cluster.endpoints["shop"].startswith("http://127.")
            assert not cluster.endpoints["shop"].startswith("http://127.0.0.1:")
            assert any("127.0.0.1:8080" in note for note in cluster.summary["notes"])
            assert cluster.shop().status_code == 200


def test_two_clusters_side_by_side(tmp_path):
    with Cluster(tmp_path, name="one", toml=SMALL, wait="page") as one:
        with Cluster(tmp_path, name="two", toml=SMALL, wait="page") as two:
            assert one.endpoints["cache"] != two.endpoints["cache"]
            assert one.shop().status_code == two.shop().status_code == 200
            again = multiaz("up", "--name", "one", run_dir=tmp_path)
            assert again.returncode == 254 and "'one' runs already" in again.stderr
            which = multiaz("ps", run_dir=tmp_path)
            assert which.returncode == 254 and "one, two" in which.stderr and "--name" in which.stderr
        assert one.shop().status_code == 200
        assert multiaz("ps", run_dir=tmp_path).returncode == 0


def test_kept_data_is_found_again(tmp_path):
    import redis
    cluster = Cluster(tmp_path, toml=SMALL, wait="healthy")
    try:
        assert redis.Redis.from_url(cluster.endpoints["cache"]).set("kept", "yes")
        done = cluster.run("down", "--keep-data")
        assert done.returncode == 0 and str(cluster.folder) in done.stdout
        assert processes_naming(cluster.folder) == []
    finally:
        cluster.destroy()
    with Cluster(tmp_path, wait="healthy") as again:
        assert redis.Redis.from_url(again.endpoints["cache"]).get("kept") == b"yes"


# --- the end

def test_nothing_survives_the_supervisor(tmp_path):
    cluster = Cluster(tmp_path, toml=SMALL, wait="page")
    try:
        os.kill(cluster.pids["supervisor"], signal.SIGKILL)
        wait_until(lambda: not any(alive(pid) for pid in cluster.pids.values()))
        assert processes_naming(cluster.folder) == []
        doctor = multiaz("doctor", "--json", run_dir=tmp_path)
        assert doctor.returncode == 3
        # Clusters of other tests may be dying meanwhile: theirs are no folders of ours.
        bad = [one for one in json.loads(doctor.stdout) if one["level"] == "bad" and one["check"] != "orphan"]
        assert [one["check"] for one in bad] == ["leftover t"] and "doctor --fix" in bad[0]["advice"]
        assert multiaz("doctor", "--fix", run_dir=tmp_path).returncode == 0
        assert not cluster.folder.exists()
        assert multiaz("doctor", run_dir=tmp_path).returncode == 0
    finally:
        cluster.destroy()


def test_up_clears_what_a_dead_cluster_left(tmp_path):
    cluster = Cluster(tmp_path, toml=SMALL, wait="page")
    os.kill(cluster.pids["supervisor"], signal.SIGKILL)
    wait_until(lambda: not any(alive(pid) for pid in cluster.pids.values()))
    with Cluster(tmp_path, toml=SMALL, wait="page") as again:
        assert any("dead cluster" in note for note in again.summary["notes"])


def test_a_cluster_ends_with_the_process_that_it_was_bound_to(tmp_path):
    owner = subprocess.Popen(["sleep", "600"])
    cluster = Cluster(tmp_path, "--die-with", owner.pid, toml=SMALL, wait="page")
    try:
        owner.kill()
        owner.wait()
        wait_until(lambda: not any(alive(pid) for pid in cluster.pids.values()))
    finally:
        cluster.destroy()


def test_down_also_ends_what_is_stopped(tmp_path):
    with Cluster(tmp_path, toml=SMALL, wait="page") as cluster:
        for name in ("orchestrator", "cache-a1", "db-a1"):
            os.kill(cluster.pids[name], signal.SIGSTOP)


def test_down_without_a_cluster_says_so(tmp_path):
    for words in (["down"], ["ps"], ["kill", "web-a1"], ["ps", "--name", "ghost"]):
        done = multiaz(*words, run_dir=tmp_path / "run")
        assert done.returncode == 254 and "multiaz up" in done.stderr


# --- the supervisor alone

def start_supervisor(tmp_path, *orchestrator):
    (tmp_path / "logs").mkdir()
    return subprocess.Popen([BIN / "supervisor", "--dir", tmp_path, "--name", "s", "--", *orchestrator],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_an_orchestrator_that_cannot_live_is_tried_for_ever(tmp_path):
    """More often than it takes to reach the longest pause; the supervisor says so and ends only when it is told to."""
    began = time.monotonic()
    supervisor = start_supervisor(tmp_path, "/bin/false")
    record = tmp_path / "orchestrator.json"
    try:
        assert json.loads(supervisor.stdout.readline())["ready"] is True
        wait_until(lambda: record.exists() and json.loads(record.read_text())["failures"] >= 10, 60, "ten failures")
        assert time.monotonic() - began > 3  # slower and slower
        told = json.loads(record.read_text())
        assert told["last_end"] == "ended with exit code 1" and told["restarts"] >= 9
        assert supervisor.poll() is None
    finally:
        supervisor.terminate()
        _, words = supervisor.communicate(timeout=20)
    assert supervisor.returncode == 0 and not (tmp_path / "supervisor.sock").exists()
    pauses = [int(pause) for pause in re.findall(r"starting the orchestrator again in (\d+) ms", words)]
    assert pauses[:8] == [50, 100, 200, 400, 800, 1600, 2000, 2000] and set(pauses[8:]) <= {2000}


def test_a_killed_orchestrator_is_started_again(tmp_path):
    supervisor = start_supervisor(tmp_path, "/bin/sleep", "600")
    try:
        assert json.loads(supervisor.stdout.readline())["ready"] is True
        children = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children")
        seen = set()
        for _ in range(4):
            pid = int(wait_until(lambda: [pid for pid in children.read_text().split() if pid not in seen])[0])
            seen.add(str(pid))
            os.kill(pid, signal.SIGKILL)
        last = wait_until(lambda: [pid for pid in children.read_text().split() if pid not in seen])[0]
        supervisor.terminate()
        assert supervisor.wait(20) == 0
        assert not alive(int(last)) and not (tmp_path / "supervisor.sock").exists()
    finally:
        supervisor.kill()
        supervisor.wait()
        supervisor.stdout.close()
        supervisor.stderr.close()


def test_a_taken_endpoint_is_named_by_the_supervisor(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        done = subprocess.run([BIN / "supervisor", "--dir", tmp_path, "--name", "s", "--listen", f"api={address}",
                               "--", "/bin/true"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 254 and f"{address}: Address already in use" in done.stderr
    assert not (tmp_path / "supervisor.sock").exists()
