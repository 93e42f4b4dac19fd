"""What fastresp serves when it is given nothing to serve: a page that shows the responder at work.

A handler like anybody's: it uses the public calls only, one kind of answer for each path.
"""

from __future__ import annotations

import hashlib
from html import escape
from pathlib import Path
from typing import Any

from fastresp import wire
from fastresp.headers import Headers
from fastresp.text import host_port

__all__ = ["welcome"]

_TEXT = "text/plain; charset=utf-8"

_LINKS = (
    ("/json", "a JSON document", "the facts above, for programs: responder.write(document)"),
    ("/chunked", "a chunked answer", "in pieces, its SHA-256 in a trailer: write_begin_chunked, write_chunk, …"),
    ("/file", "a file", "the source of this page: responder.write(Path(__file__), mime_type)"),
)

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>fastresp</title>
<style>
:root {{ color-scheme: light dark; --line: #8884; --key: #0a7d5a; }}
@media (prefers-color-scheme: dark) {{ :root {{ --key: #4fd1a5; }} }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; }}
h1 {{ margin: 0; }} h2 {{ margin: 2rem 0 .5rem; font-size: 1.1rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-top: 1px solid var(--line); }}
th {{ font-weight: 500; color: var(--key); white-space: nowrap; }}
td {{ font-family: ui-monospace, monospace; font-size: .875rem; overflow-wrap: anywhere; }}
a {{ color: var(--key); }} small {{ opacity: .7; }}
</style>
</head>
<body>
<h1>fastresp is serving</h1>
<p>This is the built-in welcome page. Serve your own handler with <code>fastresp module:name</code>.</p>
<h2>Your request</h2>
<table>
{facts}
</table>
<h2>Its header fields</h2>
<table>
{fields}
</table>
<h2>Other answers</h2>
<ul>
{links}
</ul>
</body>
</html>
"""


def welcome(request: Any, responder: Any) -> None:
    """Answer `/`, `/json`, `/chunked` and `/file`; 404 for other paths, 405 for methods other than GET and HEAD."""
    answer = _ANSWERS.get(request.path)
    if answer is None:
        responder.write("Nothing is here. Start at /\n", _TEXT, 404)
    elif request.method not in ("GET", "HEAD"):
        headers = Headers([("allow", "GET, HEAD"), ("content-type", _TEXT)])
        responder.write("This page can be read only: GET or HEAD.\n", headers, 405)
    else:
        answer(request, responder)


def _page(request: Any, responder: Any) -> None:
    facts = _facts(request)
    fields = facts.pop("headers")
    facts["compiled twins"] = facts.pop("compiled")
    page = _PAGE.format(
        facts=_rows(facts.items()),
        fields=_rows(fields),
        links="\n".join(f'<li><a href="{path}">{name}</a> <small>{text}</small></li>' for path, name, text in _LINKS),
    )
    headers = Headers(
        [
            ("content-type", "text/html; charset=utf-8"),
            # The page repeats what the client sent: escaped, never run, never kept for somebody else.
            ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"),
            ("cache-control", "no-store"),
        ]
    )
    responder.write(page, headers)


def _json(request: Any, responder: Any) -> None:
    responder.write(_facts(request), Headers([("cache-control", "no-store")]))


def _chunked(request: Any, responder: Any) -> None:
    digest = hashlib.sha256()
    responder.write_begin_chunked(Headers([("content-type", _TEXT)]), ["x-sha256"])
    for number in range(1, 6):
        chunk = f"chunk {number} of 5\n".encode()
        digest.update(chunk)
        responder.write_chunk(chunk)
    responder.write_end_chunked(b"", {"x-sha256": digest.hexdigest()})


def _file(request: Any, responder: Any) -> None:
    responder.write(Path(__file__), "text/x-python; charset=utf-8")


_ANSWERS = {"/": _page, "/json": _json, "/chunked": _chunked, "/file": _file}


def _facts(request: Any) -> dict[str, Any]:
    return {
        "method": _text(request.method),
        "target": _text(request.target),
        "version": _text(request.http_version),
        "scheme": _text(request.scheme),
        "from": _address(request.remote_address),
        "to": _address(request.local_address),
        "compiled": wire.compiled,
        "headers": [[name, value] for name, value in request.headers],
    }


def _rows(pairs: Any) -> str:
    return "\n".join(f"<tr><th>{escape(_text(name))}</th><td>{escape(_text(value))}</td></tr>" for name, value in pairs)


def _address(value: Any) -> str | None:
    if isinstance(value, tuple) and len(value) >= 2:
        return host_port(*value[:2])
    # a UNIX socket: its path, or nothing for a client, which has no name
    return _text(value) or None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return ""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
