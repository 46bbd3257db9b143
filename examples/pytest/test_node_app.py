"""The same for an app in Node (examples/apps/node): installed into a folder of its own first, then broken."""
import json
import shutil
import subprocess
import tempfile
import urllib.request
from pathlib import Path

import pytest

from pytest_multiaz import Cluster

APP = Path(__file__).resolve().parents[1] / "apps" / "node"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    folder = tmp_path_factory.mktemp("app")
    shutil.copytree(APP, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True, capture_output=True, timeout=110)
    with tempfile.TemporaryDirectory(prefix="multiaz-") as run_dir:
        with Cluster(run_dir, name="node-app", file=folder / "cluster.toml") as one:
            yield one


def ask(cluster, text=None):
    request = urllib.request.Request(cluster.url + "/", data=text and text.encode(), method="POST" if text else "GET")
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())


def test_an_acknowledged_entry_survives_the_loss_of_the_primary_s_zone(cluster):
    for number in range(5):
        ask(cluster, f"entry {number}")
    zone = next(one["zone"] for one in cluster.instances().values() if (one["tier"], one["role"]) == ("db", "primary"))
    with cluster.watch(path="/healthz") as seen:
        cluster.kill(zone, for_s=2)
        cluster.wait_healthy()
    assert {f"entry {number}" for number in range(5)} <= set(ask(cluster)["entries"])
    assert seen.outage_ms < 3000, f"{seen.failed} of {seen.requests} failed"


def test_it_answers_while_the_cache_hangs(cluster):
    with cluster.fault("stop cache:primary", for_s=1.5) as hang:
        assert "entry 0" in ask(cluster)["entries"]
    assert hang.record["bit"]
    cluster.wait_healthy()
