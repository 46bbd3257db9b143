"""The pytest plugin as its users run it: in a pytest of its own, on the examples."""
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import pytest
from cluster import BIN, ROOT, processes_naming

pytestmark = pytest.mark.alone


@pytest.mark.parametrize("example", ["test_own_app.py", "test_node_app.py", "test_shop.py"])
def test_the_examples_pass_in_under_a_minute_and_leave_nothing(tmp_path, example):
    env = dict(os.environ, PYTHONPATH=str(ROOT / "python"), MULTIAZ=str(BIN / "multiaz"))
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "pytest_multiaz.plugin", "-p", "no:cacheprovider",
                           "-c", os.devnull, "--rootdir", str(tmp_path), "--basetemp", str(tmp_path / "t"),
                           "--junitxml", str(tmp_path / "j.xml"), str(ROOT / "examples" / "pytest" / example)],
                          env=env, cwd=tmp_path, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout[-4000:]
    assert time.monotonic() - began < 60
    suite = next(ElementTree.parse(tmp_path / "j.xml").getroot().iter("testsuite"))
    assert int(suite.get("tests")) >= 2 and suite.get("failures") == suite.get("errors") == "0"
    assert processes_naming(tmp_path) == []
