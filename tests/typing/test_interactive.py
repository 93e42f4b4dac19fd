"""What a shell or an editor finds at run time, on either twin: names to complete, signatures, docstrings."""

from __future__ import annotations

import inspect
import pydoc
import re
import rlcompleter
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Twin

import fastresp
from fastresp import asgi, qt, wire, wsgi

# by the module of a twin, or the class itself where both twins have the same
TWINS = {
    "Responder": "core.responder",
    "Request": "core.request",
    "Query": "core.query",
    "format_headers": "wire.headers",
    "format_chunk": "wire.chunks",
    "format_last_chunk": "wire.chunks",
    "status_line": "wire.status",
}
PUBLIC = {
    **{name: getattr(fastresp, name) for name in fastresp.__all__ if name != "compiled"},
    **{name: getattr(wire, name) for name in wire.__all__ if name != "compiled"},
    **{name: getattr(module, name) for module in (asgi, wsgi, qt) for name in module.__all__},
    "Query": None,
}


@pytest.fixture(params=sorted(PUBLIC))
def thing(request: pytest.FixtureRequest, twin: Twin) -> Any:
    """Each thing that fastresp offers, of the twin under test."""
    name: str = request.param
    return getattr(twin(TWINS[name]), name) if name in TWINS else PUBLIC[name]


def members(kind: type) -> Iterator[tuple[str, Any]]:
    """The public names of a class that are its own."""
    for name, member in vars(kind).items():
        if not name.startswith("_"):
            yield name, member.__func__ if isinstance(member, classmethod | staticmethod) else member


def callables(thing: Any) -> Iterator[tuple[str, Any]]:
    if inspect.isclass(thing):
        yield from (
            (name, member) for name, member in members(thing) if callable(member) and not inspect.isclass(member)
        )
    else:
        yield thing.__name__, thing


def test_docstrings(thing: Any) -> None:
    documented = [("", thing)]
    if inspect.isclass(thing):
        documented += [(name, member) for name, member in members(thing) if callable(member) or hasattr(member, "fget")]
        documented += [(name, member) for name, member in members(thing) if inspect.isdatadescriptor(member)]
    for name, member in documented:
        if inspect.ismemberdescriptor(member):
            continue  # a slot, which says nothing of its own
        text = inspect.getdoc(member)
        assert text, name
        # a signature in front of the text would stand below the one that help() gives itself
        assert not re.match(rf"[\w.]*\b{name or thing.__name__}(\(|:)", text), text


def test_signatures(thing: Any) -> None:
    for name, member in callables(thing):
        parameters = inspect.signature(member).parameters
        assert not [parameter for parameter in parameters.values() if parameter.kind == parameter.VAR_POSITIONAL], name


def test_help(thing: Any) -> None:
    for _, member in callables(thing):
        text = pydoc.plain(pydoc.render_doc(member))
        head = [line for line in text.splitlines() if re.match(rf"(async )?{member.__name__}\(", line)]
        assert len(head) == 1, text
        assert (inspect.getdoc(member) or "").splitlines()[0] in text


def test_completion(twin: Twin) -> None:
    responders = twin("core.responder")

    exchange = twin("core.exchange").Exchange()
    exchange.gone = True
    responder = responders.new_responder(exchange, None)
    names = {name for name in dir(responder) if not name.startswith("_")}
    assert names == {name for name, _ in members(responders.Responder)}
    assert {"drain", "is_response_canceled", "on_close", "send_response", "swap", "write", "write_chunk"} <= names
    completer = rlcompleter.Completer({"responder": responder})
    found: list[str] = []
    while (match := completer.complete("responder.write", len(found))) is not None:
        found.append(match.rstrip("()"))
    assert sorted(found) == [
        "responder.write",
        "responder.write_begin_chunked",
        "responder.write_chunk",
        "responder.write_end_chunked",
    ]


def test_twins_have_the_same_signatures() -> None:
    if not fastresp.compiled:
        pytest.skip("there is one twin")
    pure, compiled = Twin("pure"), Twin("compiled")
    for name in ("Responder", "Request", "Query"):
        ours = {method: str(inspect.signature(it)) for method, it in callables(getattr(pure(TWINS[name]), name))}
        theirs = {method: str(inspect.signature(it)) for method, it in callables(getattr(compiled(TWINS[name]), name))}
        assert ours == theirs
        assert len(ours) > (name != "Request") * 4
