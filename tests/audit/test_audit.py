"""The audit of references in compiled code: each kind of fault is found, its mended form is not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent

import pytest

pytest.importorskip("Cython", reason="the audit reads what Cython makes of the sources")
AUDIT = Path(__file__).parents[2] / ".ci" / "audit"
pytestmark = pytest.mark.skipif(not AUDIT.exists(), reason="only a checkout has the scripts")

Run = Callable[..., list[str]]

TYPES = """\
from cpython.bytes cimport PyBytes_AS_STRING
from cpython.ref cimport PyObject

cdef class Turn:
    cdef Turn next
    cdef int begun
    cdef object callback
    cdef object turn(self):
        self.callback()
    cpdef object answer(self):
        self.turn()
    cdef int count(self) noexcept:
        return self.begun + 1

cdef int loud(const unsigned char *p, object callback) except -1:
    callback()
    return p[0]

cdef int quiet(const unsigned char *p) noexcept:
    return p[0]

cdef Turn LAST = None

cdef class Line:
    cdef Turn first
    cdef Line line
    cdef list turns
    cdef bytes buffer
    cdef object thing
    cdef dict names
    cdef PyObject *raw
    cdef const char *place
"""

FAULTS = {
    "receiver": (
        "def go(self): self.first.turn()",
        "def go(self):\n    first = self.first\n    if first is not None: first.turn()",
        ["receiver self.first.turn()"],
    ),
    "comprehension": (
        "def go(self): return [turn.begun for turn in self.turns]",
        "def go(self):\n    found = []\n    for turn in self.turns: found.append(turn)\n    return found",
        ["comprehension Comprehension"],
    ),
    "receiver, cpdef": (
        "def go(self): self.first.answer()",
        "def go(self):\n    cdef Turn first = self.first\n    if first is not None: first.answer()",
        ["receiver self.first.answer()"],
    ),
    "receiver, at the end of a chain": (
        "def go(self, Line other): other.line.first.turn()",
        "def go(self, Line other):\n    line = other.line\n    if line is None: return\n    first = line.first\n"
        "    if first is not None: first.turn()",
        ["member other.line.first", "receiver other.line.first.turn()"],
    ),
    "receiver, a global's": (
        "def go(self): LAST.turn()",
        "def go(self):\n    cdef Turn last = LAST\n    if last is not None: last.turn()",
        ["receiver LAST.turn()"],
    ),
    "receiver, behind a cast": (
        "def go(self): (<Turn>self.thing).turn()",
        "def go(self):\n    cdef Turn turn = self.thing\n    if turn is not None: turn.turn()",
        ["receiver <Turn>self.thing.turn()"],
    ),
    "receiver, in a coroutine": (
        "async def go(self): self.first.turn()",
        "async def go(self):\n    cdef Turn first = self.first\n    if first is not None: first.turn()",
        ["receiver self.first.turn()"],
    ),
    "receiver, of a variable that an inner function sets": (
        "def go(self):\n    cdef Turn turn = self.first\n    def take():\n        nonlocal turn\n        turn = None\n"
        "    if turn is not None: turn.turn()\n    turn = None\n    return take",
        "def go(self):\n    cdef Turn turn = self.first\n    if turn is not None: turn.turn()",
        ["receiver turn.turn()"],
    ),
    "member": (
        "def go(self):\n    self.thing()\n    return self.first.begun",
        "def go(self):\n    self.thing()\n    first = self.first\n    return first is not None and first.begun",
        ["member self.first.begun"],
    ),
    "member, set": (
        "def go(self): self.first.next = None",
        "def go(self):\n    first = self.first\n    if first is not None: first.next = None",
        ["member self.first.next"],
    ),
    "none": (
        "def go(self):\n    first = self.first\n    first.turn()",
        "def go(self):\n    first = self.first\n    if first is None: return\n    first.turn()",
        ["none first = self.first"],
    ),
    "none, in passing": (
        "def go(self): return (first := self.first) is self.first or first.begun",
        "def go(self): return (first := self.first) is not None and first.begun",
        ["none first = self.first"],
    ),
    "operand, compared": (
        "def go(self, other): return self.thing == other",
        "def go(self, other):\n    thing = self.thing\n    return thing == other",
        ["operand self.thing"],
    ),
    "operand, looked up in": (
        "def go(self, other): return self.thing[other]",
        "def go(self, other):\n    thing = self.thing\n    return thing[other]",
        ["operand self.thing"],
    ),
    "operand, stored in": (
        "def go(self, other): self.names[other] = 1",
        "def go(self, other):\n    names = self.names\n    names[other] = 1",
        ["operand self.names"],
    ),
    "operand, in the middle of a comparison": (
        "def go(self, other): return other < self.thing < 3",
        "def go(self, other):\n    thing = self.thing\n    return other < thing < 3",
        ["operand self.thing"],
    ),
    "operand, asked for an attribute": (
        "def go(self): return self.thing.name",
        "def go(self):\n    thing = self.thing\n    return thing.name",
        ["operand self.thing.name"],
    ),
    "pointer, into what an attribute owns": (
        "def go(self):\n    cdef const unsigned char *p = self.buffer\n    self.thing()\n    return p[0]",
        "def go(self):\n    buffer = self.buffer\n    cdef const unsigned char *p = buffer\n    self.thing()\n"
        "    return p[0]",
        ["pointer p = self.buffer"],
    ),
    "pointer, into what a parameter no longer names": (
        "def go(self, bytes data):\n    cdef const unsigned char *p = data\n    data = self.thing()\n    return p[0]",
        "def go(self, bytes data):\n    cdef const unsigned char *p = data\n    other = self.thing()\n    return p[0]",
        ["pointer p = data"],
    ),
    "pointer, used again by a loop": (
        "def go(self):\n    cdef const unsigned char *p = self.buffer\n    while p[0]:\n        self.thing()",
        "def go(self):\n    cdef const unsigned char *p = self.buffer\n    while p[0]:\n        p += 1\n"
        "    self.thing()",
        ["pointer p = self.buffer"],
    ),
    "pointer, given to what runs Python code": (
        "def go(self): return loud(self.buffer, self.thing)",
        "def go(self):\n    buffer = self.buffer\n    return loud(buffer, self.thing) + quiet(self.buffer)",
        ["pointer loud(self.buffer)"],
    ),
    "pointer, kept": (
        "def go(self, bytes data): self.place = PyBytes_AS_STRING(data)",
        "def go(self, bytes data):\n    self.buffer = data\n    return PyBytes_AS_STRING(data)[0]",
        ["pointer self.place = PyBytes_AS_STRING()"],
    ),
    "cast": (
        "def go(self): return <object>self.raw",
        "def go(self): return self.thing",
        ["cast <Python object>self.raw"],
    ),
    "harmless": (
        "def go(self):\n    self.thing.call(self.first)\n    self.turns.append(self.thing)\n    return self.turns",
        "def go(self): return self.first is LAST",
        [],
    ),
}


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Writes these files, and runs the audit on them: the lines that it prints, without their last one."""

    def run(files: dict[str, str], twins: dict[str, str], reviewed: str = "", *options: str) -> list[str]:
        top = tmp_path_factory.mktemp("audited")
        table = 'quiet = ["PyBytes_AS_STRING", "__Pyx_PyList_Append"]\n' + reviewed
        for name, content in {**files, "setup.py": f"TWINS = {twins!r}\n", ".ci/audit.toml": table}.items():
            path = top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        command = [sys.executable, str(AUDIT), *options, str(top)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100)
        lines = done.stdout.splitlines()
        assert done.stderr == ""
        assert done.returncode == (1 if lines and not options else 0)
        return lines if options else lines[:-1]

    return run


@pytest.fixture(scope="module")
def findings(audit: Run) -> dict[str, list[str]]:
    """What is found in each fault, and in each mended form: they are methods of one class."""
    bodies = {
        f"{form}_{number}": body
        for number, (fault, mended, _) in enumerate(FAULTS.values())
        for form, body in (("fault", fault), ("mended", mended))
    }
    methods = [indent(body.replace("def go(", f"def {name}("), "    ") for name, body in bodies.items()]
    found: dict[str, list[str]] = {name: [] for name in bodies}
    for line in audit({"line.pyx": "\n\n".join([TYPES, *methods, ""])}, {"line": "line.pyx"}):
        _, function, text = line.split(": ", 2)
        found[function.removeprefix("Line.")].append(text)
    return found


@pytest.mark.parametrize(("number", "name"), list(enumerate(FAULTS)))
def test_fault(findings: dict[str, list[str]], number: int, name: str) -> None:
    assert findings[f"fault_{number}"] == FAULTS[name][2]
    assert findings[f"mended_{number}"] == []


PAIR = {
    "engine/__init__.py": "",
    "engine/line.py": dedent("""\
        class Turn:
            def turn(self):
                print(self)


        class Line:
            def __init__(self, turn):
                self.first = turn

            def go(self):
                self.first.turn()
        """),
    "engine/line_c.pxd": dedent("""\
        cdef class Turn:
            cdef object turn(self)

        cdef class Line:
            cdef Turn first
        """),
}
STEADY = '[attributes]\n"Line.first" = { set_in = ["Line.__init__"], reason = "for ever" }\n'
ACCEPTED = '[[accepted]]\nfile = "engine/line.py"\nreason = "so"\nfindings = ["Line.go: receiver self.first.turn()"]\n'


def test_a_python_source_with_types_beside_it(audit: Run) -> None:
    lines = audit(PAIR, {"engine.line_c": "engine/line.py"})
    assert lines == ["engine/line.py:11: Line.go: receiver self.first.turn()"]


def test_a_python_source_as_it_is_listed(audit: Run) -> None:
    twins = {"engine.line_c": "engine/line.py"}
    assert audit(PAIR, twins, "", "--list") == [
        "engine/line.py:11: Line.go: receiver self.first.turn()  (not in audit.toml)"
    ]
    assert audit(PAIR, twins, ACCEPTED, "--list") == ["engine/line.py:11: Line.go: receiver self.first.turn()"]


def test_a_reviewed_finding(audit: Run) -> None:
    assert audit(PAIR, {"engine.line_c": "engine/line.py"}, ACCEPTED) == []


def test_a_reviewed_finding_that_occurs_once_more(audit: Run) -> None:
    files = {**PAIR, "engine/line.py": PAIR["engine/line.py"] + "        self.first.turn()\n"}
    assert audit(files, {"engine.line_c": "engine/line.py"}, ACCEPTED) == [
        "engine/line.py:11, 12: Line.go: receiver self.first.turn(); audit.toml has reviewed 1 of these 2"
    ]


def test_a_reviewed_finding_that_is_gone(audit: Run) -> None:
    files = {**PAIR, "engine/line.py": PAIR["engine/line.py"].replace("self.first.turn()", "pass")}
    assert audit(files, {"engine.line_c": "engine/line.py"}, ACCEPTED) == [
        "audit.toml: out of date: engine/line.py: Line.go: receiver self.first.turn()"
    ]


def test_an_attribute_that_keeps_what_it_got(audit: Run) -> None:
    assert audit(PAIR, {"engine.line_c": "engine/line.py"}, STEADY) == []


def test_an_attribute_that_is_set_elsewhere(audit: Run) -> None:
    files = {**PAIR, "engine/line.py": PAIR["engine/line.py"] + "        self.first = None\n"}
    assert audit(files, {"engine.line_c": "engine/line.py"}, STEADY) == [
        "engine/line.py:12: Line.go sets self.first, which audit.toml takes for one that only Line.__init__ set"
    ]
