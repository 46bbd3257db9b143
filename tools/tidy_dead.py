"""Declared and never used: a function of a header, a constant or a type whose name stands nowhere else."""
import re
from collections import Counter

FUNCTION = re.compile(r"^\s*(?:\[\[nodiscard\]\]\s*)?(?:static |virtual |inline |constexpr |explicit )*"
                      r"[\w:<>,&*\s\[\]()]*?[\w>&*]\s+[&*]*([a-z_]\w*)\s*\([^;{]*\)\s*(?:const)?\s*(?:noexcept)?\s*(?:;|\{)", re.M)
CONSTANT = re.compile(r"\bconstexpr\b[^;={(]*?\b(k[A-Z]\w*)\b\s*(?:\[[^\]]*\]\s*)?(?:=|\{)")
TYPE = re.compile(r"^\s*(?:struct|class|enum class|using)\s+(\w+)\b", re.M)
# Called by the compiler or by the machinery of coroutines, never by name.
LANGUAGE = {"await_ready", "await_resume", "await_suspend", "begin", "end", "final_suspend", "get_return_object",
            "get_return_object_on_allocation_failure", "initial_suspend", "is_transparent", "operator", "return_value", "return_void",
            "unhandled_exception", "main"}

PRECOMPILED = "tools/precompiled.h"  # its functions are there for the templates that they instantiate


def check_declared(files, strip_code):
    code = {path: strip_code(text) for path, text in files.items()}
    seen = Counter(word for text in code.values() for word in re.findall(r"[A-Za-z_]\w*", text))
    for path, text in code.items():
        found = list(CONSTANT.finditer(text))
        if path.endswith(".h") and path != PRECOMPILED:
            found += list(FUNCTION.finditer(text)) + list(TYPE.finditer(text))
        for match in found:
            name = match.group(1)
            if seen[name] == 1 and name not in LANGUAGE:
                yield path, text.count("\n", 0, match.start(1)) + 1, f"{name} is declared and never used"
