"""HTTPS with clients of others, curl and Python's ssl, and with those that misbehave; the authority."""
import json
import os
import socket
import ssl
import subprocess
import time
from contextlib import contextmanager

import pytest

import certificates
from daemon import Daemon, run_to_end, wait_for
from test_lb import Web, read_all

KEY = {"MULTIAZ_KEY": "ab" * 32}


@contextmanager
def secure_lb(folder, *flags, names=(), env=None):
    """A load balancer over one web server, with HTTPS on `https`."""
    port = certificates.free_port()
    web = Web("w1")
    try:
        with Daemon("lb", "--port", "0", "--target", web.address, "--https-port", port,
                    *certificates.flags(folder, *names), *flags, env=env) as lb:
            wait_for(lambda: "is healthy" in lb.log(), "the target is healthy")
            lb.https = port
            yield lb
    finally:
        web.close()


def curl(url, *flags):
    done = subprocess.run(["curl", "-sS", "--max-time", "20", "--cacert", certificates.authority(), *flags, url],
                          capture_output=True, text=True, timeout=40)
    return done.returncode, done.stdout, done.stderr


def shake(port, context=None, name="localhost", session=None):
    raw = socket.create_connection(("127.0.0.1", port), timeout=20)
    return (context or certificates.trusting()).wrap_socket(
        raw, server_hostname=name, session=session, suppress_ragged_eofs=False)


def ask(conn, path="/whoami"):
    conn.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    got = b""
    while b"\r\n\r\n" not in got:
        piece = conn.recv(65536)
        assert piece, got
        got += piece
    return got


# --- the load balancer ---

@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_curl_over_each_version(tmp_path, version):
    with secure_lb(tmp_path, "--tls-headers", "on") as lb:
        code, out, err = curl(f"https://localhost:{lb.https}/headers", f"--tlsv{version}", "--tls-max", version,
                              "-H", "X-Amzn-Tls-Version: forged", "-w", "\n%{ssl_verify_result} %{http_version}")
        assert code == 0, err
        body, facts = out.rsplit("\n", 1)
        assert facts == "0 1.1"
        seen = {name.lower(): value for name, value in json.loads(body)}
        assert seen["x-forwarded-proto"] == "https" and seen["x-forwarded-port"] == str(lb.https)
        assert seen["x-amzn-tls-version"] == f"TLSv{version}"
        expected = "TLS_AES_256_GCM_SHA384" if version == "1.3" else "ECDHE-ECDSA-AES"
        assert seen["x-amzn-tls-cipher-suite"].startswith(expected)


def test_targets_hear_of_versions_only_when_it_is_wanted(tmp_path):
    with secure_lb(tmp_path) as lb:
        _, body, _ = curl(f"https://localhost:{lb.https}/headers")
        assert "x-forwarded-proto" in body.lower() and "x-amzn-tls" not in body.lower()


def test_old_versions_and_strangers_are_refused(tmp_path):
    with secure_lb(tmp_path) as lb:
        old = certificates.trusting(ssl.TLSVersion.TLSv1_1)
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.raises(ssl.SSLError):
            shake(lb.https, old)
        code, _, err = curl(f"https://127.0.0.2:{lb.https}/")
        assert code != 0, err
        with pytest.raises(ssl.SSLCertVerificationError):
            shake(lb.https, ssl.create_default_context())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_are_resumed_by_every_node_of_the_cluster_and_no_other(tmp_path, version):
    context = certificates.trusting(version)
    with secure_lb(tmp_path, env=KEY) as one, secure_lb(tmp_path, env=KEY) as two, \
         secure_lb(tmp_path, env={"MULTIAZ_KEY": "cd" * 32}) as stranger:
        with shake(one.https, context) as conn:
            assert not conn.session_reused
            ask(conn)  # the tickets of TLS 1.3 come behind the handshake
            session = conn.session
        for lb, resumed in ((one, True), (two, True), (stranger, False)):
            with shake(lb.https, context, session=session) as conn:
                assert conn.session_reused == resumed, lb.https
                assert b"200 OK" in ask(conn)


def test_certificates_by_name(tmp_path):
    with secure_lb(tmp_path, names=[("localhost",), ("shop.multiaz.test",), ("*.web.test",)]) as lb:
        def names(wanted):
            context = certificates.trusting()
            context.check_hostname = False
            with shake(lb.https, context, wanted) as conn:
                return [value for _, value in conn.getpeercert()["subjectAltName"]]
        assert names("shop.multiaz.test") == ["shop.multiaz.test"]
        assert names("a.web.test") == ["*.web.test"]
        for other in ("localhost", "web.test", "a.b.web.test", "unknown.test"):
            assert names(other) == ["localhost"], other


def test_the_access_log_says_https(tmp_path):
    log = tmp_path / "access.log"
    with secure_lb(tmp_path, "--access-log", str(log)) as lb:
        assert curl(f"https://localhost:{lb.https}/whoami?a=1", "--tlsv1.3")[0] == 0
        with shake(lb.https, certificates.trusting(ssl.TLSVersion.TLSv1_2)) as conn:
            conn.sendall(b"broken\r\n\r\n")
            assert b" 400 " in read_all(conn)
        lines = wait_for(lambda: len(text := log.read_text().splitlines()) == 2 and text, "both lines")
    assert lines[0].startswith("https ")
    assert f'"GET https://localhost:{lb.https}/whoami?a=1 HTTP/1.1"' in lines[0]
    assert " TLS_AES_256_GCM_SHA384 TLSv1.3 " in lines[0]
    assert ' "localhost" "-" ' in lines[0]
    assert lines[1].startswith("https ") and " TLSv1.2 " in lines[1]


def test_alpn_is_http_1_1(tmp_path):
    with secure_lb(tmp_path) as lb:
        context = certificates.trusting()
        context.set_alpn_protocols(["h2", "http/1.1"])
        with shake(lb.https, context) as conn:
            assert conn.selected_alpn_protocol() == "http/1.1"
        context.set_alpn_protocols(["h3"])
        with pytest.raises(ssl.SSLError):
            shake(lb.https, context)


def test_large_bodies_in_both_directions(tmp_path):
    sent = tmp_path / "body"
    sent.write_bytes(os.urandom(8 << 20))
    with secure_lb(tmp_path) as lb:
        code, _, err = curl(f"https://localhost:{lb.https}/echo", "--data-binary", f"@{sent}", "-o", f"{tmp_path}/back")
        assert code == 0, err
        code, _, err = curl(f"https://localhost:{lb.https}/bytes?n=20000000", "-o", f"{tmp_path}/bytes")
        assert code == 0, err
        assert (tmp_path / "bytes").stat().st_size == 20_000_000
        assert lb.rss_bytes() < 400 << 20


def test_a_slow_reader_slows_the_target_down(tmp_path):
    with secure_lb(tmp_path) as lb:
        with shake(lb.https) as conn:
            before = lb.rss_bytes()
            conn.sendall(b"GET /bytes?n=60000000 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            time.sleep(0.5)
            assert lb.rss_bytes() - before < 30 << 20
            assert len(read_all(conn)) > 60_000_000


def test_an_orderly_end_is_said_and_an_answer_cut_short_is_not(tmp_path):
    with secure_lb(tmp_path) as lb:
        with shake(lb.https) as conn:
            conn.sendall(b"GET /until-close HTTP/1.0\r\n\r\n")
            while conn.recv(65536):  # b"" stands for close_notify; without it recv() raises
                pass
        with shake(lb.https) as conn:
            conn.sendall(b"GET /until-gone HTTP/1.0\r\n\r\n")
            with pytest.raises((ssl.SSLEOFError, ConnectionResetError)):
                while conn.recv(65536):
                    pass
        with shake(lb.https) as idle:
            ask(idle)
            lb.terminate()
            assert idle.recv(1) == b""


def test_clients_that_misbehave_cost_nothing(tmp_path):
    with secure_lb(tmp_path, "--idle-timeout-ms", "700") as lb:
        def raw():
            return socket.create_connection(("127.0.0.1", lb.https), timeout=20)
        with raw() as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"HTTP" not in read_all(plain)
        hello = client_hello()
        with raw() as half:  # leaves in the middle of its hello
            half.sendall(hello[:60])
        with raw() as left:  # leaves when the answer is there
            left.sendall(hello)
            assert left.recv(1)
        with raw() as slow:
            began = time.monotonic()
            slow.sendall(hello[:5])
            assert read_all(slow) == b""
            assert 0.5 < time.monotonic() - began < 15
        with raw() as broken:
            broken.sendall(b"\x16\x03\x01\x40\x00" + os.urandom(16384))
            read_all(broken)
        with socket.create_connection((lb.address, lb.port), timeout=20) as wrong_port:
            wrong_port.sendall(hello)
            assert read_all(wrong_port).startswith(b"HTTP/1.1 400 ")
        assert curl(f"https://localhost:{lb.https}/whoami")[0] == 0


def client_hello():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        certificates.trusting().wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("flags, words", [
    (["--https-port", "8443"], "--https-port: HTTPS needs --tls-cert and --tls-key"),
    (["--https-port", "x"], "--https-port: a port from 1 to 65535"),
    (["--tls-cert", "a"], "as many files of one as of the other"),
    (["--tls-cert", "/nowhere", "--tls-key", "/nowhere"], "--tls-cert: /nowhere: No such file"),
    (["--tls-headers", "maybe"], "--tls-headers: on or off"),
])
def test_bad_flags_are_named(flags, words):
    code, said = run_to_end("lb", "--port", "0", *flags)
    assert code == 254 and words in said, said


def test_a_key_of_another_certificate_is_named(tmp_path):
    one, two = certificates.issue(tmp_path, "a.test"), certificates.issue(tmp_path, "b.test")
    code, said = run_to_end("lb", "--port", "0", "--https-port", "8443", "--tls-cert", one[0], "--tls-key", two[1])
    assert code == 254 and "--tls-cert: the private key is not the certificate's" in said, said


# --- the authority ---

def test_the_authority_is_made_once_and_kept_private(tmp_path):
    env = {"MULTIAZ_CA": str(tmp_path / "ca")}
    first = run_to_end("multiaz", "ca", "--print", env=env)
    assert first[0] == 0 and first[1].startswith("-----BEGIN CERTIFICATE-----")
    assert run_to_end("multiaz", "ca", "--print", env=env) == first
    for name in ("authority.pem", "ca.pem"):
        assert (tmp_path / "ca" / name).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "ca").stat().st_mode & 0o777 == 0o700
    assert "PRIVATE KEY" not in (tmp_path / "ca" / "ca.pem").read_text()
    (tmp_path / "ca").chmod(0o755)
    code, said = run_to_end("multiaz", "ca", env=env)
    assert code != 0 and "is open to others" in said


def test_the_authority_certifies_names_that_belong_to_nobody(tmp_path):
    certificate, _ = certificates.issue(tmp_path, "*.multiaz.test", "localhost", "127.9.9.9")
    checked = subprocess.run(["openssl", "verify", "-CAfile", certificates.authority(), "-purpose", "sslserver",
                              certificate], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    for name in ("example.com", "10.0.0.1"):
        code, said = run_to_end("multiaz", "ca", "issue", name, "--out", tmp_path)
        assert code == 254 and f"{name} is not the authority's to certify" in said
