"""The example that promises every key has every key, with the default that the schema names."""
import json
import re
import subprocess
import tomllib

import pytest

from cluster import BIN, ROOT

DEFAULT = (ROOT / "examples" / "default.toml").read_text()


def schema():
    done = subprocess.run([BIN / "orchestrator", "--print-schema"], capture_output=True, text=True, timeout=60)
    return {section: one["properties"] for section, one in json.loads(done.stdout)["properties"].items()}


def named(section):
    """The keys of a section, also those that stand behind a #."""
    text = DEFAULT.split(f"\n[{section}]\n", 1)
    assert len(text) == 2, f"default.toml has no [{section}]"
    body = re.split(r"^\[", text[1], maxsplit=1, flags=re.M)[0]
    return re.findall(r"^(?:# )?(\w+) = ", body, flags=re.M)


@pytest.mark.parametrize("section", schema())
def test_default_toml_names_every_key_once(section):
    assert sorted(named(section)) == sorted(schema()[section])


def test_default_toml_has_the_schemas_defaults():
    for section, keys in tomllib.loads(DEFAULT).items():
        for key, value in keys.items():
            assert value == schema()[section][key].get("default"), f"[{section}] {key}"
