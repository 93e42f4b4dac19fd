"""WSGI applications, each of one framework: the same answers as under gunicorn."""

from __future__ import annotations

from dataclasses import replace

import pytest
from applications import common
from applications.common import CUT, client_leaves, not_modified, ranges
from applications.exchange import Ask, Step, ask_both
from applications.servers import need

ENVIRON = {
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "PATH_INFO": "/scope/cafÃ©/a/b c",
    "QUERY_STRING": "q=1&q=%C3%BC",
    "CONTENT_TYPE": "",
    "CONTENT_LENGTH": "",
    "REMOTE_ADDR": "127.0.0.1",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "wsgi.url_scheme": "http",
    "HTTP_ACCEPT": "*/*",
    "HTTP_ACCEPT_ENCODING": "identity",
    "HTTP_CONNECTION": "keep-alive",
    "HTTP_HOST": "example.test",
    "HTTP_USER_AGENT": "test",
}
TARGET = "GET /scope/caf%C3%A9/a%2Fb%20c?q=1&q=%C3%BC"
TWICE = Ask("GET /scope/twice", send={"headers": [("x-one", "1"), ("x-one", "2")]})
TOLD: list[Step] = [Ask(TARGET, body=ENVIRON), TWICE]
TOLD_IN_UTF8: list[Step] = [Ask(TARGET, body=ENVIRON | {"PATH_INFO": "/scope/café/a/b c"}), TWICE]
"""Django decodes it again, as UTF-8."""
# PEP 3333 has no content without CONTENT_LENGTH, which fastresp states once it has collected it, and gunicorn does not.
UNSTATED = [
    replace(step, alone="Django and Falcon read nothing without CONTENT_LENGTH") for step in common.CHUNKED_BOTH
]
COUNT: list[Step] = [Ask("GET /count", body="1"), Ask("GET /count", body="2")]

APPLICATIONS: dict[str, tuple[str, list[Step]]] = {
    "flask_app:app": (
        "whitenoise",
        [
            *TOLD,
            *common.EVERYTHING,
            *common.CHUNKED_BOTH,
            CUT,
            client_leaves,
            *ranges("/file"),
            not_modified("/file"),
            *ranges("/static/file.txt"),
            *COUNT,
        ],
    ),
    "django_app:wsgi": (
        "whitenoise",
        [
            *TOLD_IN_UTF8,
            *common.EVERYTHING,
            CUT,
            *ranges("/file")[:2],
            *ranges("/file.txt"),
            *COUNT,
            *common.CSRF,
            *UNSTATED,
        ],
    ),
    "falcon_app:wsgi": (
        "falcon",
        [*TOLD, *common.ANSWERS, *common.ECHO, common.STREAM, *ranges("/static/file.txt"), UNSTATED[0]],
    ),
}


@pytest.mark.parametrize(
    ("name", "way"),
    [(name, way) for name in APPLICATIONS for way in ("fastresp", "fastresp-gunicorn")]
    + [("falcon_app:wsgi", "fastresp-loop")],  # whose steps wait for nobody
)
def test_same_answers_as_under_gunicorn(name, way, start):
    needed, steps = APPLICATIONS[name]
    need("gunicorn", name.partition("_")[0], needed)
    if way == "fastresp-loop":
        steps = [replace(step, fields={}) if step is common.STREAM else step for step in steps]
    servers = [start(way, name), start("gunicorn", name)]
    ask_both(steps, *servers)
    assert servers[0].end() == 0


def test_large_uploads_where_they_are_allowed(start):
    need("gunicorn", "flask", "whitenoise")
    servers = [start(way, "flask_app:app") for way in ("fastresp-large", "gunicorn")]
    ask_both([common.LARGE_UPLOAD], *servers, whole=False)
