"""Somebody's own app (examples/apps/python) with its own cluster.toml, broken from inside a test."""
import json
import urllib.request
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[1] / "apps" / "python" / "cluster.toml"
pytestmark = pytest.mark.multiaz(name="own-app", file=APP)


def entries(cluster):
    with urllib.request.urlopen(cluster.url + "/", timeout=20) as answer:
        return json.loads(answer.read())["entries"]


def write(cluster, text):
    request = urllib.request.Request(cluster.url + "/", data=text.encode(), method="POST")
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 201


def test_what_was_acknowledged_survives_the_death_of_both_primaries(cluster):
    write(cluster, "before")
    with cluster.watch(path="/healthz") as seen:
        for target in ("any:web", "cache:primary", "db:primary"):
            cluster.kill(target)
        cluster.wait_healthy()
    assert "before" in entries(cluster)
    write(cluster, "after")
    assert seen.outage_ms < 3000, f"{seen.failed} of {seen.requests} failed"


def test_a_zone_without_its_neighbour(cluster):
    with cluster.watch(path="/healthz") as seen, cluster.fault("cut az-a az-b", for_s=1) as cut:
        write(cluster, "meanwhile")
    assert cut.record["bit"]
    cluster.wait_healthy()
    assert "meanwhile" in entries(cluster)
    assert seen.outage_ms < 3000
