"""Certificates for tests, of the tests' own authority (`multiaz ca`)."""
import json
import socket
import ssl
import subprocess
import warnings

from daemon import BIN


def authority():
    done = subprocess.run([BIN / "multiaz", "ca", "--json"], capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)["ca"]


def issue(folder, *names):
    """The paths of a certificate for these names and of its key."""
    done = subprocess.run([BIN / "multiaz", "ca", "issue", *names, "--out", folder, "--json"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    return made["certificate"], made["key"]


def flags(folder, *names_of_each):
    """--tls-cert and --tls-key for one certificate per tuple of names."""
    made = [issue(folder, *names) for names in names_of_each or [("localhost", "127.0.0.1")]]
    return ["--tls-cert", ",".join(one[0] for one in made), "--tls-key", ",".join(one[1] for one in made)]


def trusting(version=None):
    context = ssl.create_default_context(cafile=authority())
    if version:
        with warnings.catch_warnings():  # that TLS 1.1 is out of date is why a test asks for it
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
    return context


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
