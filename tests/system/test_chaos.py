"""Scenarios from start to verdict: what is green, what is red, and what may never be green."""
import json
import os
import subprocess
import time
import xml.etree.ElementTree as ElementTree

import pytest
from cluster import BIN, ROOT, Cluster, process_state, processes_naming, wait_until

pytestmark = pytest.mark.alone
QUICK = """
[workload]
shoppers = 12
cache_registers = 2
db_registers = 2
db_sets = 1
warm_up_ms = 1500
"""


def chaos(tmp_path, *words, timeout=110):
    env = dict(os.environ, MULTIAZ_RUN=str(tmp_path), NO_COLOR="1")
    env.pop("GITHUB_STEP_SUMMARY", None)
    return subprocess.run([str(BIN / "chaos"), *map(str, words)], env=env, cwd=tmp_path, capture_output=True, text=True,
                          timeout=timeout)


def scenario(tmp_path, faults, more=QUICK, name="one"):
    file = tmp_path / f"{name}.toml"
    file.write_text(f'title = "a test\'s"\n{more}\n{faults}\n')
    return file


def claims(result):
    return {one["name"]: one for one in result["claims"]}


def run(tmp_path, file, *words):
    done = chaos(tmp_path, "run", file, "--json", "--out", tmp_path / "run", *words)
    assert done.stdout.strip(), done.stderr
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def stood_still_ms(folder):
    """How long this machine gave a run no time at all, as the run itself has noted."""
    return sum(end - begin for begin, end in json.loads((folder / "run.json").read_text())["standstills"]) / 1e6


def test_a_killed_primary_is_ridden_out_and_the_folder_says_the_same_again(tmp_path):
    file = scenario(tmp_path, '[[fault]]\nkind = "kill"\ntarget = "cache:primary"\n')
    code, result = run(tmp_path, file, "--seed", "3", "--junit", tmp_path / "j.xml", "--summary", tmp_path / "s.md")
    bad = [one for one in result["claims"] if one["ruling"] != "holds"]
    assert code in (0, 2), bad  # 2: so few shoppers may not have ordered anything
    assert all(one["ruling"] == "inconclusive" and "order" in one["name"] for one in bad), bad
    assert result["faults"][0]["bit"] and result["figures"]["lost_writes"] == 0
    folder = tmp_path / "run"
    for name in ("scenario.toml", "run.json", "history.jsonl", "history.edn", "requests.jsonl", "events.jsonl",
                 "faults.jsonl", "result.json", "junit.xml", "summary.md", "report.html"):
        assert (folder / name).stat().st_size > 0, name
    again = chaos(tmp_path, "check", folder, "--json")
    assert again.returncode == code
    assert json.loads(again.stdout)["claims"] == result["claims"]
    cases = ElementTree.parse(tmp_path / "j.xml").getroot().findall(".//testcase")
    assert len(cases) == len(result["claims"])
    assert (tmp_path / "s.md").stat().st_size < 64_000
    assert processes_naming(tmp_path / "chaos-") == []


def test_a_known_mistake_is_caught_and_shown(tmp_path):
    faults = """
[[fault]]
kind = "isolate"
target = "db:primary"
for_ms = 2000
[[fault]]
kind = "kill"
target = "fault:1"
at_ms = 1000
"""
    code, result = run(tmp_path, scenario(tmp_path, faults), "--bug", "ack-before-replicate")
    assert code == 1, result["claims"]
    caught = [one["name"] for one in result["claims"] if one["ruling"] == "violated"]
    assert any("linearizable" in name or "lost" in name for name in caught)
    page = (tmp_path / "run" / "report.html").read_text()
    assert "Anomalies" in page or "lost" in page
    assert (tmp_path / "run" / "logs").is_dir(), "the logs of a run that found something are kept"
    unknown = chaos(tmp_path, "bugs", "--only", "melt")
    assert unknown.returncode == 254 and "no bug" in unknown.stderr


def test_a_failing_plan_is_shrunk_and_a_good_one_is_not(tmp_path):
    # That claim can never hold, so whatever is left of the plan fails.
    faults = """
[[fault]]
kind = "kill"
target = "any:lb"
[[fault]]
kind = "kill"
target = "cache:primary"
at_ms = 300
[claims]
outage_ms_max = { cart = 0 }
"""
    done = chaos(tmp_path, "shrink", scenario(tmp_path, faults), "--times", "1", "--out", tmp_path / "small")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "violated: the longest outage of cart" in done.stdout and "1 faults (kill" in done.stdout.splitlines()[-2]
    assert (tmp_path / "small" / "smallest" / "scenario.toml").read_text().count("[[fault]]") == 1
    assert chaos(tmp_path, "shrink", "no-such-scenario").returncode == 254


def test_visitors_who_know_only_the_name_and_a_run_without_the_fault_beside(tmp_path):
    load = "[workload]\nshoppers = 0\ncache_registers = 0\ndb_registers = 0\ndb_sets = 1\nnamed_visitors = 6\n"
    faults = '[[fault]]\nkind = "dns_outage"\ntarget = "dns-1"\nfor_ms = 2500\n'
    code, result = run(tmp_path, scenario(tmp_path, faults, load), "--with-control")
    assert code == 0, [one for one in result["claims"] if one["ruling"] != "holds"]
    # Who had the address goes on for its TTL of a second, then waits. Without the fault nobody waits, unless the
    # machine itself stood still.
    outage, control = result["figures"]["outage_named_ms"], result["control"]["outage_named_ms"]
    assert outage > 1000 > control - stood_still_ms(tmp_path / "run" / "control"), result["control"]
    assert outage > control
    behind = next(one for name, one in claims(result).items() if name.startswith("replicas show nothing"))
    assert "reads; behind by" in behind["text"]
    assert "Beside the same run without faults" in (tmp_path / "run" / "report.html").read_text()
    assert json.loads((tmp_path / "run" / "control" / "result.json").read_text())["ok"]


def test_a_fault_strikes_while_the_control_plane_is_away(tmp_path):
    faults = """
[[fault]]
kind = "orchestrator_stop"
for_ms = 2500
[[fault]]
kind = "kill"
target = "cache:primary"
at_ms = 500
"""
    code, result = run(tmp_path, scenario(tmp_path, faults))
    away, kill = result["faults"]
    assert code in (0, 2) and kill["bit"], (kill, result["claims"])
    assert away["applied_ns"] < kill["applied_ns"] < away["healed_ns"], "by our own hand, not when it is back"
    assert result["figures"]["lost_writes"] == 0


def test_a_fault_that_does_not_bite_is_four_and_load_beside_it_is_two(tmp_path):
    nobody = scenario(tmp_path, '[[fault]]\nkind = "kill"\ntarget = "web-a9"\n')
    code, result = run(tmp_path, nobody)
    assert code == 4 and claims(result)["every fault bit"]["ruling"] == "not applied"
    idle = "[workload]\nshoppers = 0\ncache_registers = 0\ndb_registers = 0\ndb_sets = 0\ndb_cas = 0\nwarm_up_ms = 200\n"
    code, result = run(tmp_path, scenario(tmp_path, '[[fault]]\nkind = "kill"\ntarget = "any:web"\n', idle, "idle"))
    assert code == 2 and claims(result)["the load overlapped every fault"]["ruling"] == "inconclusive"


def test_bad_files_are_refused_with_their_line(tmp_path):
    file = scenario(tmp_path, '[[fault]]\nkind = "melt"\n')
    for verb in ("validate", "run"):
        done = chaos(tmp_path, verb, file)
        assert done.returncode == 254 and '"kind" is one of kill, stop' in done.stderr
    assert chaos(tmp_path, "run", "no-such-scenario").returncode == 254
    topology = scenario(tmp_path, '[topology.web]\ncuont = 3\n[[fault]]\nkind = "kill"\ntarget = "any:web"\n')
    done = chaos(tmp_path, "run", topology)
    assert done.returncode == 254 and 'did you mean "count"' in done.stderr
    names = [one["name"] for one in json.loads(chaos(tmp_path, "list", "--json").stdout)]
    assert len(names) >= 47 and chaos(tmp_path, "validate", *names).returncode == 0


# --- faults on a running cluster

SMALL = "[cluster]\nzones = 3\n[web]\ncount = 2\n[dns]\nenabled = true\n"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("inject"), name="inject", toml=SMALL) as one:
        yield one


def inject(cluster, *words, timeout=60):
    done = chaos(cluster.run_dir, "inject", *words, "--name", cluster.name, timeout=timeout)
    return done.returncode, (json.loads(done.stdout) if done.stdout else done.stderr)


PAIRS = [("stop", "cache:primary"), ("stop_duty", "db:standby"), ("cut", "az-a", "az-b"), ("delay", "az-a", "az-c"),
         ("cut_one_way", "cache:primary", "cache:replica"), ("bandwidth", "az-b", "az-c"), ("zone_slow", "az-c"),
         ("clock_jump", "web-a1"), ("clock_drift", "cache:replica"),
         ("cpu_hog", "web-a1"), ("memory_hog", "web-a1"), ("fd_exhaustion", "web-a1"), ("isolate", "cache:primary"),
         ("sg_mistake",), ("asg_suspend",), ("zone_shift", "az-b"), ("orchestrator_stop",)]


@pytest.mark.parametrize("words", PAIRS, ids=lambda words: words[0])
def test_a_fault_bites_and_is_healed_within_a_second_of_its_end(running, words):
    extra = {"delay": ["--set", "delay_ms=30"], "clock_drift": ["--set", "amount=5000"]}.get(words[0], [])
    code, record = inject(running, *words, "--for-ms", 600, *extra)
    assert code == 0, record
    assert record["bit"] and not record["left_behind"], record
    slow = words[0] in ("isolate", "cut", "cut_one_way", "stop_duty")  # the proof may take as long as a report
    assert record["healed_ns"] - record["applied_ns"] < (2.6e9 if slow else 1.6e9), record
    assert running.get("/v1/faults") == []
    wait_until(running.healthy, 40)


def test_load_alone_counts_and_may_leave_the_record_out(running):
    words = ["load", "--for", "2500ms", "--shoppers", "10", "--think-ms", "20", "--json", "--name", running.name]
    for flags, recorded in (([], True), (["--no-record"], False)):
        done = chaos(running.run_dir, *words, *flags)
        assert done.returncode == 0, done.stderr
        seen = json.loads(done.stdout)
        assert seen["requests"] > 5 and seen["probe_operations"] > 5 and seen["recorded"] == recorded
        assert ("p99_ms" in seen) == recorded
    bad = chaos(running.run_dir, "load", "--for", "soon", "--name", running.name)
    assert bad.returncode == 254 and "--for takes" in bad.stderr


def test_faults_that_make_no_sense_are_refused(running):
    for words, part in ((["melt", "web"], "KIND is one of kill, stop"), (["stop", "web-a1"], "needs --for"),
                        (["cut", "az-a", "az-b"], "needs --for")):
        code, text = inject(running, *words)
        assert code == 254 and part in text
    code, record = inject(running, "disk_slow", "web-a1", "--for-ms", 300)
    assert code == 4 and "cannot be inside web-a1: it is a fault of cache db" in record["proof"]
    answer = running.post("/v1/fault", kind="cpu_hog", a="web-a1", percent=101, for_ms=100)
    assert answer.status_code == 400 and "goes from 1 to 100" in answer.text


def test_killing_chaos_in_the_middle_leaves_nothing_injected(running):
    """Who stopped a process and dies cannot continue it: the guardian does, from the first moment on."""
    env = dict(os.environ, MULTIAZ_RUN=str(running.run_dir))
    standbys = [one for one in running.instances().values() if one["tier"] == "cache" and one["role"] != "primary"]
    for victim in (standbys[0], standbys[1], standbys[0], running.one("cache", "primary")):
        words = [str(BIN / "chaos"), "inject", "stop", victim["id"], "--for-ms", "60000", "--name", running.name]
        process = subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL)
        limit = time.monotonic() + 10
        while process_state(victim["pid"]) != "T":  # without a pause: before chaos hears that it is done
            assert time.monotonic() < limit, "nobody was stopped"
        process.kill()
        process.wait()
        wait_until(lambda: not os.path.exists(f"/proc/{victim['pid']}") or process_state(victim["pid"]) != "T", 2)
    wait_until(running.healthy, 40)


LIGHT = """
[topology.web]
count = 2
[workload]
shoppers = 4
cache_registers = 0
db_registers = 0
db_sets = 0
warm_up_ms = 1500
"""


def test_a_stop_condition_ends_a_fault_that_hurts_too_much(tmp_path):
    """Light: another cluster runs beside it, and a machine with too little time for both fails requests by itself."""
    ill = '[[fault]]\nkind = "failing_requests"\ntarget = "web"\npercent = 90\nfor_ms = 90000\n'
    file = scenario(tmp_path, ill, more='stop_when = ["failing-requests"]\n' + LIGHT)
    code, result = run(tmp_path, file)
    assert code == 1, result["claims"]
    assert [name for name, one in claims(result).items() if one["ruling"] == "violated"] == ["no stop condition is met"]
    assert "failing-requests after" in claims(result)["no stop condition is met"]["text"]
    fault = result["faults"][0]
    assert fault["bit"], (fault, result["claims"])
    assert fault["healed_ns"] - fault["applied_ns"] < 30e9, "it was taken back long before its time"


# --- other people's files

def test_an_aws_fis_template_runs_as_it_is_in_less_time(tmp_path):
    template = ROOT / "examples" / "fis" / "network-latency.json"
    code, result = run(tmp_path, template, "--time-scale", "0.008", "--shoppers", "12")
    assert code in (0, 2), result["claims"]
    assert len(result["faults"]) == 3 and all(one["kind"] == "delay" and one["bit"] for one in result["faults"])
    broken = tmp_path / "broken.json"
    broken.write_text(template.read_text().replace("aws:ecs:task-network-latency", "aws:ecs:melt"))
    done = chaos(tmp_path, "validate", broken)
    assert done.returncode == 254 and "actions.slow.actionId: not known here" in done.stderr


def test_a_chaos_toolkit_experiment_runs_with_our_verdict(running, tmp_path):
    source = (ROOT / "examples" / "toolkit" / "carts-survive.json").read_text()
    file = tmp_path / "experiment.json"
    file.write_text(source.replace('"path": "multiaz"', f'"path": "{BIN / "multiaz"}"'))
    env = dict(os.environ, MULTIAZ_RUN=str(running.run_dir), SHOP=running.endpoints["shop"])

    def toolkit(*words):
        return subprocess.run([str(BIN / "chaos"), "toolkit", str(file), "--journal", str(tmp_path / "j.json"), *words],
                              env=env, capture_output=True, text=True, timeout=100)

    done = toolkit()
    assert done.returncode == 0, done.stdout + done.stderr
    journal = json.loads((tmp_path / "j.json").read_text())
    assert journal["status"] == "completed" and journal["deviated"] is False
    assert journal["run"][0]["activity"]["name"] == "lose-the-zone" and journal["multiaz"]["ruling"] == "holds"
    wait_until(running.healthy, 40)
    file.write_text(file.read_text().replace("zone_down", "melt"))  # the original would be green
    assert toolkit().returncode == 4
    assert toolkit("--exit-compat", "chaostoolkit").returncode == 0
    wait_until(running.healthy, 40)

