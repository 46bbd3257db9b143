"""The example that promises every key has every key, with the default that the schema names."""
import json
import re
import subprocess
import tomllib

import pytest

from cluster import BIN, ROOT

DEFAULT = (ROOT / "examples" / "default.toml").read_text()


def schema():
    """The sections, each with its keys. Tables inside a section and what may stand several times are in
    balancer.toml."""
    return {section: {key: what for key, what in one["properties"].items() if what["type"] != "object"}
            for section, one in parts().items() if one["type"] == "object"}


def parts():
    done = subprocess.run([BIN / "orchestrator", "--print-schema"], capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout)["properties"]


def named(section):
    """The keys of a section, also those that stand behind a #."""
    text = DEFAULT.split(f"\n[{section}]\n", 1)
    assert len(text) == 2, f"default.toml has no [{section}]"
    body = re.split(r"^\[", text[1], maxsplit=1, flags=re.M)[0]
    return re.findall(r"^(?:# )?(\w+) = ", body, flags=re.M)


@pytest.mark.parametrize("section", schema())
def test_default_toml_names_every_key_once(section):
    assert sorted(named(section)) == sorted(schema()[section])


def test_balancer_toml_has_every_table_of_the_load_balancer():
    shown = tomllib.loads((ROOT / "examples" / "balancer.toml").read_text())
    several = {name for name, one in parts().items() if one["type"] == "array"}
    assert several == {name for name, what in shown.items() if isinstance(what, list)}
    inside = {(section, key) for section, one in parts().items() if one["type"] == "object"
              for key, what in one["properties"].items() if what["type"] == "object"}
    assert ("lb", "attributes") in inside
    for section, key in inside:
        assert isinstance(shown[section][key], dict), f"[{section}.{key}]"


def test_default_toml_has_the_schemas_defaults():
    for section, keys in tomllib.loads(DEFAULT).items():
        for key, value in keys.items():
            assert value == schema()[section][key].get("default"), f"[{section}] {key}"
