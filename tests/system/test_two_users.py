"""Another user of the machine was there first: what he laid out is refused by name, and nothing is written into it."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from cluster import BIN, Cluster

VICTIM, OTHER = 12345, 65534
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as two users")


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The build's folder may be closed to others."""
    folder = tmp_path_factory.mktemp("bin")
    for part in [folder, *folder.parents]:
        if part == Path("/tmp"):
            break
        part.chmod(part.stat().st_mode | 0o055)
    for name in ("multiaz", "orchestrator", "supervisor", "lb", "dns", "webnode", "cachenode", "dbnode", "awsapi"):
        shutil.copy(BIN / name, folder / name)
    return folder


def as_user(uid, *words, env=None):
    clean = {key: value for key, value in os.environ.items() if key not in ("XDG_RUNTIME_DIR", "MULTIAZ_RUN")}
    return subprocess.run(["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--", *map(str, words)],
                          env={**clean, "NO_COLOR": "1", **(env or {})}, cwd="/", capture_output=True, text=True,
                          timeout=100)


@pytest.fixture
def place():
    """/tmp/multiaz-UID, as the program chooses it when nothing else is said."""
    path = Path(f"/tmp/multiaz-{VICTIM}")
    remove(path)
    yield path
    remove(path)


def remove(path):
    if path.is_symlink():
        path.unlink()
    shutil.rmtree(path, ignore_errors=True)


def foreign(path, _):
    path.mkdir(mode=0o755)
    (path / "multiaz").mkdir()
    for one, mode in ((path, 0o755), (path / "multiaz", 0o777)):
        os.chown(one, OTHER, OTHER)
        one.chmod(mode)


def own_but_open(path, _):
    path.mkdir()
    os.chown(path, VICTIM, VICTIM)
    path.chmod(0o777)


def link(path, aside):
    aside.mkdir()
    os.chown(aside, VICTIM, VICTIM)
    path.symlink_to(aside)
    os.chown(path, OTHER, OTHER, follow_symlinks=False)


def cluster_is_a_link(path, aside):
    path.mkdir(mode=0o700)
    aside.mkdir()
    for one in (path, aside):
        os.chown(one, VICTIM, VICTIM)
    (path / "multiaz").symlink_to(aside)


def cluster_is_foreign(path, _):
    path.mkdir(mode=0o700)
    (path / "multiaz").mkdir()
    os.chown(path, VICTIM, VICTIM)
    os.chown(path / "multiaz", OTHER, OTHER)


@pytest.mark.parametrize("lay_out, words", [
    (foreign, f"belongs to user {OTHER}"), (own_but_open, "is open to others (mode 0777)"), (link, "is a link"),
    (cluster_is_a_link, "is a link"), (cluster_is_foreign, f"belongs to user {OTHER}")])
def test_a_prepared_folder_is_refused(programs, place, tmp_path, lay_out, words):
    aside = tmp_path / "aside"
    lay_out(place, aside)
    before = sorted(str(one) for top in (place, aside) if top.exists() for one in top.rglob("*"))
    for verb in (["up"], ["down", "--name", "multiaz"], ["ps", "--name", "multiaz"], ["events", "--name", "multiaz"]):
        done = as_user(VICTIM, programs / "multiaz", *verb)
        assert done.returncode == 254, f"{verb}: {done.returncode} {done.stdout}{done.stderr}"
        assert str(place) in done.stderr and words in done.stderr, f"{verb}: {done.stderr}"
    after = sorted(str(one) for top in (place, aside) if top.exists() for one in top.rglob("*"))
    assert before == after, "something was written or removed"


@pytest.mark.parametrize("owner, mode, words", [(OTHER, 0o700, "belongs to user"), (OTHER, 0o777, "belongs to user"),
                                                (VICTIM, 0o770, "by others"), (VICTIM, 0o777, "by others")])
@pytest.mark.parametrize("variable", ["XDG_RUNTIME_DIR", "MULTIAZ_RUN"])
def test_a_chosen_folder_must_be_nobody_elses(programs, variable, owner, mode, words):
    path = Path("/tmp/multiaz-two-users")
    remove(path)
    path.mkdir()
    os.chown(path, owner, owner)
    path.chmod(mode)
    try:
        done = as_user(VICTIM, programs / "multiaz", "up", env={variable: str(path)})
        denied = words in done.stderr or "open to others" in done.stderr or "Permission denied" in done.stderr
        assert done.returncode == 254 and str(path) in done.stderr and denied, done.stderr
        assert not list(path.iterdir())
    finally:
        remove(path)


def test_everything_in_the_folder_is_its_owners_alone(tmp_path):
    toml = "[cluster]\nzones = 1\n[web]\ncount = 1\n[cache]\ncount = 1\n[db]\nstandby = false\nreplicas = 0\n"
    old = os.umask(0)
    try:
        with Cluster(tmp_path, name="modes", toml=toml) as cluster:
            assert cluster.run("snapshot", "create", "db", "one").returncode == 0
            for one in [cluster.folder, *cluster.folder.rglob("*")]:
                facts = one.lstat()
                assert facts.st_mode & 0o077 == 0, f"{one}: {facts.st_mode & 0o777:o}"
    finally:
        os.umask(old)
