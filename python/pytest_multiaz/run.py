"""A judged run: what the shoppers of MyClothes.com and the probes beside them lost."""
import json
import subprocess

RUN_S = 600


class Inconclusive(Exception):
    """Too little was seen to say anything: an error, not a failure."""


def _toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    return json.dumps(value)


class Run:
    """`rto_ms`, `rpo`, `claims`, ...; raises NotApplied, NotHealthy or Inconclusive when it proves nothing."""

    def __init__(self, result, folder):
        self.result, self.folder = result, folder
        self.claims = {one["name"]: one for one in result["claims"]}
        self.violated = [one for one in result["claims"] if one["ruling"] == "violated"]
        figures = result["figures"]
        self.outage_ms = {path: figures[f"outage_{path}_ms"] for path in ("browse", "cart", "order")}
        self.rto_ms = max(self.outage_ms.values())
        self.rpo = figures["lost_writes"] + figures["lost_orders"] + figures["anomalies"]
        self.failed_requests = figures["failed_requests"]
        self.ok = result["ok"]

    def __repr__(self):
        bad = "; ".join(f"{one['name']}: {one['text']}" for one in self.violated)
        return f"<Run rto_ms={self.rto_ms} rpo={self.rpo} failed={self.failed_requests} {bad or 'all claims hold'}>"

    @classmethod
    def of(cls, cluster, faults, seed, workload):
        from pytest_multiaz.cluster import NotApplied, NotHealthy, program

        lines = ['title = "from a test"', f"seed = {seed}", "[workload]"]
        lines += [f"{key} = {_toml(value)}" for key, value in workload.items()]
        for fault in faults or [{"kind": "nothing", "for_ms": 1000}]:
            lines += ["[[fault]]"] + [f"{key} = {_toml(value)}" for key, value in fault.items()]
        number = len(list(cluster.files.glob("scenario-*.toml")))
        file, out = cluster.files / f"scenario-{number}.toml", cluster.files / f"run-{number}"
        file.write_text("\n".join(lines) + "\n")
        done = subprocess.run([program(), "chaos", "run", str(file), "--name", cluster.name, "--out", str(out), "--json"],
                              env=cluster._env, capture_output=True, text=True, timeout=RUN_S)
        if done.returncode == 254:
            raise ValueError(done.stderr.strip())
        try:
            result = json.loads(done.stdout.strip().splitlines()[-1])
        except (ValueError, IndexError):
            raise NotHealthy(done.stderr or done.stdout) from None
        why = "; ".join(f"{one['name']}: {one['text']}" for one in result["claims"] if one["ruling"] != "holds")
        for code, error in ((2, Inconclusive), (3, NotHealthy), (4, NotApplied)):
            if done.returncode == code:
                raise error(why)
        return cls(result, out)
