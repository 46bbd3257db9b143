"""CPU and memory limits by control groups, where this machine allows them; elsewhere it says so."""
import os
import signal
import time
from pathlib import Path

import httpx
import pytest

from cluster import Cluster, wait_until

TOML = """
[cluster]
zones = 1
[web]
count = 1
cpu_percent = 20
memory_max_mb = 512
[cache]
count = 1
[db]
standby = false
replicas = 0
"""


def groups_of(pid):
    return [line.rsplit(":", 1)[1] for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines()]


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def our_groups():
    return [path for path in Path("/sys/fs/cgroup").rglob("multiaz-*") if path.is_dir()]


def test_limits_hold_or_it_says_why(tmp_path):
    with Cluster(tmp_path, name="limits", toml=TOML) as cluster:
        refused = cluster.events(kind="no-limits")
        pid = cluster.ps()["web-a1"]["pid"]
        if refused:
            assert refused[0]["target"] == "web-a1" and "without its limits" in refused[0]["text"]
            pytest.skip("no control groups for us here: " + refused[0]["text"])
        assert any(group.endswith("-web-a1") for group in groups_of(pid))
        lb = cluster.ps()["lb-a1"]["pid"]
        assert not any("multiaz-" in group for group in groups_of(lb))
        used, since, asked = cpu_seconds(pid), time.monotonic(), 0
        with httpx.Client(base_url=cluster.endpoints["shop"], timeout=30) as client:
            while time.monotonic() - since < 3:
                assert client.get("/").status_code == 200
                asked += 1
        share = (cpu_seconds(pid) - used) / (time.monotonic() - since)
        assert asked > 20 and share < 0.3, f"{share:.2f} of a core"
        os.kill(cluster.pids["supervisor"], signal.SIGKILL)
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), 10)
    # What a killed supervisor left is removed by the next one.
    with Cluster(tmp_path / "next", name="next", toml=TOML) as cluster:
        assert our_groups() and all(str(cluster.pids["supervisor"]) in path.name for path in our_groups())
    wait_until(lambda: not our_groups(), 10, "that no group is left")
