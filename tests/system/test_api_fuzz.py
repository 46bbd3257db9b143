"""Random requests to every route of the control plane's API: the process lives and answers 2xx or 4xx.

Short by default; MULTIAZ_API_FUZZ_S=1800 is the long run. A failure prints the seed, which
MULTIAZ_API_FUZZ_SEED replays.
"""
import json
import os
import random
import time

import httpx
import pytest

from light import LightCluster, memory_kib

SECONDS = float(os.environ.get("MULTIAZ_API_FUZZ_S", "8"))
SEED = int(os.environ.get("MULTIAZ_API_FUZZ_SEED", str(random.SystemRandom().getrandbits(32))))
# They end the cluster, or this orchestrator, in order; or wait for members that are only sleeps.
LEFT_OUT = {"/v1/down"}
STREAMS = {"/v1/stream"}
# 500 is never one of them. 503 and 504: nobody is there to carry it out, or in time.
EXPECTED = {503, 504}
GROWTH_KIB_MAX = 200_000

VALUES = [None, True, False, 0, -1, 1, 1.5, -0.0, 1 << 31, 1 << 53, 1 << 63, (1 << 64) - 1, 1 << 64, -(1 << 63), 1e300,
          "", "a", "db", "web", "cache", "az-a", "web-a1", "db-a1", "all", "any:web", "cut", "down", "\0", "\ud800", "é" * 300,
          "x" * 5000, "${", "${db_password}", "%s%n", "../../etc", [], [1], ["a"], [[]], {}, {"a": 1}, {"name": 5}]


def routes(light):
    """From the API's own description: path -> method -> names of the fields."""
    paths = light.client.get("/v1/openapi.json").json()["paths"]
    for path, methods in paths.items():
        for method, about in methods.items():
            body = about.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            names = list(body.get("properties", {})) + [one["name"] for one in about.get("parameters", [])]
            yield method.upper(), path, names


def one_json(rng, names, depth=0):
    if depth == 0 or (depth < 4 and rng.random() < 0.2):
        out = {}
        for name in names:
            if rng.random() < 0.7:
                out[name] = one_json(rng, names, depth + 1)
        if rng.random() < 0.1:
            out[rng.choice(["", "x", "\0", "delete", "record"])] = one_json(rng, names, depth + 1)
        return out
    return rng.choice(VALUES)


def one_body(rng, names):
    text = json.dumps(one_json(rng, names)).encode()
    kind = rng.random()
    if kind < 0.7:
        return text
    if kind < 0.8:
        return rng.randbytes(rng.randrange(200))
    if kind < 0.9 and text:  # flipped
        at = rng.randrange(len(text))
        return text[:at] + bytes([rng.randrange(256)]) + text[at + 1:]
    if kind < 0.93:
        return rng.choice([b"[", b'{"a":']) * rng.randrange(200_000)
    if kind < 0.96:
        return text[:rng.randrange(len(text) + 1)]
    return b'{"%s":1,"%s":2}' % ((rng.choice(names or ["a"]).encode(),) * 2)


def one_word(rng):
    if rng.random() < 0.5:
        return str(rng.choice(VALUES)).encode("utf-8", "surrogatepass")
    return rng.randbytes(rng.randrange(12))


def coded(raw):
    return "".join(f"%{byte:02x}" for byte in raw[:400])


def one_target(rng, path, names):
    for name in [part for part in path.split("/") if part.startswith("{")]:
        path = path.replace(name, coded(one_word(rng) or b"x"))
    pairs = [f"{name}={coded(one_word(rng))}" for name in names + ["target", "from", "to", "port", "since"] if rng.random() < 0.3]
    return path + ("?" + "&".join(pairs) if pairs else "")


@pytest.fixture(scope="module")
def light(tmp_path_factory):
    with LightCluster(tmp_path_factory.mktemp("fuzz")) as one:
        yield one


def test_no_request_ends_the_control_plane(light):
    rng = random.Random(SEED)
    table = [one for one in routes(light) if one[1] not in LEFT_OUT | STREAMS]
    assert len(table) > 35
    before, memory = light.pid(), memory_kib(light.pid())
    sent = 0
    seen = {}
    limit = time.monotonic() + SECONDS
    # Some orders wait for what sleeps never do: the answer is not waited for, the next request goes on.
    with httpx.Client(base_url=light.api, timeout=0.5, headers={"Authorization": f"Bearer {light.token}"}) as client:
        while time.monotonic() < limit:
            method, path, names = rng.choice(table)
            target, body = one_target(rng, path, names), one_body(rng, names) if method == "POST" else None
            if body and b"orchestrator" in body:
                continue
            try:
                answer = client.request(method, target, content=body)
            except httpx.TimeoutException:
                continue
            except (httpx.HTTPError, OSError) as error:
                pytest.fail(f"seed {SEED}, request {sent}: {method} {target} {body!r}: {error!r}\n{light.log()[-3000:]!r}")
            sent += 1
            seen[answer.status_code // 100] = seen.get(answer.status_code // 100, 0) + 1
            good = 200 <= answer.status_code < 500 or answer.status_code in EXPECTED
            assert good, f"seed {SEED}, request {sent}: {method} {target} {body!r}: {answer.status_code} {answer.text}"
            if answer.status_code >= 400 and answer.headers["Content-Type"].startswith("application/json"):
                said = answer.json()
                assert said.get("message") or said["error"]["message"]  # the server's own refusals, and the API's
    print(f"api fuzz: seed {SEED}, {sent} requests, {seen}")
    assert light.pid() == before, f"seed {SEED}: {light.log()[-3000:]!r}"
    assert sent > 50 and seen.get(2) and seen.get(4)
    assert memory_kib(before) - memory < GROWTH_KIB_MAX
