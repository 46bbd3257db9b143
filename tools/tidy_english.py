"""The words of comments: a part of tools/tidy.py, with its own self-test.

  people   who, whoever, nobody, somebody, ... stand for persons, and a process is none
  stubs    a comment that begins with Of, As, Those, What or a pronoun One has a verb of its own

docs/glossary.md has the words to use.
"""
import re

PERSONS = "attackers?|authors?|learners?|operators?|owners?|people|persons?|shoppers?|students?|teachers?|users?|visitors?|customers?"
PEOPLE = re.compile(r"\b(whoever|whomever|nobody|somebody|everybody|anybody|someone|everyone|anyone|who|whom)\b", re.I)
AFTER_PERSON = re.compile(rf"\b({PERSONS})(,| and [a-z]+)? $", re.I)
STUB = re.compile(r"(Of|As|Those|What|One(?= (?:that|which|who|whose|of|for|in|at|by)\b))\b")  # One: the pronoun alone
VERB = re.compile(r"\b(is|are|was|were|be|has|have|had|does|do|did|may|might|must|can|cannot|could|will|would|shall|should|"
                  r"needs?|takes?|gives?|gets?|holds?|makes?|says?|counts?|comes?|goes|go|keeps?|returns?|ends?|begins?|stays?|"
                  r"stands?|means?|reads?|writes?|waits?|serves?|answers?|lets?|belongs?|becomes?|calls?|adds?|decides?|fails?|"
                  r"replaces?|survives?|guards?|carries|carry|listens?|knows?|sends?|runs?)\b")
# A what-clause has one verb; a sentence around it has a second one.
VERBS_MIN = {"What": 2}


def comments_of(text):
    """Yields (line, text, own): a block of whole-line comments is one comment, a remark behind code another."""
    block = None
    for number, line in enumerate(text.split("\n"), 1):
        bare = re.sub(r'"(?:\\.|[^"\\])*"', lambda m: '"' + "_" * (len(m.group(0)) - 2) + '"', line)
        at = bare.find("//")
        own = at >= 0 and not bare[:at].strip()
        if own and block:
            block[1].append(line[at + 2:].strip())
            continue
        if block:
            yield block[0], " ".join(block[1]), True
        block = [number, [line[at + 2:].strip()]] if own else None
        if at >= 0 and not own:
            yield number, line[at + 2:].strip(), False
    if block:
        yield block[0], " ".join(block[1]), True


def is_stub(comment):
    word = STUB.match(comment)
    if not word:
        return False
    sentence = re.split(r"[.:;](?:\s|$)", comment, maxsplit=1)[0]
    return len(VERB.findall(sentence)) < VERBS_MIN.get(word.group(1), 1)


def check_english(_path, text):
    for number, comment, own in comments_of(text):
        quoteless = re.sub(r'"[^"]*"|`[^`]*`', "", comment)
        for match in PEOPLE.finditer(quoteless):
            if not AFTER_PERSON.search(quoteless[:match.start()]):
                yield number, f'"{match.group(1)}" in a comment: a process is no person; name it (docs/glossary.md)'
        if own and is_stub(comment):
            yield number, f'the comment "{comment[:40]}" is no sentence; give it a subject and a verb'


BAD = [
    ("// Whoever has the role accepts.\n", "Whoever"),
    ("int a = 0;  // told when somebody waits\n", "somebody"),
    ("// The one who sends pays.\n", "who"),
    ("// Two lines, and in the second\n// nobody is left.\n", "nobody"),
    ("// Of this process, all threads.\nint a;\n", "no sentence"),
    ("// Those inside the process.\nint a;\n", "no sentence"),
    ("// As the network likes it.\nint a;\n", "no sentence"),
    ("// One of many.\nint a;\n", "no sentence"),
    ("// What the supervisor wrote about it.\nint a;\n", "no sentence"),
    ("  // What undoes unsynced writes; the last one set counts.\nint a;\n", "no sentence"),
]
GOOD = [
    "// A user who owns the folder may read it, and the users, who are many, may not.\n",
    'auto a = "who // nobody";\n',
    '// Prints "nobody" when the list is empty, and `who` too.\n',
    "// One connection is accepted per turn.\n",
    "// One waiting request.\n",
    "// Of a limit below twice the reserve, half is for clients.\n",
    "// What version 2 lacks is written as Redis does.\n",
    "// Those in the list are skipped: see above.\n",
    "int a = 0;  // of the cluster\n",
    "// A target whose delay is over is cut.\n",
    "// Once a part was committed, nothing is repeated.\n",
]


def self_test(fail):
    for text, expected in BAD:
        found = [what for _, what in check_english("a.cc", text)]
        if not any(expected in what for what in found):
            fail(f"tidy_english self-test: {text!r} was not caught ({expected}); found {found}")
    for text in GOOD:
        found = list(check_english("a.cc", text))
        if found:
            fail(f"tidy_english self-test: good text {text!r} was refused: {found}")
