"""Never green by silence: a run whose load, probes or members are taken away, and a folder that was changed."""
import hashlib
import json
import shutil
import subprocess

import pytest
from cluster import Cluster, multiaz
from test_chaos import chaos, run, scenario

LOAD = """
[workload]
shoppers = 30
cache_registers = 2
db_registers = 2
db_sets = 1
probe_pause_ms = 20
"""
FEW = LOAD.replace("shoppers = 30", "shoppers = 10")  # two such runs beside each other starve a control plane
CLAIMS = '[claims]\noutage_ms_max = { browse = 20000, cart = 20000, order = 20000 }\nfailovers_max = 9\n'
KILL = '[[fault]]\nkind = "kill"\ntarget = "any:lb"\n' + CLAIMS
SEALED = ["scenario.toml", "run.json", "history.jsonl", "history.edn", "requests.jsonl", "events.jsonl",
          "faults.jsonl", "result.json", "junit.xml", "summary.md", "report.html"]


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The folder of a run in which everything holds."""
    home = tmp_path_factory.mktemp("good")
    code, result = run(home, scenario(home, KILL, LOAD))
    assert code == 0, [one for one in result["claims"] if one["ruling"] != "holds"]
    return home / "run"


def check(folder, *words):
    return chaos(folder.parent, "check", folder, *words)


def text(name, change):
    def edit(folder):
        before = (folder / name).read_text()
        after = change(before)
        assert after != before, f"{name}: the edit changes nothing"
        (folder / name).write_text(after)
    return edit


def replaced(name, old, new, count=-1):
    return text(name, lambda all_of_it: all_of_it.replace(old, new, count))


def lines(name, keep):
    """Keeps the lines for which keep(number, of, line)."""
    def change(all_of_it):
        every = all_of_it.splitlines(keepends=True)
        return "".join(one for i, one in enumerate(every) if keep(i, len(every), one))
    return text(name, change)


def figures(change):
    def edit(folder):
        run_json = json.loads((folder / "run.json").read_text())
        change(run_json)
        (folder / "run.json").write_text(json.dumps(run_json))
    return edit


def put(key, value, *inside):
    def change(run_json):
        for one in inside:
            run_json = run_json[one]
        run_json[key] = value
    return figures(change)


def gone(name):
    return lambda folder: (folder / name).unlink()


def all_of(*edits):
    def edit(folder):
        for one in edits:
            one(folder)
    return edit


def answers_to(word):
    return replaced("history.jsonl", '"type":"ok"', f'"type":"{word}"')


def of_key(prefix):
    return lines("history.jsonl", lambda i, n, line: f'"k":"{prefix}' not in line)


EDITS = {
    "no history": text("history.jsonl", lambda _: ""),
    "the first half of the history": lines("history.jsonl", lambda i, n, _: i < n // 2),
    "the second half of the history": lines("history.jsonl", lambda i, n, line: i > n // 2 and "invoke" in line),
    "one line of the history less": lines("history.jsonl", lambda i, n, _: i != n - 1),
    "a line of the history twice": text("history.jsonl", lambda t: t + t.splitlines(keepends=True)[0]),
    "all ok are info": answers_to("info"),
    "all ok are fail": answers_to("fail"),
    "one ok is info": replaced("history.jsonl", '"type":"ok"', '"type":"info"', 1),
    "no cache registers": of_key("chaos:register:"),
    "no rows": of_key("db:register:"),
    "no sets": of_key("db:set:"),
    "no compare-and-set": of_key("db:cas:"),
    "no replica reads": of_key("db:replica:"),
    "no last looks": lines("history.jsonl", lambda i, n, line: '"p":"final' not in line),
    "no writes": lines("history.jsonl", lambda i, n, line: '"f":"write"' not in line),
    "the history is gone": gone("history.jsonl"),
    "the history is garbage": text("history.jsonl", lambda _: "]]]\n"),
    "the history is binary": lambda folder: (folder / "history.jsonl").write_bytes(b"\xff\xfe\x00{"),
    "the history is deep": text("history.jsonl", lambda _: "[" * 100_000),
    "no events": text("events.jsonl", lambda _: ""),
    "half of the events": lines("events.jsonl", lambda i, n, _: i < n // 2),
    "no leases": lines("events.jsonl", lambda i, n, line: '"lease"' not in line),
    "the events are gone": gone("events.jsonl"),
    "an event of another time": replaced("events.jsonl", '"t_ns":', '"t_ns":1', 1),
    "no requests": text("requests.jsonl", lambda _: ""),
    "half of the requests": lines("requests.jsonl", lambda i, n, _: i < n // 2),
    "no carts": lines("requests.jsonl", lambda i, n, line: '"cart"' not in line),
    "a request that failed is ok": replaced("requests.jsonl", '"ok":true', '"ok":false', 1),
    "the requests are gone": gone("requests.jsonl"),
    "no faults": text("faults.jsonl", lambda _: ""),
    "the faults are gone": gone("faults.jsonl"),
    "no fault bit": replaced("faults.jsonl", '"bit":true', '"bit":false'),
    "no fault struck": text("faults.jsonl", lambda t: t.replace('"applied_ns":', '"applied_ns":0,"x":')),
    "another proof": replaced("faults.jsonl", '"proof":"', '"proof":"really '),
    "no claims": text("scenario.toml", lambda t: t.split("[claims]")[0] + t[t.index("[[fault]]"):]),
    "no bound on carts": text("scenario.toml", lambda t: t.replace("cart = 20000, ", "")),
    "a wider bound": replaced("scenario.toml", "cart = 20000", "cart = 90000"),
    "no faults in the plan": text("scenario.toml", lambda t: t[:t.index("[[fault]]")]),
    "no shoppers": replaced("scenario.toml", "shoppers = 30", "shoppers = 0"),
    "no registers": replaced("scenario.toml", "cache_registers = 2", "cache_registers = 0"),
    "no probes": replaced("scenario.toml", "probes_per_key = 4", "probes_per_key = 0"),
    "no scenario": gone("scenario.toml"),
    "an empty scenario": text("scenario.toml", lambda _: ""),
    "another title": replaced("scenario.toml", "a test's", "a jest's"),
    "no members": put("members", []),
    "one member less": figures(lambda j: j["members"].pop()),
    "another hash": figures(lambda j: j["members"][0].update(hash=j["members"][0]["hash"] ^ 1)),
    "no roster": put("roster", []),
    "one in the roster less": figures(lambda j: j["roster"].remove(next(m for m in j["roster"] if m["tier"] == "db"))),
    "no shop in the roster": figures(lambda j: [m.update(program="x") for m in j["roster"] if m["tier"] == "web"]),
    "nothing was acknowledged": put("acked_writes", 0, "reading"),
    "no orders": put("orders", 0, "reading"),
    "an order lost": put("lost_orders", 1, "reading"),
    "carts unread": put("unread", 3, "reading"),
    "no stock": put("known", False, "stock"),
    "nothing shown": put("looked_at", 0, "shown"),
    "no logs": put("logs_read", 0),
    "unhealthy before": put("healthy_before", False),
    "not whole after": put("whole_after", False),
    "not clean": put("clean", False),
    "a problem": put("problem", "somebody pulled the plug"),
    "a longer load": figures(lambda j: j.update(load_until_ns=j["load_until_ns"] + 10**9)),
    "no load planned": put("load_planned", 0),
    "run.json is gone": gone("run.json"),
    "run.json is empty": text("run.json", lambda _: ""),
    "run.json is a list": text("run.json", lambda _: "[]"),
    "a figure is a text": put("began_ns", "yesterday"),
    "nothing recorded": put("recorded", {}),
    "result.json says more": replaced("result.json", '"holds"', '"violated"', 1),
    "result.json is gone": gone("result.json"),
    "another report": text("report.html", lambda t: t + "<!-- -->"),
    "no digest": gone("digest.json"),
    "an empty digest": text("digest.json", lambda _: "{}"),
    "only the history is left": lambda folder: [one.unlink() for one in folder.iterdir()
                                                if one.is_file() and one.name != "history.jsonl"],
}
# Who computes digest.json again is found by what run.json and result.json know; only words that nobody judges are
# his to change, and what is in nobody's digest.
UNSEEN_BY_CONTENT = {"another report", "no digest", "an empty digest", "no load planned"}


def sealed_again(folder):
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in SEALED if (folder / name).exists()}
    (folder / "digest.json").write_text(json.dumps({"algorithm": "SHA-256", "files": files}))


def test_the_folder_of_a_good_run_says_the_same_again(good):
    done = check(good)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "requests failed; lost: 0 of" in done.stdout


def test_every_edit_of_a_good_folder_is_caught_or_said_to_be_unjudgeable(good, tmp_path):
    assert len(EDITS) >= 60
    wrong = []
    for name, edit in EDITS.items():
        for again in (False, True):
            folder = tmp_path / "edited"
            shutil.copytree(good, folder)
            edit(folder)
            if again:
                sealed_again(folder)
            done = check(folder)
            said = done.stdout + done.stderr
            fine = done.returncode in (1, 2, 3, 4, 254) and said.strip()
            if not fine and not (again and name in UNSEEN_BY_CONTENT):
                wrong.append((name, again, done.returncode, said[-300:]))
            if not again and done.returncode == 2 and name not in ("only the history is left", "no digest"):
                assert "was changed after the run" in said or "is missing" in said or "has no digest" in said, (name, said)
            shutil.rmtree(folder)
    assert wrong == []


def test_a_folder_without_digest_is_judged_only_when_asked_for(good, tmp_path):
    folder = tmp_path / "old"
    shutil.copytree(good, folder)
    (folder / "digest.json").unlink()
    done = check(folder)
    assert done.returncode == 2 and "there is no digest.json" in done.stdout
    assert check(folder, "--no-digest").returncode == 0
    (folder / "history.jsonl").write_text("")
    assert check(folder, "--no-digest").returncode == 2


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("green"), name="green") as one:
        yield one


def run_on(cluster, tmp_path, faults=KILL, load=LOAD, *words):
    file = scenario(tmp_path, faults, load)
    done = multiaz("chaos", "run", file, "--json", "--out", tmp_path / "run", "--name", cluster.name, *words,
                   run_dir=cluster.run_dir, cwd=tmp_path)
    assert done.stdout.strip(), done.stderr
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def not_held(result):
    return {one["name"]: one for one in result["claims"] if one["ruling"] != "holds"}


@pytest.mark.parametrize("group, port, claim", [
    ("sg-cache", 6379, "registers of the cache are linearizable"),
    ("sg-db", 5432, "rows of the database are linearizable registers"),
])
def test_refused_probes_are_no_proof(cluster, tmp_path, group, port, claim):
    assert cluster.run("sg", "revoke", group, port, "127.0.0.1/32").returncode == 0
    try:
        code, result = run_on(cluster, tmp_path, KILL, FEW)
    finally:
        assert cluster.run("sg", "authorize", group, port, "127.0.0.1/32").returncode == 0
    assert code == 2, not_held(result)
    assert not_held(result)[claim]["ruling"] == "inconclusive"
    assert "it rests on 0 answered operations" in not_held(result)[claim]["text"]
    again = chaos(tmp_path, "check", tmp_path / "run", "--json")
    assert again.returncode == 2 and json.loads(again.stdout)["claims"] == result["claims"]


def test_nobody_shopping_is_no_proof_and_no_outage(cluster, tmp_path):
    code, result = run_on(cluster, tmp_path, KILL, LOAD, "--shoppers", "0")
    assert code == 2, not_held(result)
    assert all(one["ruling"] == "inconclusive" for one in not_held(result).values()), not_held(result)
    assert "somebody shops" in not_held(result)
    assert "--name " + cluster.name in result["replay"]


def test_a_foreign_writer_is_no_false_alarm(cluster, tmp_path):
    urls = cluster.endpoints
    code_of_writer = """
import sys, time, redis
link = redis.Redis.from_url(sys.argv[1], socket_timeout=2)
n = 0
while True:
    try:
        link.set(f"mine:{n % 1000}", n)
        n += 1
        time.sleep(0.001)
    except redis.RedisError:
        time.sleep(0.05)
"""
    writer = subprocess.Popen(["/usr/bin/python3", "-c", code_of_writer, urls["cache"]])
    try:
        code, result = run_on(cluster, tmp_path, '[[fault]]\nkind = "kill"\ntarget = "cache:primary"\n' + CLAIMS)
    finally:
        writer.kill()
        writer.wait()
    same = next(one for one in result["claims"] if one["name"].startswith("all members hold the same log"))
    assert same["ruling"] == "holds", same
    assert code == 0, not_held(result)


def test_bad_places_for_results_are_found_before_the_run(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for words in (["run", "lb-killed", "--out", file], ["run", "lb-killed", "--out", file / "below"],
                  ["run", "lb-killed", "--junit", tmp_path / "no" / "j.xml"],
                  ["run", "lb-killed", "--summary", tmp_path], ["run", "lb-killed", "--max-outage", "cart"],
                  ["run", "lb-killed", "--max-outage", "moon=2s"], ["demo", "--junit", tmp_path / "no" / "j.xml"],
                  ["tour", "plain", "--html", tmp_path / "no" / "t.html"], ["monkey", "--out", file],
                  ["bugs", "--out", file], ["shrink", "lb-killed", "--out", file]):
        done = chaos(tmp_path, *words, timeout=20)
        assert done.returncode == 254, (words, done.returncode, done.stderr)
        assert str(words[-1]) in done.stderr, (words, done.stderr)
    assert list(tmp_path.iterdir()) == [file], "nothing is left of the trial"
