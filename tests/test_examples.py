"""The examples in docstrings do what they show, on both twins; each public class and function has one."""

from __future__ import annotations

import contextlib
import doctest
import inspect
import io

import pytest

import fastresp
from fastresp import asgi, wire, wsgi

PUBLIC = [
    *[getattr(fastresp, name) for name in fastresp.__all__ if name != "compiled"],
    *[getattr(module, name) for module in (asgi, wsgi) for name in module.__all__],
]
TWINS = {
    "core.request": ["Request"],
    "core.responder": ["Responder"],
    "wire.chunks": ["format_chunk", "format_last_chunk"],
    "wire.headers": ["format_headers"],
    "wire.status": ["status_line"],
}
RUNNER = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)


def run(thing):
    """Runs the examples of `thing`, whose own name, and the public ones, they know."""
    text = inspect.getdoc(thing)
    known = {name: getattr(fastresp, name) for name in fastresp.__all__}
    known |= {thing.__name__: thing, "contextlib": contextlib, "io": io}
    test = doctest.DocTestParser().get_doctest(text, known, thing.__name__, None, 0)
    told = io.StringIO()
    assert RUNNER.run(test, out=told.write).failed == 0, told.getvalue()
    return text, test.examples


@pytest.mark.parametrize("thing", PUBLIC, ids=lambda thing: thing.__name__)
def test_what_is_public(thing):
    text, examples = run(thing)
    assert examples or f"{thing.__name__}(" in text or f"{thing.__name__.lower()}(" in text


@pytest.mark.parametrize(("module", "name"), [(module, name) for module in TWINS for name in TWINS[module]])
def test_twins(twin, module, name):
    thing = getattr(twin(module), name)
    text, examples = run(thing)
    assert examples
    # from Python 3.13 on its compiler takes the indentation away, and Cython does not
    assert text == inspect.getdoc(getattr(__import__(f"fastresp.{module}", fromlist=[name]), name))


def test_all_of_wire_is_there():
    assert {name for name in wire.__all__ if name != "compiled"} == {
        name for module, names in TWINS.items() if module.startswith("wire.") for name in names
    }
