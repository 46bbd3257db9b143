"""Other people's files: AWS FIS templates and Chaos Toolkit experiments, as they are and with mistakes."""
import http.server
import json
import os
import subprocess
import threading

import pytest
from cluster import BIN, ROOT, Cluster

SMALL = "[cluster]\nzones = 3\n[web]\ncount = 2\n"


def chaos(tmp_path, *words, timeout=110):
    env = dict(os.environ, MULTIAZ_RUN=str(tmp_path), NO_COLOR="1")
    env.pop("GITHUB_STEP_SUMMARY", None)
    done = subprocess.run([str(BIN / "chaos"), *map(str, words)], env=env, cwd=tmp_path, capture_output=True,
                          text=True, timeout=timeout)
    assert done.returncode >= 0 and "CHECK failed" not in done.stderr, done.stderr
    return done


def template(**more):
    out = {"description": "web instances go", "roleArn": "arn:aws:iam::111122223333:role/x",
           "targets": {"T": {"resourceType": "aws:ec2:instance", "resourceTags": {"tier": "web"},
                             "selectionMode": "ALL"}},
           "actions": {"kill": {"actionId": "aws:ec2:terminate-instances", "targets": {"Instances": "T"}}},
           "stopConditions": [{"source": "none"}]}
    out.update(more)
    return out


def target(**more):
    return {"T": {"resourceType": "aws:ec2:instance", "resourceTags": {"tier": "web"}, "selectionMode": "ALL", **more}}


def write(tmp_path, content):
    file = tmp_path / "template.json"
    file.write_text(json.dumps(content))
    return file


WRONG = {
    "a tag nobody has": (template(targets=target(resourceTags={"FIS-Ready": "True"})), "targets.T.resourceTags.FIS-Ready"),
    "a name nobody has": (template(targets=target(resourceTags={"Name": "web-z9"})), "targets.T: no aws:ec2:instance fits"),
    "an ARN nobody has": (template(targets={"T": {"resourceType": "aws:ec2:instance", "selectionMode": "ALL",
                                                  "resourceArns": ["arn:aws:ec2:x:1:instance/i-1"]}}), "targets.T: no"),
    "PERCENT of none": (template(targets=target(selectionMode="PERCENT(5)")), "PERCENT(5) of 6 selects none"),
    "a placeholder": (template(targets=target(resourceTags={"zone": "<YOUR AVAILABILITY ZONE>"})), "fill in the placeholder"),
    "a key with a slip": (template(actionz=1), "actionz: there is no such key here; did you mean"),
    "no such document": (template(actions={"a": {"actionId": "aws:ssm:send-command", "targets": {"Instances": "T"},
                                                 "parameters": {"documentArn": "arn:x:document/Mine"}}}),
                         '"Mine" is not known here'),
    "another type": (template(targets=target(resourceType="aws:rds:db")), "targets.T.resourceType"),
    "no targets": ({key: value for key, value in template().items() if key != "targets"}, 'there is no target "T"'),
    "a circle": (template(actions={
        name: {"actionId": "aws:fis:wait", "parameters": {"duration": "PT1M"}, "startAfter": [other]}
        for name, other in (("a", "b"), ("b", "a"))}), "goes round in a circle: a, b"),
    "numbers for texts": (template(actions=7, targets=[]), "actions: an object"),
}


@pytest.mark.parametrize("name", WRONG)
def test_validate_and_run_refuse_a_template_alike_with_the_place(tmp_path, name):
    content, place = WRONG[name]
    file = write(tmp_path, content)
    for verb in ("validate", "run"):
        done = chaos(tmp_path, verb, file)
        assert done.returncode == 254 and place in done.stderr, (verb, done.returncode, done.stderr)
    assert not (tmp_path / "multiaz-runs").exists(), "no cluster was started for it"


def test_a_run_that_ends_early_takes_its_tasks_along_and_one_that_skips_all_is_not_green(tmp_path):
    nobody = target(resourceTags={"Name": "web-z9"})
    with Cluster(tmp_path, name="early", toml=SMALL) as cluster:
        before = cluster.ps()
        done = chaos(tmp_path, "run", write(tmp_path, template(targets=nobody)), "--name", cluster.name)
        assert done.returncode == 254 and "targets.T: no aws:ec2:instance fits Name=web-z9" in done.stderr, done.stderr
        skip = template(targets=nobody, experimentOptions={"emptyTargetResolutionMode": "skip"})
        done = chaos(tmp_path, "run", write(tmp_path, skip), "--name", cluster.name, "--json", "--shoppers", "8")
        result = json.loads(done.stdout.splitlines()[-1])
        bites = next(one for one in result["claims"] if one["name"] == "every fault bit")
        assert done.returncode == 4, (done.returncode, result["claims"])
        assert bites["ruling"] != "holds" and "skipped kill: targets.T: no aws:ec2:instance" in bites["text"]
        assert {id: one["pid"] for id, one in cluster.ps().items()} == {id: one["pid"] for id, one in before.items()}


def test_validate_knows_the_cluster_that_a_run_starts(tmp_path):
    with Cluster(tmp_path, name="usual") as cluster:
        for one in cluster.ps().values():
            type_of = {"web": ("aws:ec2:instance", "Instances", "aws:ec2:reboot-instances"),
                       "db": ("aws:rds:db", "DBInstances", "aws:rds:reboot-db-instances")}.get(one["tier"])
            if type_of is None:
                continue
            content = template(
                targets={"T": {"resourceType": type_of[0], "selectionMode": "ALL",
                               "resourceTags": {"Name": one["id"], "zone": one["zone"], "tier": one["tier"]}}},
                actions={"a": {"actionId": type_of[2], "targets": {type_of[1]: "T"}}})
            done = chaos(tmp_path, "validate", write(tmp_path, content))
            assert done.returncode == 0, done.stderr


# --- Chaos Toolkit

class Pages(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def do_GET(self):
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/")
            self.end_headers()
            return
        self.send_response(200 if self.path in ("/", "/api") else 404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"id": 1, "below": {"id": 2}}')


@pytest.fixture(scope="module")
def shop():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def probe(provider, tolerance):
    return {"type": "probe", "name": "p", "provider": provider, "tolerance": tolerance}


def process(path, arguments=None):
    out = {"type": "process", "path": path}
    return out if arguments is None else {**out, "arguments": arguments}


def experiment(probes, action=None, **more):
    return {"version": "1.0.0", "title": "t", "description": "d",
            "steady-state-hypothesis": {"title": "h", "probes": probes},
            "method": [{"type": "action", "name": "w", "provider": action or process("true")}], "rollbacks": [], **more}


def toolkit(tmp_path, content, *words, name="experiment.json"):
    file = tmp_path / name
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    done = chaos(tmp_path, "toolkit", file, "--journal", tmp_path / "journal.json", *words)
    return done, json.loads((tmp_path / "journal.json").read_text()) if done.returncode != 254 else None


STDOUT = {"type": "range", "range": [0, 20], "target": "stdout"}
STEADY = [  # the original is steady, or deviates before its method
    ("status", lambda shop: probe({"type": "http", "url": shop + "/"}, 200), True),
    ("a redirect is followed", lambda shop: probe({"type": "http", "url": shop + "/moved"}, 200), True),
    ("true on 200", lambda shop: probe({"type": "http", "url": shop + "/"}, True), False),
    ("true on 404", lambda shop: probe({"type": "http", "url": shop + "/nowhere"}, True), False),
    ("true on exit 1", lambda shop: probe(process("false"), True), False),
    ("a text on stdout", lambda shop: probe(process("echo", "x"), "x"), False),
    ("12 in a range", lambda shop: probe(process("echo", "12"), STDOUT), True),
    ("12ms in a range", lambda shop: probe(process("echo", "12ms"), STDOUT), False),
    ("deep keys", lambda shop: probe(process("echo", ['{"a":{"error":1}}']),
                                     {"type": "jsonpath", "path": "$..error", "count": 0, "target": "stdout"}), False),
    ("deep keys of a body", lambda shop: probe({"type": "http", "url": shop + "/api"},
                                               {"type": "jsonpath", "path": "$..id", "count": 0, "target": "body"}), False),
    ("deep keys counted", lambda shop: probe({"type": "http", "url": shop + "/api"},
                                             {"type": "jsonpath", "path": "$..id", "count": 2, "target": "body"}), True),
    ("a pattern", lambda shop: probe(process("echo", "Abc"), {"type": "regex", "pattern": "(?i)^abc", "target": "stdout"}), True),
    ("no pattern on a whole result", lambda shop: probe(process("echo", "abc"), {"type": "regex", "pattern": "abc"}), False),
    ("an exit code", lambda shop: probe(process("false"), 1), True),
    ("a signal", lambda shop: probe(process("sh", ["-c", "kill -9 $$"]), -9), True),
]


def test_where_nothing_can_be_written_is_said_before_the_run(tmp_path):
    ran, nowhere = tmp_path / "ran", tmp_path / "no" / "such" / "folder.json"
    file = tmp_path / "experiment.json"
    file.write_text(json.dumps(experiment([], process("touch", [str(ran)]))))
    for option in ("--journal", "--junit", "--summary"):
        done = chaos(tmp_path, "toolkit", file, option, nowhere)
        assert done.returncode == 254 and option in done.stderr and str(nowhere) in done.stderr, done.stderr
        assert not ran.exists(), f"{option}: the method was carried out first"
    done = chaos(tmp_path, "toolkit", file, "--journal", tmp_path)
    assert done.returncode == 254 and "it is a folder" in done.stderr and not ran.exists()


@pytest.mark.parametrize("provider", [{"method": "GE T"}, {"method": "GET\r\nX: y"}, {"headers": {"a b": "c"}},
                                      {"headers": {"X\r\nY": "c"}}, {"headers": {"": "c"}}])
def test_words_that_are_none_of_http_are_refused(tmp_path, shop, provider):
    done, _ = toolkit(tmp_path, experiment([], {"type": "http", "url": shop + "/", **provider}))
    assert done.returncode == 254 and "method[0].provider." in done.stderr, done.stderr


@pytest.mark.parametrize("name, make, steady", STEADY, ids=[one[0] for one in STEADY])
def test_tolerances_are_the_originals(tmp_path, shop, name, make, steady):
    done, journal = toolkit(tmp_path, experiment([make(shop)]))
    assert done.returncode == (0 if steady else 3), done.stdout + done.stderr
    assert journal["status"] == ("completed" if steady else "failed")
    assert journal["steady_states"]["before"]["steady_state_met"] is steady
    assert len(journal["run"]) == (1 if steady else 0), "the method begins in a steady state only"
    done, journal = toolkit(tmp_path, experiment([make(shop)]), "--exit-compat", "chaostoolkit")
    assert done.returncode == (0 if steady else 1)


def test_arguments_that_are_a_text_go_through_a_shell_and_lists_do_not(tmp_path):
    ok = [probe(process("true"), 0)]
    one, two, three = tmp_path / "one", tmp_path / "two", tmp_path / "with $HOME blank"
    done, _ = toolkit(tmp_path, experiment(ok, process("printf", f"'%s\\n' one two > {one}")))
    assert done.returncode == 0 and one.read_text() == "one\ntwo\n", done.stdout
    done, _ = toolkit(tmp_path, experiment(ok, process("echo", f'a b | tr a x > {two}; echo "$HOME  q" >> {two}')))
    assert done.returncode == 0 and two.read_text() == f"x b\n{os.environ['HOME']}  q\n"
    done, _ = toolkit(tmp_path, experiment(ok, process("touch", [str(three)])))
    assert done.returncode == 0 and three.exists()
    done, journal = toolkit(tmp_path, experiment(ok, process("echo", {"--a": None, "-b": "x y"})))
    assert done.returncode == 0 and journal["run"][0]["output"]["stdout"] == "--a -b x y\n"
    done, _ = toolkit(tmp_path, experiment(ok, process("sh", "-c 'exit 3'")))
    assert done.returncode == 4, "an action that failed applied nothing"


def test_an_action_that_is_refused_applied_nothing_and_deviation_is_seen(tmp_path, shop):
    ok = [probe(process("true"), 0)]
    done, _ = toolkit(tmp_path, experiment(ok, {"type": "http", "url": shop + "/nowhere"}))
    assert done.returncode == 4, done.stdout
    flag = tmp_path / "flag"
    held = [probe(process("test", ["!", "-e", str(flag)]), 0)]
    undo = [{"type": "action", "name": "u", "provider": process("rm", ["-f", str(flag)])}]
    done, journal = toolkit(tmp_path, experiment(held, process("touch", [str(flag)]), rollbacks=undo,
                                                 runtime={"rollbacks": {"strategy": "deviated"}}))
    assert done.returncode == 1 and journal["deviated"] and journal["status"] == "failed"
    assert len(journal["rollbacks"]) == 1 and not flag.exists()


@pytest.mark.parametrize("more, place", [
    ({"controls": [{"name": "c"}]}, "controls: not carried out here"),
    ({"methods": []}, 'methods: there is no such key here; did you mean "method"?'),
    ({"rollbacks": [{"type": "action", "name": "x", "provider": {"type": "process", "path": "no-such-program"}}]},
     'rollbacks[0].provider.path: there is no program "no-such-program" in PATH'),
    ({"secrets": {"s": {"k": {"type": "vault", "key": "x"}}}}, 'secrets.s.k.type: "vault"'),
    ({"configuration": {"k": {"type": "env", "key": "MULTIAZ_NOT_THERE"}}}, "the environment has no MULTIAZ_NOT_THERE"),
])
def test_what_is_not_carried_out_is_refused_by_its_name(tmp_path, more, place):
    done, _ = toolkit(tmp_path, experiment([probe(process("true"), 0)], **more))
    assert done.returncode == 254 and place in done.stderr, done.stderr


def test_yaml_is_read_and_bounded(tmp_path, shop):
    done, journal = toolkit(tmp_path, f"""
title: in yaml
description: d
steady-state-hypothesis:
  title: h
  probes:
  - {{type: probe, name: p, tolerance: 200, provider: {{type: http, url: '{shop}/'}}}}
method:
- type: action
  name: w
  provider: {{type: process, path: echo, arguments: "a | tr a b"}}
""", name="experiment.yaml")
    assert done.returncode == 0 and journal["run"][0]["output"]["stdout"] == "b\n", done.stderr
    laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
    for text, part in ((laughs, "too large"), ("[" * 100_000, "too deep"), ("title: [", "no YAML: line")):
        done, _ = toolkit(tmp_path, text, name="bad.yml")
        assert done.returncode == 254 and part in done.stderr, done.stderr


def test_the_examples_are_valid(tmp_path):
    for file in sorted((ROOT / "examples" / "fis").glob("*.json")):
        assert chaos(tmp_path, "validate", file).returncode == 0
