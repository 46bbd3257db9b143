"""The Auto Scaling group on real processes: replacement, capacity, zones, deployments, policies."""
import os
import signal
import threading
import time
from collections import Counter

import httpx
import pytest

from cluster import Cluster, multiaz, wait_until

pytestmark = pytest.mark.alone

SMALL = """
[cluster]
zones = 3
[web]
count = 3
max = 9
[cache]
count = 1
[db]
standby = false
replicas = 0
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("asg"), name="asg", toml=SMALL) as one:
        yield one


@pytest.fixture(autouse=True)
def at_rest(cluster):
    """Every test starts with three instances in service, one in each zone."""
    cluster.post("/v1/asg", desired=3, min=1, max=9, termination_policy="Default")
    wait_until(lambda: settled(cluster, 3), 60, "three instances in service")
    yield


def group(cluster):
    return cluster.get("/v1/asg")


def in_service(cluster):
    return [one for one in group(cluster)["instances"]
            if one["lifecycle"] == "InService" and one["health"] == "Healthy"]


def settled(cluster, count):
    return len(in_service(cluster)) == count == len(group(cluster)["instances"])


def spread(cluster):
    return dict(Counter(one["zone"] for one in in_service(cluster)))


class Shoppers:
    """Reads the front page without a pause, on kept-alive connections; counts what fails."""

    def __init__(self, cluster, clients=4):
        self.url = cluster.endpoints["shop"] + "/api/products"
        self.ended = threading.Event()
        self.answers, self.failures = Counter(), []
        self.threads = [threading.Thread(target=self.run) for _ in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def run(self):
        with httpx.Client(timeout=20, trust_env=False) as http:
            while not self.ended.is_set():
                try:
                    answer = http.get(self.url)
                    self.answers[answer.headers.get("X-Instance")] += 1
                    if answer.status_code != 200:
                        self.failures.append((answer.status_code, answer.text[:200]))
                    http.cookies.clear()
                except httpx.HTTPError as error:
                    self.failures.append(repr(error))


def test_the_dead_are_replaced_and_serve_again(cluster):
    victim = in_service(cluster)[0]["id"]
    launch = cluster.get(f"/v1/instances/{victim}")["launch"]
    assert cluster.json("kill", victim)["verified"]
    wait_until(lambda: cluster.get(f"/v1/instances/{victim}")["launch"] == launch + 1, 10, "another launch")
    wait_until(lambda: settled(cluster, 3), 20, "that it is in service again")


def test_a_stopped_instance_is_replaced_because_the_load_balancers_say_so(cluster):
    victim = in_service(cluster)[0]["id"]
    pid = cluster.ps()[victim]["pid"]
    since = cluster.last_seq()
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: cluster.ps().get(victim, {"pid": pid})["pid"] not in (pid, 0), 20, "another process")
    wait_until(lambda: settled(cluster, 3), 20, "that it is in service again")
    reasons = [event["text"] for event in cluster.events(since, "kill")]
    assert any("ELB system health check failure" in text or "no heartbeat" in text for text in reasons), reasons


def test_scaling_out_and_in_fails_no_request(cluster):
    with Shoppers(cluster) as shoppers:
        assert cluster.run("scale", "web=6", "--wait").returncode == 0
        assert spread(cluster) == {"az-a": 2, "az-b": 2, "az-c": 2}
        wait_until(lambda: len(shoppers.answers) >= 6, 20, "that all six serve")
        assert cluster.run("scale", "web=2", "--wait").returncode == 0
        assert len(in_service(cluster)) == 2 == len(cluster.get("/v1/asg")["instances"])
        wait_until(lambda: sum(shoppers.answers.values()) > 100, 30, "a hundred visits")
    assert not shoppers.failures


def test_bounds_are_kept_and_said_in_the_words_of_aws(cluster):
    refused = cluster.post("/v1/asg", desired=50)
    assert refused.status_code == 400
    assert "above max value 9" in refused.json()["error"]["message"]
    assert cluster.run("scale", "web=0").returncode == 254
    assert cluster.run("scale", "db=5").returncode == 254
    assert cluster.post("/v1/asg", desird=4).json()["error"]["message"].startswith("unknown key \"desird\"")
    assert cluster.post("/v1/asg", desired=4).status_code == 200
    wait_until(lambda: settled(cluster, 4), 20, "four")


def test_a_lost_zone_is_made_up_for_and_rebalanced_when_it_is_back(cluster):
    cluster.run("scale", "web=6", "--wait")
    since = cluster.last_seq()
    assert cluster.json("zone", "down", "az-c")["verified"]
    wait_until(lambda: spread(cluster) == {"az-a": 3, "az-b": 3}, 30, "six instances in two zones")
    assert cluster.run("zone", "up", "az-c").returncode == 0
    wait_until(lambda: spread(cluster) == {"az-a": 2, "az-b": 2, "az-c": 2}, 30, "two in each zone")
    wait_until(lambda: settled(cluster, 6), 10, "that those that left are gone")
    launches = [event["target"] for event in cluster.events(since, "launch")]
    assert len(launches) == 4, launches  # two for the lost ones, two to rebalance
    wait_until(cluster.healthy, 30, "health")


def test_a_shifted_zone_takes_no_traffic_and_no_launches(cluster):
    cluster.run("scale", "web=6", "--wait")
    assert cluster.run("zone", "shift", "az-b", "--for", "60s").returncode == 0
    time.sleep(0.5)  # until the load balancers know
    with Shoppers(cluster) as shoppers:
        wait_until(lambda: sum(shoppers.answers.values()) > 200, 30, "answers")
    assert not shoppers.failures
    assert not [id for id in shoppers.answers if id.startswith("web-b")], shoppers.answers
    assert cluster.post("/v1/asg", desired=8).status_code == 200
    wait_until(lambda: len(in_service(cluster)) == 8, 30, "eight")
    assert spread(cluster)["az-b"] == 2
    assert cluster.run("zone", "unshift", "az-b").returncode == 0


def test_a_deployment_replaces_all_and_fails_no_request(cluster):
    with Shoppers(cluster) as shoppers:
        done = cluster.run("deploy", "web", "--env", "MULTIAZ_NOTE=2", "--wait", "--json", timeout=120)
    assert done.returncode == 0, done.stderr + done.stdout
    assert '"Successful"' in done.stdout
    version = group(cluster)["version"]
    assert {one["version"] for one in group(cluster)["instances"]} == {version}
    assert not shoppers.failures
    pid = cluster.ps()[in_service(cluster)[0]["id"]]["pid"]
    assert b"MULTIAZ_NOTE=2" in open(f"/proc/{pid}/environ", "rb").read()


@pytest.mark.parametrize("broken", [["--program", "/bin/false"],
                                    ["--env", "DATABASE_URL=postgresql://nobody@127.0.0.1:1/nothing"]])
def test_a_broken_version_is_rolled_back_by_itself(cluster, broken):
    before = group(cluster)["version"]
    with Shoppers(cluster) as shoppers:
        done = cluster.run("deploy", "web", *broken, "--wait", "--json", timeout=120)
    assert done.returncode == 1 and "RollbackSuccessful" in done.stdout, done.stdout + done.stderr
    wait_until(lambda: settled(cluster, 3), 20, "three instances in service")
    assert group(cluster)["version"] == before
    assert {one["version"] for one in group(cluster)["instances"]} == {before}
    assert not shoppers.failures


def test_a_deployment_that_cannot_begin_says_why(cluster):
    assert "no such program" in cluster.run("deploy", "web", "--program", "/nonsense").stderr
    assert cluster.run("deploy", "web", "--max-healthy", "300").returncode == 254
    assert cluster.run("refresh", "cancel").returncode == 4


def test_target_tracking_follows_the_load(cluster):
    assert cluster.run("asg", "policy", "rps", "--metric", "requests", "--target", "20").returncode == 0
    try:
        with Shoppers(cluster):
            wait_until(lambda: group(cluster)["desired"] > 3, 15, "that it scales out")
        wait_until(lambda: group(cluster)["desired"] == 1, 60, "that it scales in")
        causes = [one["cause"] for one in group(cluster)["activities"]]
        assert any(cause.startswith("policy rps: ") for cause in causes)
    finally:
        assert cluster.run("asg", "delete", "policy", "rps").returncode == 0


def test_hooks_make_instances_wait(cluster):
    assert cluster.run("asg", "hook", "warm", "--heartbeat", "60s").returncode == 0
    cluster.post("/v1/asg", desired=4)

    def waiting():
        return [one["id"] for one in group(cluster)["instances"] if one["lifecycle"] == "Pending:Wait"]

    wait_until(waiting, 20, "an instance in Pending:Wait")
    newcomer = waiting()[0]
    with Shoppers(cluster) as shoppers:
        wait_until(lambda: sum(shoppers.answers.values()) > 50, 30, "answers")
    assert newcomer not in shoppers.answers
    assert cluster.run("asg", "complete", newcomer).returncode == 0
    wait_until(lambda: settled(cluster, 4), 20, "that it is in service")
    assert cluster.run("asg", "delete", "hook", "warm").returncode == 0


def test_suspended_processes_rest_and_protected_instances_stay(cluster):
    assert cluster.run("asg", "suspend", "Launch").returncode == 0
    cluster.post("/v1/asg", desired=5)
    time.sleep(0.5)
    assert len(group(cluster)["instances"]) == 3
    assert cluster.run("asg", "resume", "Launch").returncode == 0
    wait_until(lambda: settled(cluster, 5), 20, "five")
    keep = in_service(cluster)[-1]["id"]
    assert cluster.run("asg", "protect", keep).returncode == 0
    cluster.post("/v1/asg", desired=1)
    wait_until(lambda: settled(cluster, 1), 30, "one")
    assert in_service(cluster)[0]["id"] == keep
    assert cluster.run("asg", "unprotect", keep).returncode == 0
    assert cluster.run("asg", "suspend", "Lunch").returncode == 254


def test_a_restarted_orchestrator_goes_on_with_the_group_it_finds(cluster):
    cluster.run("scale", "web=5", "--wait")
    before = {id: one["pid"] for id, one in cluster.ps().items()}
    manager = cluster.orchestrator_pid()
    os.kill(manager, signal.SIGKILL)
    wait_until(lambda: cluster.orchestrator_pid() not in (None, manager), 10, "another orchestrator")
    wait_until(lambda: cluster.healthy() and settled(cluster, 5), 30, "health")
    assert {id: one["pid"] for id, one in cluster.ps().items()} == before
    assert multiaz("asg", "--name", cluster.name, run_dir=cluster.run_dir).returncode == 0


def test_standby_takes_an_instance_out_and_back(cluster):
    before = {one["id"] for one in in_service(cluster)}
    id = sorted(before)[0]
    done = cluster.run("asg", "standby", id)
    assert done.returncode == 0, done.stderr
    wait_until(lambda: len(in_service(cluster)) == 3, 20, "that another one took its place")
    one = next(one for one in group(cluster)["instances"] if one["id"] == id)
    assert one["lifecycle"] == "Standby"
    pid = cluster.ps()[id]["pid"]
    os.kill(pid, signal.SIGSTOP)  # nobody checks it
    time.sleep(3)
    assert cluster.ps()[id]["pid"] == pid, "an instance in standby was replaced"
    os.kill(pid, signal.SIGCONT)
    os.kill(cluster.get("/v1/cluster")["pids"]["orchestrator"], signal.SIGKILL)
    wait_until(lambda: cluster.state_of(id) == "ready", 20)
    again = cluster.run("asg", "in-service", id)
    assert again.returncode == 0, again.stderr
    wait_until(lambda: id in {one["id"] for one in in_service(cluster)}, 20, "that it serves again")
    assert group(cluster)["desired"] == 4
    refused = cluster.run("asg", "standby", "nobody")
    assert refused.returncode == 4 and "is no instance of the group" in refused.stderr


def test_schedules_by_cron_line(cluster):
    done = cluster.run("asg", "schedule", "mornings", "--cron", "30 8 * * 1-5", "--desired", 5)
    assert done.returncode == 0, done.stderr
    one = next(one for one in group(cluster)["scheduled"] if one["name"] == "mornings")
    at = time.gmtime(one["at_ms"] / 1000)
    assert (at.tm_hour, at.tm_min) == (8, 30) and at.tm_wday < 5 and one["at_ms"] / 1000 > time.time()
    bad = cluster.run("asg", "schedule", "never", "--cron", "0 25 * * *", "--desired", 5)
    assert bad.returncode == 254 and "the hour of a cron line" in bad.stderr
    both = cluster.run("asg", "schedule", "x", "--desired", 5)
    assert both.returncode == 254 and "--in or --cron" in both.stderr
    assert cluster.run("asg", "delete", "schedule", "mornings").returncode == 0
