"""The fixtures. A run that proves nothing is an error, a violated claim is a failure."""
import tempfile

import pytest

from pytest_multiaz.cluster import Cluster


def pytest_addoption(parser):
    group = parser.getgroup("multiaz")
    group.addoption("--multiaz-toml", default=None, help="cluster.toml for the fixture `cluster`")


def pytest_configure(config):
    config.addinivalue_line("markers", "multiaz(toml=... or file=..., flags=[...]): the cluster of this test")


@pytest.fixture
def cluster(request, tmp_path):
    """A cluster of its own for one test, down afterwards with proof that nothing is left."""
    marker = request.node.get_closest_marker("multiaz")
    wanted = dict(marker.kwargs) if marker else {}
    if not {"toml", "file"} & set(wanted) and request.config.getoption("--multiaz-toml"):
        with open(request.config.getoption("--multiaz-toml"), encoding="utf-8") as file:
            wanted["toml"] = file.read()
    with tempfile.TemporaryDirectory(prefix="multiaz-") as run_dir:
        with Cluster(run_dir, files=tmp_path, **wanted) as one:
            yield one


@pytest.fixture(scope="session")
def start_cluster():
    """A function that starts further clusters: start_cluster(folder, name="a", toml="..."); all end with the session."""
    started = []

    def start(folder, **more):
        started.append(Cluster(folder, **more))
        return started[-1]

    yield start
    for one in started:
        try:
            one.down()
        finally:
            one.destroy()
