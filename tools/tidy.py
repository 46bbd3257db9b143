#!/usr/bin/python3
"""Style as a test. Checks every tracked source file:

  includes   go one way (see LAYERS); daemons never include each other; uv.h only in base/rt
  lambdas    are no coroutines: their captures die before the frame does
  size       files <= 400 lines, headers' contracts <= 200, functions <= 60 lines
  dead       every .h is included somewhere; what is declared is used (tidy_dead.py)
  std        what is used of std:: is included: the precompiled header would hide it (tidy_std.py)
  heavy      msgpack, CLI11, toml++, spdlog and json only in .cc files
  files      what throws on a path that cannot be looked at is base/core/paths's alone
  json       what throws on a wrong type or on bytes that are no text is base/core/jsonio's alone
  words      no trailing blanks, no tabs, lines <= 100 columns, #pragma once in headers
  english    comments name processes and are sentences (tidy_english.py)

A ratchet: nothing is exempt. `tidy.py --self-test` shows that each check can fail.
"""
import re
import subprocess
import sys
from pathlib import Path

import tidy_english
from tidy_dead import check_declared
from tidy_std import check_std

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
COLUMNS_MAX = 100

DAEMONS = ["supervisor", "orchestrator", "lb", "dns", "awsapi", "webnode", "cachenode", "dbnode", "enginenode", "chaos", "cli"]
ORCHESTRATOR_PURE = [f"orchestrator/{folder}" for folder in ("plan", "control", "ec2", "asg", "rds", "zones", "faults")]
# folder -> what it may include; the longest matching folder counts.
LAYERS = {
    "base/core": ["base/core"],
    "base/faults": ["base/core", "base/faults"],
    "base/wire": ["base/core", "base/wire"],
    "base/zone": ["base/core", "base/wire", "base/zone"],
    "base/sg": ["base/core", "base/sg"],
    "base/elb": ["base/core", "base/wire", "base/sg", "base/elb"],
    "base/rt": ["base/core", "base/faults", "base/rt"],
    "base/tls": ["base/core", "base/rt", "base/tls"],
    "base/http": ["base/core", "base/wire", "base/rt", "base/http"],
    "base/agent": ["base/core", "base/faults", "base/wire", "base/sg", "base/rt", "base/agent"],
    "replication/core": ["base/core", "replication/core"],
    "replication/log": ["base/core", "base/faults", "replication/core", "replication/log"],
    "replication/driver": ["base/core", "replication/core", "replication/driver"],
    "replication/sim": ["base/core", "replication/core", "replication/driver", "replication/sim"],
    "replication": ["base/core", "base/faults", "base/wire", "base/rt", "replication"],
    "lb/balance": ["base/core", "base/elb", "lb/balance"],
    "dns/zone": ["base/core", "base/wire", "base/zone", "dns/zone"],
    "cachenode/keyspace": ["base/core", "cachenode/keyspace"],
    "dbnode/store": ["base/core", "dbnode/store"],
    # The pure parts of the control plane, by what AWS calls the service; they see each other.
    **{f"orchestrator/{folder}": ["base/core", "base/faults", "base/wire", "base/sg", "base/elb", "replication/core", *ORCHESTRATOR_PURE] for folder in
       (name.split("/")[1] for name in ORCHESTRATOR_PURE)},
    "chaos/checkers": ["base/core", "chaos/checkers"],
    "cachenode": ["base", "replication", "cachenode"],
    "dbnode": ["base", "replication", "dbnode"],
    "enginenode/member": ["base/core", "replication/core", "enginenode/member"],
    "enginenode": ["base", "clients", "replication", "enginenode"],
    "orchestrator/sim": ["base/core", "base/wire", "replication/core", "replication/sim", *ORCHESTRATOR_PURE, "orchestrator/sim"],
    # seed.h: how a restored group's data folders begin.
    "orchestrator": ["base", "replication/core", "replication/log/seed.h", "orchestrator"],
    "supervisor": ["base/core", "base/wire", "base/rt", "supervisor"],
    "lb": ["base", "lb"],
    "dns": ["base", "dns"],
    "clients": ["base", "clients"],
    "webnode": ["base", "clients", "webnode"],
    "awsapi/dynamodb": ["base/core", "base/wire/hash.h", "clients", "base/http/message.h", "base/rt", "awsapi/dynamodb"],
    "awsapi": ["base", "clients", "awsapi"],
    "chaos/plan": ["base/core", "base/faults", "chaos/checkers", "chaos/plan"],
    "chaos/judge": ["base/core", "base/faults", "chaos/checkers", "chaos/plan", "chaos/judge"],
    "chaos/fis": ["base/core", "base/faults", "chaos/checkers", "chaos/plan", "chaos/fis"],
    "chaos/report": ["base/core", "base/faults", "chaos/checkers", "chaos/plan", "chaos/judge", "chaos/report"],
    "chaos": ["base", "clients", "chaos"],
    "cli": ["base", "cli"],
}
HEAVY = re.compile(r"#include\s*[<\"](nlohmann/json\.hpp|spdlog/|CLI/|msgpack|toml\+\+|yaml-cpp/|fmt/)")


def strip_code(text):
    """Blanks comments, strings and character literals, keeping the line structure."""
    def blank(match):
        token = match.group(0)
        if token.startswith("/"):
            return re.sub(r"[^\n]", " ", token)
        return '""' + "\n" * token.count("\n")

    pattern = r'R"(\w*)\((?:.|\n)*?\)\1"|//[^\n]*|/\*(?:.|\n)*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\''
    return re.sub(pattern, blank, text)


def layer_of(path):
    folder = path.rsplit("/", 1)[0] if "/" in path else ""
    best = [name for name in LAYERS if folder == name or folder.startswith(name + "/")]
    return max(best, key=len) if best else None


def check_includes(path, text):
    layer = layer_of(path)
    if layer is None:
        return
    for number, line in enumerate(text.split("\n"), 1):
        match = re.match(r'\s*#include\s+"([^"]+)"', line)
        if match:
            target = match.group(1)
            if not any(target == ok or target.startswith(ok + "/") for ok in LAYERS[layer]):
                yield number, f'{layer} may not include "{target}" (allowed: {", ".join(LAYERS[layer])})'
            if target.split("/")[0] in ("base", "replication"):
                inner = layer_of(target)
                if layer in ("replication/core", "replication/log") and inner not in LAYERS[layer]:
                    yield number, f'{layer} may not include "{target}"'
        if re.match(r"\s*#include\s+<uv\.h>", line) and layer != "base/rt":
            yield number, "uv.h belongs to base/rt"
        # awsapi/dynamodb is about JSON values and holds them in its headers.
        json_by_value = layer == "awsapi/dynamodb" and "nlohmann" in line
        wraps = path == "base/core/toml.h"  # says how the library is used
        if path.endswith(".h") and HEAVY.match(line.strip()) and not json_by_value and not wraps:
            yield number, "a heavy header belongs into a .cc file"


def check_lambdas(path, text):
    code = strip_code(text)
    for match in re.finditer(r"\[[^\]\n]*\]\s*(\([^()]*\))?\s*(mutable)?\s*(->[^{;]*)?\{", code):
        depth, end = 1, match.end()
        while end < len(code) and depth:
            depth += {"{": 1, "}": -1}.get(code[end], 0)
            end += 1
        if re.search(r"\bco_(await|return|yield)\b", code[match.end():end]):
            yield code.count("\n", 0, match.start()) + 1, "a lambda must not be a coroutine"


# Values come from wires and files: .at(), .value(), .get<>() and parse() throw on the wrong ones, and
# .dump() on bytes that are no UTF-8. base/core/jsonio.h and json_fields.h do the same and give errors.
JSON_FOLDERS = ["awsapi", "base", "cachenode", "chaos", "cli", "clients", "dbnode", "dns", "enginenode", "lb", "orchestrator", "replication",
                "supervisor", "webnode"]
JSON_HOME = ["base/core/jsonio.cc", "base/core/json_fields.cc"]
JSON_THROWS = [
    (re.compile(r"\.dump\("), "dump()"),
    (re.compile(r"\.at\("), "at()"),
    (re.compile(r'\.value\(""'), "value()"),
    (re.compile(r"\.(template\s+)?(get(_ref|_ptr)?\s*<|get_to\()"), "get<>()"),
    (re.compile(r"\b\w*[jJ]son::parse\("), "parse()"),
]


# [] of a const value asserts that the key or place is there: it aborts, or reads what is not there.
# A name that is const where it was last declared, with a key in quotes (only JSON has that), or of a
# type that is JSON with any key.
SUBSCRIPT = re.compile(r"(?<![\w.>])(?:\(\*(\w+)\)|(\w+))\[(?!\])")
DECLARED = r"(const\s+)?(?:constexpr\s+)?([\w:]+(?:<[^;(){}]*>)?)\s*(?:const)?\s*[&*]*\s*(?:\[[^\]]*\b)?%s\b(?=\s*[;=,){:\]])"
NO_TYPE = {"return", "co_return", "new", "delete", "case", "goto", "else", "co_await", "throw"}
JSON_TYPE = re.compile(r"\b\w*[jJ]son\b|\bValue\b|\bItem\b")


def const_subscripts(code):
    for match in SUBSCRIPT.finditer(code):
        name = match.group(1) or match.group(2)
        found = [d for d in re.finditer(DECLARED % re.escape(name), code[:match.start()]) if d.group(2) not in NO_TYPE]
        if found and found[-1].group(1):
            if code[match.end():].startswith('""') or JSON_TYPE.search(found[-1].group(2)):
                yield code.count("\n", 0, match.start()) + 1


def check_json(path, text):
    if path in JSON_HOME or path.split("/")[0] not in JSON_FOLDERS or "#include <nlohmann/json.hpp>" not in text:
        return
    code = strip_code(text)
    for number, line in enumerate(code.split("\n"), 1):
        for pattern, word in JSON_THROWS:
            if pattern.search(line):
                yield number, f"{word} may throw; base/core/jsonio.h and json_fields.h have what gives an error instead"
    for number in const_subscripts(code):
        yield number, "[] of a const value aborts where nothing is; jsonio::find, item_at, value_in say so"


# Functions of std::filesystem throw unless they are given an error_code; so does a loop over a folder.
FILES_ASK = re.compile(r"\b(?:std::filesystem|fs)::(absolute|canonical|copy|copy_file|create_directories|create_directory|create_symlink|"
                       r"current_path|exists|file_size|is_directory|is_empty|is_regular_file|is_symlink|last_write_time|permissions|"
                       r"read_symlink|relative|remove|remove_all|rename|resize_file|space|status|symlink_status)\(")
FILES_LOOP = re.compile(r"\bfor \([^;()]*:\s*(?:std::filesystem|fs)::(?:recursive_)?directory_iterator\(")


def check_files(path, text):
    if path.startswith("tests/"):
        return
    code = strip_code(text)
    for match in FILES_LOOP.finditer(code):
        yield code.count("\n", 0, match.start()) + 1, "a loop over a folder may throw; base/core/paths.h has entries_of()"
    codes = set(re.findall(r"std::error_code&? (\w+)", code)) | set(re.findall(r"std::error_code \w+, (\w+)", code))
    for match in FILES_ASK.finditer(code):
        depth, end = 1, match.end()
        while end < len(code) and depth:
            depth += {"(": 1, ")": -1}.get(code[end], 0)
            end += 1
        last = code[match.end():end - 1].rsplit(",", 1)[-1].strip()
        if last not in codes:
            yield code.count("\n", 0, match.start()) + 1, f"{match.group(1)}() throws without an error_code; see base/core/paths.h"


FUNCTION = re.compile(r"^[^\s#/}].*\)\s*(const|noexcept|override|\s)*(:\s.*)?\{\s*$|^\s{0,2}[\w:<>,&*~ ]+\([^;]*\)\s*(const|noexcept|override|\s)*\{\s*$")


def check_size(path, text):
    lines = text.count("\n")
    if lines > FILE_LINES_MAX:
        yield 1, f"{lines} lines; a file has at most {FILE_LINES_MAX}"
    code = strip_code(text).split("\n")
    number = 0
    while number < len(code):
        line = code[number]
        opens = line.rstrip().endswith("{") and ")" in line
        indent = len(line) - len(line.lstrip())
        if opens and indent <= 2 and not re.match(r"\s*(if|for|while|switch|else|namespace|struct|class|enum|union|case|extern)\b", line):
            end = number + 1
            close = " " * indent + "}"
            while end < len(code) and not code[end].startswith(close):
                end += 1
            if end - number + 1 > FUNCTION_LINES_MAX:
                yield number + 1, f"{end - number + 1} lines; a function has at most {FUNCTION_LINES_MAX}"
            number = end
        number += 1


def check_words(path, text):
    if path.endswith(".h") and "#pragma once" not in text:
        yield 1, "a header starts with #pragma once"
    raw = re.sub(r'R"(\w*)\((?:.|\n)*?\)\1"', lambda m: "R" + "\n" * m.group(0).count("\n"), text)
    for number, line in enumerate(raw.split("\n"), 1):
        if line != line.rstrip():
            yield number, "trailing blanks"
        if "\t" in line:
            yield number, "a tab"
        if len(line) > COLUMNS_MAX and '"' not in line:
            yield number, f"{len(line)} columns; a line has at most {COLUMNS_MAX}"


def check_dead(files):
    everything = {path: text for path, text in files.items()}
    joined = "\n".join(everything.values())
    for path in files:
        if path.endswith(".h") and f'"{path}"' not in joined and not path.startswith("tools/"):
            yield path, 1, "no file includes this header"
        if path.endswith((".cc", ".h")):
            continue


def tracked():
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [p for p in out.stdout.split("\n") if p and (ROOT / p).is_file()]


CHECKS = [check_includes, check_lambdas, check_json, check_files, check_size, check_words, tidy_english.check_english]


def problems_of(files):
    for path, text in files.items():
        for check in CHECKS:
            for line, what in check(path, text):
                yield path, line, what
    yield from check_dead(files)
    yield from check_std(files, strip_code)
    yield from check_declared(files, strip_code)


SELF_TEST = [
    ("lb/a.cc", '#include "webnode/shop.h"\n', "may not include"),
    ("replication/core/a.cc", '#include "base/rt/conn.h"\n', "may not include"),
    ("lb/a.cc", "#include <uv.h>\n", "uv.h belongs"),
    ("lb/a.h", "#pragma once\n#include <nlohmann/json.hpp>\n", "heavy"),
    ("lb/a.cc", "void f() {\n  auto l = [&]() -> Task<int> { co_return 1; };\n}\n", "lambda"),
    ("lb/a.cc", "x\n" * 401, "at most 400"),
    ("lb/a.cc", "int f(int a) {\n" + "  a++;\n" * 60 + "}\n", "at most 60"),
    ("lb/a.h", "int x;\n", "pragma once"),
    ("lb/a.cc", "int x; \n", "trailing"),
    ("lb/a.cc", "std::optional<int> a;\n", "needs #include <optional>"),
    ("lb/a.cc", "#include <string>\nnlohmann::json a;\n", "needs #include <nlohmann/json.hpp>"),
    ("lb/a.h", "#pragma once\nclass A {\n  [[nodiscard]] bool gone() const;\n};\n", "gone is declared and never used"),
    ("lb/a.cc", "constexpr int kGone = 5;\n", "kGone is declared and never used"),
    ("lb/a.h", "#pragma once\nstruct Gone {};\n", "Gone is declared and never used"),
    ("lb/dead.h", "#pragma once\n", "no file includes"),
    ("cli/a.cc", "#include <nlohmann/json.hpp>\nauto a = b.dump();\n", "dump() may throw"),
    ("cli/a.cc", "#include <nlohmann/json.hpp>\nauto a = b.dump(2);\n", "dump() may throw"),
    ("orchestrator/a.cc", "#include <nlohmann/json.hpp>\nauto a = b.at(\"c\");\n", "at() may throw"),
    ("base/zone/a.cc", "#include <nlohmann/json.hpp>\nauto a = b.value(\"c\", 0);\n", "value() may throw"),
    ("cli/a.cc", "#include <nlohmann/json.hpp>\nauto a = b[\"c\"].get<int>();\n", "get<>() may throw"),
    ("cli/a.cc", "#include <nlohmann/json.hpp>\nb.get_to(c);\n", "get<>() may throw"),
    ("cli/a.cc", "#include <nlohmann/json.hpp>\nauto a = nlohmann::json::parse(b);\n", "parse() may throw"),
    ("webnode/a.cc", "#include <nlohmann/json.hpp>\nint f(const json& b) {\n  return b[\"c\"] == 1;\n}\n", "[] of a const"),
    ("awsapi/a.cc", "#include <nlohmann/json.hpp>\nint f(const json* b, int i) {\n  return (*b)[i] == 1;\n}\n", "[] of a const"),
    ("cli/a.cc", "#include <nlohmann/json.hpp>\nint f(const Result<Some>& b) {\n  return (*b)[\"c\"] == 1;\n}\n", "[] of a const"),
    ("cli/a.cc", "#include <nlohmann/json.hpp>\nfor (const auto& [k, v] : b.items()) f(v[\"c\"]);\n", "[] of a const"),
    ("supervisor/a.cc", "#include <nlohmann/json.hpp>\nusing SomeJson = nlohmann::json;\nauto a = SomeJson::parse(b);\n", "parse() may throw"),
]
SELF_TEST += [
    ("cli/a.cc", "bool a = std::filesystem::exists(b + \"c\");\n", "exists() throws"),
    ("cli/a.cc", "std::error_code gone;\nauto a = fs::absolute(f(gone), b);\n", "absolute() throws"),
    ("cli/a.cc", "std::error_code e;\nfor (const auto& a : fs::directory_iterator(b, e)) {\n}\n", "loop over a folder"),
]
GOOD = "std::error_code no;\nfs::remove_all(a + b, no);\nTask<void> f() {\n  if (auto x = co_await g(); x) {\n    y();\n  }\n  while (!done) co_await wait;\n}\n"


JSON_GOOD = """#include <nlohmann/json.hpp>
#include <vector>
auto a = jsonio::dump(b);
auto c = jsonio::parse(text);
auto d = toml::parse(text);
auto e = pointer.get();
auto f = request.query.get("name", "");
json g = {}, h = b;
g["name"] = 1;
const std::vector<int> i = {1};
int j = i[0];
int k(const json& c, json d) { return d["e"] == c; }
// Not .dump() or at() in words.
"""


def self_test():
    for path, text, expected in SELF_TEST:
        found = [what for _, _, what in problems_of({path: text})]
        if not any(expected in what for what in found):
            sys.exit(f"tidy self-test: {text!r} was not caught ({expected}); found {found}")
    found = list(problems_of({"lb/a.cc": GOOD}))
    found += problems_of({"lb/a.cc": '#include "lb/a.h"\nstd::map<int, int> a;  // std::set\n',
                          "lb/a.h": "#pragma once\n#include <map>\n"})
    found += problems_of({"cli/a.cc": JSON_GOOD, "base/core/jsonio.cc": JSON_GOOD + "auto x = y.dump();\n"})
    if found:
        sys.exit(f"tidy self-test: good code was refused: {found}")


def main():
    self_test()
    tidy_english.self_test(sys.exit)
    files = {p: (ROOT / p).read_text(errors="replace") for p in tracked() if p.endswith((".h", ".cc"))}
    found = sorted(set(problems_of(files)))
    for path, line, what in found:
        print(f"{path}:{line}: {what}")
    print(f"tidy: {len(files)} files, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
