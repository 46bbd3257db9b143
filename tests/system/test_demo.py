"""The demonstration as a user runs it: nothing is lost, and a forced loss is found."""
import json
import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.alone

ROOT = Path(__file__).resolve().parents[2]
# Its figures are about time, so it runs without sanitizers; the other system tests run with them.
BIN = ROOT / "build" / os.environ.get("MULTIAZ_DEMO_BUILD", "release") / "bin"


def run_demo(tmp_path, *flags):
    env = dict(os.environ, MULTIAZ_RUN=str(tmp_path / "run"))
    done = subprocess.run([BIN / "multiaz", "demo", "--json", *flags], env=env, capture_output=True, text=True, timeout=240)
    lines = done.stdout.strip().splitlines()
    assert lines, done.stderr
    return done, json.loads(lines[-1])


def assert_nothing_left(tmp_path):
    run = tmp_path / "run"
    assert not run.exists() or not any(run.iterdir())
    left = subprocess.run(["pgrep", "-f", str(run)], capture_output=True, text=True).stdout.split()
    assert not left


def test_nothing_acknowledged_is_lost(tmp_path):
    done, report = run_demo(tmp_path)
    assert done.returncode == 0, done.stderr
    assert report["ok"] is True
    for claim in ("lost_carts", "lost_acked_cart_writes", "lost_orders", "duplicate_orders", "stale_reads", "unread"):
        assert report[claim] == 0, (claim, report)
    assert report["acked_cart_writes"] > 1000 and report["orders"] > 50 and report["carts"] >= 200
    assert len(report["faults"]) == 9
    assert all(fault["applied"] and fault["recovered"] for fault in report["faults"]), report["faults"]
    assert_nothing_left(tmp_path)


def test_a_forced_loss_is_found_and_named(tmp_path):
    done, report = run_demo(tmp_path, "--bug", "ack-before-replicate", "--only", "cut")
    assert done.returncode == 1, done.stderr
    assert report["ok"] is False
    assert all(fault["applied"] for fault in report["faults"]), report["faults"]
    assert report["lost_acked_cart_writes"] > 0
    assert any(one["kind"] == "lost acknowledged write" and one["subject"] for one in report["lost"])
    assert "lost acknowledged write" in done.stderr
    assert_nothing_left(tmp_path)


@pytest.mark.parametrize("flags, words", [
    (["--bug", "no-such-bug"], "ack-before-replicate"),
    (["--shoppers", "0"], "shoppers"),
    (["--profile", "slow"], "fast"),
])
def test_bad_input_is_named(tmp_path, flags, words):
    done = subprocess.run([BIN / "multiaz", "demo", *flags], capture_output=True, text=True, timeout=30)
    assert done.returncode == 254
    assert words in done.stderr + done.stdout
