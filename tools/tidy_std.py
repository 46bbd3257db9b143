"""Which standard header each std:: name needs: what tools/precompiled.h would hide.

A file that uses a name includes its header itself, or includes a file of this project that does.
"""
import re

NAMES = {
    "algorithm": "all_of any_of none_of binary_search clamp copy copy_n count count_if equal equal_range fill find find_if "
                 "find_if_not for_each generate is_sorted lexicographical_compare lower_bound max max_element merge min "
                 "min_element minmax mismatch nth_element partial_sort remove_if replace reverse rotate search shuffle sort "
                 "stable_sort transform unique upper_bound",
    "array": "array to_array", "atomic": "atomic atomic_bool", "charconv": "from_chars to_chars", "chrono": "chrono",
    "cmath": "ceil exp floor fmod isfinite isinf isnan llround log lround pow sqrt",
    "coroutine": "coroutine_handle noop_coroutine suspend_always suspend_never",
    "cstdio": "FILE fclose fflush fopen fprintf fputs fread fwrite printf puts snprintf sscanf",
    "cstdlib": "abort exit getenv strtod strtoll strtoull",
    "cstring": "memchr memcmp memcpy memmove memset strcmp strerror strlen",
    "deque": "deque", "filesystem": "filesystem", "fstream": "fstream ifstream ofstream",
    "functional": "function greater hash less", "limits": "numeric_limits", "list": "list", "map": "map multimap",
    "memory": "enable_shared_from_this make_shared make_unique shared_ptr unique_ptr weak_ptr",
    "mutex": "lock_guard mutex scoped_lock unique_lock", "optional": "make_optional nullopt optional", "set": "multiset set",
    "span": "span", "sstream": "istringstream ostringstream stringstream", "string": "getline string to_string",
    "string_view": "string_view", "thread": "thread", "unordered_map": "unordered_map", "unordered_set": "unordered_set",
    "utility": "declval exchange forward in_place make_pair move pair swap",
    "variant": "get_if holds_alternative monostate variant visit", "vector": "vector",
}
HEADER_OF = {name: header for header, names in NAMES.items() for name in names.split()}


class Included:
    """The system headers that each file reaches through files of this project."""

    def __init__(self, files):
        self.own = {path: (set(re.findall(r"^#include <([^>]+)>", text, re.M)),
                           re.findall(r'^#include "([^"]+)"', text, re.M)) for path, text in files.items()}
        self.seen = {}

    def of(self, path):
        if path not in self.seen:
            system, project = self.own.get(path, (set(), []))
            self.seen[path] = set(system)  # first: a circle of includes ends here
            self.seen[path] = set(system).union(*(self.of(one) for one in project))
        return self.seen[path]


def check_std(files, strip_code):
    included = Included(files)
    for path, text in files.items():
        reached, told = included.of(path), set()
        for number, line in enumerate(strip_code(text).split("\n"), 1):
            for name in re.findall(r"\bstd::(\w+)", line):
                header = HEADER_OF.get(name)
                if header and header not in reached | told:
                    told.add(header)
                    yield path, number, f"std::{name} needs #include <{header}>"
            if "nlohmann::" in line and "json" not in told and not any(one.startswith("nlohmann/") for one in reached):
                told.add("json")
                yield path, number, "nlohmann:: needs #include <nlohmann/json.hpp> or, in headers, json_fwd.hpp"
