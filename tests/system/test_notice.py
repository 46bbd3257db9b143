"""NOTICE names what the programs are made of, and the repository holds nobody else's code."""
import hashlib
import re
import subprocess
from pathlib import Path

import pytest
from cluster import BIN, ROOT

# What a build on Debian needs beside libraries, or only for tests; nothing of it gets into a program
# but declarations.
DECLARATIONS = {"linux-libc-dev", "libclang-common-19-dev", "libclang-rt-19-dev"}
TOOLS = {"clang-19", "lld-19", "binutils", "make", "cmake", "ninja-build", "ccache", "pkg-config", "git"}
# What Debian's files about licences call them.
SAME = {"Expat": "MIT", "X11": "MIT", "Expat with embedded exception": "MIT", "BSD-3-clause": "BSD-3-Clause",
        "BSD-2-clause": "BSD-2-Clause", "Boost-1": "BSL-1.0", "public-domain": "public domain"}


class Entry:
    def __init__(self, block):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        self.name, self.packages, self.how = fields["Name"], fields["Packages"].split(), fields["How"].split()
        self.where, self.copyright, self.licence = fields.get("Where", ""), fields["Copyright"], fields["Licence"]


def notice():
    """The entries, the texts of licences by name, and the packages in no program yet."""
    text = (ROOT / "NOTICE").read_text()
    listing, *texts = re.split(r"\n=+\n(.+)\n=+\n", text)
    entries = [Entry(block) for block in listing.split("\n\n") if block.startswith("Name: ")]
    unused = re.search(r"in no program yet: (.+)\.", listing)
    return entries, dict(zip(texts[::2], texts[1::2])), set(unused.group(1).split(", ") if unused else [])


def build_packages():
    lines = [line.split() for line in (ROOT / "tools/packages.txt").read_text().splitlines()]
    return {words[1] for words in lines if words and words[0] == "build"}


def owners(paths):
    """Which Debian packages own these files."""
    out = subprocess.run(["dpkg", "-S", *map(str, paths)], capture_output=True, text=True, timeout=100)
    found = {line.rsplit(": ", 1)[1]: line.split(":")[0] for line in out.stdout.splitlines() if ": " in line}
    return {path: found.get(str(path), "") for path in map(str, paths)}


def programs():
    return sorted(path for path in BIN.iterdir() if path.is_file() and not path.name.startswith("test_"))


def headers_of_programs():
    out = subprocess.run(["ninja", "-C", str(BIN.parent), "-t", "deps"], capture_output=True, text=True, timeout=100)
    headers, ours = set(), True
    for line in out.stdout.splitlines():
        if line and not line.startswith(" "):
            ours = "tests/unit" not in line
        elif ours and line.strip().startswith("/usr/"):
            headers.add(line.strip())
    return headers


def libraries_of_programs():
    names = set()
    for program in programs():
        out = subprocess.run(["readelf", "-d", str(program)], capture_output=True, text=True, timeout=100, check=True)
        names.update(re.findall(r"\(NEEDED\).*\[(.+)\]", out.stdout))
    found = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, timeout=100,
                           env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}, check=True).stdout
    paths = {}
    for line in found.splitlines():
        match = re.match(r"\s+(\S+) .*x86-64.* => (\S+)", line) or re.match(r"\s+(\S+) .*=> (\S+)", line)
        if match:
            paths.setdefault(match.group(1), match.group(2))
    return {name: paths[name] for name in names if not name.startswith("ld-linux")}


def owner_of_library(path):
    """Debian's database may know the file below /usr or, as before the merge of both, without it."""
    real = str(Path(path).resolve())
    return next((owner for owner in owners([real, real.removeprefix("/usr"), path]).values() if owner), "")


@pytest.fixture(scope="module")
def linked():
    return {name: owner_of_library(path) for name, path in libraries_of_programs().items()}


@pytest.fixture(scope="module")
def included():
    return {package for package in owners(sorted(headers_of_programs())).values() if package} - DECLARATIONS


def test_every_library_that_a_program_loads_is_named(linked):
    entries, _, _ = notice()
    named = {package for entry in entries if "linked" in entry.how for package in entry.packages}
    assert linked, "no program was found"
    missing = {name: package for name, package in linked.items() if package not in named}
    assert not missing, f"linked, but NOTICE has no such package as 'linked': {missing}"


def test_every_package_whose_code_is_translated_in_is_named(included):
    entries, _, _ = notice()
    named = {package for entry in entries for package in entry.packages}
    assert "nlohmann-json3-dev" in included and "node-llhttp" in included, included
    assert included <= named, f"included or compiled, but not in NOTICE: {included - named}"


def test_nothing_is_named_that_is_not_there(linked, included):
    entries, _, unused = notice()
    links = "\n".join(path.read_text() for path in ROOT.glob("**/CMakeLists.txt") if "build/" not in str(path))
    for entry in entries:
        if "linked" in entry.how and not entry.where:
            assert set(entry.packages) & set(linked.values()), f"{entry.name}: no program loads it"
        if entry.where:  # in another preset than this one, perhaps
            assert f"PRIVATE PkgConfig::{entry.name.upper()})" in links, entry.name
        if "compiled" in entry.how:
            assert set(entry.packages) & included, f"{entry.name}: no program includes it"
    assert not unused & included, f"in a program by now: {unused & included}"


def test_the_packages_of_the_build_are_tools_or_named():
    entries, _, unused = notice()
    named = {package for entry in entries for package in entry.packages}
    listed = build_packages()
    assert listed <= named | unused | TOOLS, f"in NOTICE nor a tool: {listed - named - unused - TOOLS}"
    for entry in entries:
        if entry.name != "GNU C library":  # every compiler brings it
            assert set(entry.packages) & listed, f"{entry.name} is not in tools/packages.txt"
    assert unused <= listed


def test_licences_are_those_that_the_packages_state_and_their_texts_are_there():
    entries, texts, _ = notice()
    for entry in entries:
        assert entry.licence == "public domain" or len(texts[entry.licence].strip()) > 150, entry.name
        assert re.search(r"\d{4}|public domain", entry.copyright), entry.name
        if "GNU" in entry.name:
            continue  # a library of the system: many files with many licences
        state = open(f"/usr/share/doc/{entry.packages[0]}/copyright", encoding="utf-8").read()
        stated = {SAME.get(name.strip(), name.strip()) for name in re.findall(r"^License:(.+)$", state, re.M)}
        assert entry.licence in stated, (entry.name, stated)
        holder = re.sub(r"^[\d, -]+(present )?", "", entry.copyright.split(";")[0]).split(",")[0]
        assert holder in state, (entry.name, holder)
    assert {entry.licence for entry in entries} - {"public domain"} == set(texts), "a text too many or too few"


# --- copied code

FOREIGN = re.compile(r"copyright\s*(\(c\)|©|:|\d{4})|\(c\)\s*\d{4}|©\s*\d{4}|all rights reserved|@licen[sc]e|@preserve|"
                     r"^\s*/\*!|spdx-licen[sc]e|permission is hereby granted|redistribution and use in source|"
                     r"licen[sc]ed under|released under the|gnu (lesser |affero )?general public|mit licen[sc]e", re.I | re.M)
FOLDERS = re.compile(r"(^|/)(vendor(ed)?|third[_-]?party|3rdparty|externals?|deps|node_modules|bower_components|contrib|"
                     r"submodules|dist)/|(^|/)\.gitmodules$")
BUILT = re.compile(r"\.(min|bundle|umd|iife|esm|prod)\.(m?js|css)$|\.(a|so|o|jar|whl|tgz|gz|xz|zip|wasm|map|woff2?|ttf|otf|pyc)$")
CODE = re.compile(r"\.(h|hpp|cc|cpp|c|py|js|mjs|css|html|sh|cmake|sql|svg|toml|yml|yaml)$|(^|/)(CMakeLists.txt|multiaz|build|test)$")
COLUMNS_MAX = 500  # a longer line of code was written by a machine
OWN = {"LICENSE", "NOTICE", "tests/system/test_notice.py"}


def copied(path, text):
    """What makes this file look like somebody else's."""
    if path in OWN:
        return
    if FOLDERS.search(path):
        yield "the folder of copied code"
    if BUILT.search(path):
        yield "the result of a build"
    if not path.startswith("tests/golden/"):
        for match in FOREIGN.finditer(text):
            yield f"a banner: {match.group(0).strip()!r}"
    if CODE.search(path):
        longest = max(map(len, text.split("\n")))
        if longest > COLUMNS_MAX:
            yield f"a line of {longest} columns"
        if not path.startswith("tests/") and re.search(r"(src|href)=[\"']?(https?:)?//|@import\s|import\s*\(?[\"']https?://|url\([\"']?https?:", text):
            yield "something fetched from elsewhere"


@pytest.mark.parametrize("path, text", [
    ("chaos/report/chart.js", "/*! chart 1.2 | (c) 2020 A. Body */"),
    ("base/core/sha.cc", "// Copyright (c) 2019 A. Body\n"),
    ("base/core/sha.cc", "// SPDX-License-Identifier: BSD-3-Clause\n"),
    ("base/core/sha.cc", "/* This is released under the MIT license */"),
    ("third_party/x/a.h", "int x;\n"),
    ("chaos/report/deps/a.js", "let x;\n"),
    ("chaos/report/a.min.js", "let x;\n"),
    ("webnode/templates/a.woff2", "x"),
    ("chaos/report/a.js", "let x" + "=1;let y" * 100 + ";\n"),
    ("webnode/templates/layout.html", '<script src="https://cdn.example/x.js"></script>'),
])
def test_copied_code_would_be_found(path, text):
    assert list(copied(path, text))


def tracked():
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True,
                         timeout=100, check=True)
    return [path for path in out.stdout.splitlines() if (ROOT / path).is_file()]


def test_no_file_here_is_somebody_elses():
    files = tracked()
    assert len(files) > 500
    found = {path: whats for path in files if (whats := list(copied(path, (ROOT / path).read_text(errors="replace"))))}
    assert not found


def test_no_file_here_is_one_of_an_installed_package():
    """The same bytes as a header or source that a package of the build or of the tests brings."""
    packages = sorted(package for package in build_packages() if package not in TOOLS) + ["libgtest-dev", "libgmock-dev"]
    listing = subprocess.run(["dpkg", "-L", *packages], capture_output=True, text=True, timeout=100, check=True).stdout
    theirs = {}
    for path in listing.splitlines():
        if re.search(r"\.(h|hpp|c|cc|js|css|inl|ipp)$", path):
            try:
                theirs[hashlib.sha256(open(path, "rb").read()).digest()] = path
            except OSError:
                continue  # a folder that is named like a header
    assert len(theirs) > 300
    same = {path: theirs[digest] for path in tracked()
            if (digest := hashlib.sha256((ROOT / path).read_bytes()).digest()) in theirs}
    assert not same
