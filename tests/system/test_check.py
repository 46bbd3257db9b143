"""`multiaz chaos check`: a recorded history is judged again, offline."""
import json
import subprocess

from cluster import BIN


def check(tmp_path, lines, *words):
    path = tmp_path / "history.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n")
    return subprocess.run([BIN / "multiaz", "chaos", "check", path, *words], capture_output=True, text=True, timeout=60)


def op(who, what, key, begin, end, value=None, result="ok"):
    written = value if what in ("write", "add") else None
    return [{"type": "invoke", "t_ns": begin, "p": who, "f": what, "k": key, "v": written},
            {"type": result, "t_ns": end, "p": who, "f": what, "k": key, "v": value}]


def looks(key, value, begin, count=20):
    """So many answered reads, one after the other: fewer prove nothing."""
    return sum((op("b", "read", key, at, at + 5, value) for at in range(begin, begin + 10 * count, 10)), [])


def test_a_stale_read_is_found_and_shown(tmp_path):
    lines = op("a", "write", "cart", 10, 20, 1) + op("a", "write", "cart", 30, 40, 2) + op("b", "read", "cart", 50, 60, 1)
    found = check(tmp_path, lines)
    assert found.returncode == 1
    assert "2 came and went while 1 was there" in found.stdout and '"t_ns":50' in found.stdout
    fine = check(tmp_path, lines[:4] + looks("cart", 2, 50))
    assert fine.returncode == 0 and fine.stdout.endswith("ms)\n") and "\nOK" in fine.stdout


def test_a_lost_element_is_found(tmp_path):
    lines = op("a", "add", "lines", 10, 20, 5) + op("b", "read-set", "lines", 30, 40, [])
    result = check(tmp_path, lines, "--json", "--edn", tmp_path / "h.edn")
    assert result.returncode == 1
    shown = json.loads(result.stdout)["sets"]
    assert shown["anomalies"] == 1 and "does not show it" in shown["shown"][0]["text"]
    assert ":f :add" in (tmp_path / "h.edn").read_text()


def cas(who, begin, end, expected, value, result="ok"):
    return [{"type": kind, "t_ns": at, "p": who, "f": "cas", "k": "row", "v": [expected, value]}
            for kind, at in (("invoke", begin), (result, end))]


def test_two_winners_of_one_value_are_found(tmp_path):
    lines = cas("a", 10, 20, 0, 1) + cas("b", 30, 40, 1, 2)
    assert check(tmp_path, lines + cas("c", 35, 60, 1, 3, "fail") + looks("row", 2, 70)).returncode == 0
    found = check(tmp_path, lines + cas("c", 35, 60, 1, 3) + op("d", "write", "other", 1, 2, 9))
    assert found.returncode == 1 and "fits into no order" in found.stdout and "registers: 1 operations" in found.stdout
    bad = check(tmp_path, [{"type": "invoke", "t_ns": 1, "p": "a", "f": "cas", "k": "row", "v": 5}])
    assert bad.returncode == 254 and "line 1" in bad.stderr


def test_nothing_to_judge_is_not_a_pass(tmp_path):
    assert check(tmp_path, []).returncode == 2


def test_a_history_in_which_little_was_answered_is_not_a_pass(tmp_path):
    enough = op("a", "write", "x", 1, 2, 7) + looks("x", 7, 10)
    assert check(tmp_path, enough).returncode == 0
    for little in (enough[:-6], [dict(one, type="fail") if one["type"] == "ok" else one for one in enough],
                   [dict(one, type="info") if one["type"] == "ok" else one for one in enough],
                   sum((op("a", "write", "x", at, at + 5, at) for at in range(10, 400, 10)), [])):
        done = check(tmp_path, little)
        assert done.returncode == 2 and "operations were answered" in done.stdout, done.stdout


def test_a_folder_will_do_and_bad_input_is_named(tmp_path):
    check(tmp_path, op("a", "write", "x", 1, 2, 1) + looks("x", 1, 10))
    assert subprocess.run([BIN / "multiaz", "chaos", "check", tmp_path], capture_output=True).returncode == 0
    bad = check(tmp_path, [{"type": "ok", "t_ns": 1, "p": "a", "f": "read", "k": "x"}])
    assert bad.returncode == 254 and "line 1: a ends an operation that it never began" in bad.stderr
    gone = subprocess.run([BIN / "multiaz", "chaos", "check", tmp_path / "no"], capture_output=True, text=True)
    assert gone.returncode == 254 and "cannot be read" in gone.stderr


def test_a_path_that_cannot_be_looked_at_is_bad_input(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    for path in ("x" * 5000, tmp_path / "a", tmp_path / "a" / "b", ""):
        done = subprocess.run([BIN / "chaos", "check", path], capture_output=True, text=True)
        assert done.returncode == 254, f"{str(path)[:40]}: {done.returncode} {done.stderr[-300:]}"


def test_without_a_working_folder_every_verb_still_answers(tmp_path):
    gone = tmp_path / "gone"
    for words in (["ps"], ["down", "--name", "none"], ["snapshot", "export", "x", "here"], ["plan", "none.toml"]):
        gone.mkdir()
        done = subprocess.run(["sh", "-c", 'rmdir ../gone; exec "$@"', "sh", BIN / "multiaz", *words], cwd=gone,
                              env={"MULTIAZ_RUN": "relative", "PATH": "/bin:/usr/bin"}, capture_output=True, text=True)
        assert 0 < done.returncode < 255 and "terminate" not in done.stderr, f"{words}: {done.returncode} {done.stderr}"
