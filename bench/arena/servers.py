"""Who answers: one table, an entry for each server, set up as its authors advise, with its access log off.

A server is a command that listens on 127.0.0.1 at a given port, in one process or with one worker, and what it needs to
be there. A new peer is a new entry here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from bench.arena import tools
from bench.arena.needs import missing
from bench.arena.profiles import PLAIN, Application, Profile

APPS = Path(__file__).resolve().parent / "apps"

Command = Callable[[Profile, int], list[str]]
APPLICATION = "{application}"
"""Stands in a command for the application that the profile has for the server's interface."""


class Server(NamedTuple):
    """One server. `interface` is that of the applications it runs, "" for its own; `modules` and `programs` are what
    it can't run without; `packages` what the arena's own environment gets for it; `files` where its static files come
    from: from "disk" for each request, or from "memory". A profile is not measured where `only` leaves it out, and has
    no figure where `cannot` says why.
    """

    name: str
    text: str
    command: Command
    kind: str = "peer"  # or "floor", or "fastresp"
    interface: str = ""  # or "asgi", or "wsgi"
    files: str = "memory"
    modules: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}
    only: tuple[str, ...] = ()
    cannot: Mapping[str, str] = {}

    def missing(self) -> str:
        """What it needs and does not find here, or ""."""
        return missing(self.modules, self.programs)

    def takes_part(self, profile: Profile) -> bool:
        if profile.applications and self.interface not in profile.applications:
            return False
        return (not self.only or profile.name in self.only) and (
            not profile.servers or self.name in profile.servers or self.kind == "floor"
        )

    def application(self, profile: Profile) -> Application | None:
        """What it runs in a profile, None for an application of its own API."""
        return (profile.applications or PLAIN).get(self.interface)

    def hindrance(self, profile: Profile) -> str:
        """Why it has no figure in a profile, or "": its own limits, or what its application lacks."""
        if reason := self.cannot.get(profile.name):
            return reason
        application = self.application(profile)
        lacks = missing([application.module]) if application and application.module else ""
        return f"its application needs {lacks}" if lacks else ""

    def command_for(self, profile: Profile, port: int) -> list[str]:
        """The command that runs it for a profile."""
        application = self.application(profile)
        parts = self.command(profile, port)
        return [part.replace(APPLICATION, application.target) for part in parts] if application else parts


# --- commands


def app(file: str, *arguments: str) -> Command:
    """A Python file of ours in apps/: its arguments, the profile, the port, certificate and key where there is TLS."""

    def command(profile: Profile, port: int) -> list[str]:
        certificate = tools.certificate() if profile.tls else ()
        return [sys.executable, str(APPS / file), *arguments, profile.name, str(port), *certificate]

    return command


def module(arguments: str, certificate: str, key: str) -> Command:
    """`python -m` with these arguments, {port} in them filled in, and the options for a certificate and its key."""

    def command(profile: Profile, port: int) -> list[str]:
        files = tools.certificate() if profile.tls else ()
        options = [part for pair in zip((certificate, key), files, strict=False) for part in pair]
        return [sys.executable, "-m", *arguments.replace("{port}", str(port)).split(), *options]

    return command


def uvicorn(application: str) -> Command:
    return module(
        f"uvicorn {application} --http httptools --loop uvloop --workers 1 --no-access-log --log-level warning "
        "--host 127.0.0.1 --port {port}",
        "--ssl-certfile",
        "--ssl-keyfile",
    )


def fastresp(interface: str, options: str = "") -> Command:
    return module(
        f"fastresp --interface {interface} {APPLICATION} {options} --host 127.0.0.1 --port {{port}}",
        "--ssl-certfile",
        "--ssl-keyfile",
    )


def granian(interface: str, options: str = "", application: str = APPLICATION) -> Command:
    return module(
        f"granian --interface {interface} {application} --workers 1 --loop uvloop --http 1 --no-ws --backlog 4096 "
        f"--log-level warning {options} --host 127.0.0.1 --port {{port}}",
        "--ssl-certificate",
        "--ssl-keyfile",
    )


def constant(profile: Profile) -> str:
    """The file with the answer that a floor gives."""
    assert profile.constant is not None
    return tools.answer_file(profile.constant)


def raw(profile: Profile, port: int) -> list[str]:
    """This floor looks at no request, or, where they are pipelined, only for their ends."""
    kind = "count" if profile.depth > 1 else "constant"
    return [sys.executable, str(APPS / "raw.py"), constant(profile), kind, str(port)]


def epoll(profile: Profile, port: int) -> list[str]:
    return [tools.floor(), str(port), constant(profile)]


def nginx(profile: Profile, port: int) -> list[str]:
    text = profile.constant.body.decode("ascii") if profile.constant else ""
    return [sys.executable, str(APPS / "nginx.py"), text, str(port)]


# --- the table

_CONSTANT = ("plaintext", "pipelined", "headers", "stream", "plaintext-64", "plaintext-4096")

NATIVE = "fastresp"
"""What all others are compared with."""
FLOOR = "raw-uvloop"
ASGI, PATHSEND = "fastresp-asgi", "fastresp-asgi-pathsend"
WSGI, LOOP = "fastresp-wsgi", "fastresp-wsgi-loop"
"""These run the applications of the peers."""

_ALL = (
    Server(
        "epoll-c",
        "C, epoll, a constant answer for each blank line",
        epoll,
        "floor",
        programs=("cc",),
        only=_CONSTANT,
    ),
    Server(
        FLOOR,
        "a uvloop protocol in Python, a constant answer of the same bytes, nothing parsed",
        raw,
        "floor",
        modules=("uvloop",),
        packages=("uvloop",),
        only=_CONSTANT,
    ),
    Server(
        "nginx",
        "`return 200` with the text; files from disk for each request, sendfile off, .gz beside the file",
        nginx,
        "floor",
        programs=("nginx",),
        only=("plaintext", "pipelined", "limited", "headers", "static"),
        files="disk",
    ),
    Server(
        NATIVE,
        "native, plain handler (upload: a coroutine); files from disk for each request",
        app("native.py", "plain"),
        "fastresp",
        packages=("uvloop", "orjson"),
        files="disk",
    ),
    Server(
        "fastresp-async",
        "native, coroutine handler; files from disk for each request",
        app("native.py", "coroutine"),
        "fastresp",
        packages=("uvloop", "orjson"),
        files="disk",
    ),
    Server(
        "fastresp-memory",
        "native, plain handler, files from memory",
        app("native.py", "memory"),
        "fastresp",
        packages=("uvloop", "orjson"),
        only=("static",),
    ),
    Server(
        ASGI,
        "fastresp's ASGI adapter and the plain ASGI application; files from memory",
        fastresp("asgi"),
        "fastresp",
        interface="asgi",
        modules=("fastresp.asgi", "orjson"),
        packages=("uvloop", "orjson"),
    ),
    Server(
        PATHSEND,
        "fastresp's ASGI adapter, with `--pathsend`: the application may answer with the path of a file",
        fastresp("asgi", "--pathsend"),
        "fastresp",
        interface="asgi",
        modules=("fastresp.asgi",),
        packages=("uvloop",),
        only=("static-large",),
    ),
    Server(
        WSGI,
        "fastresp's WSGI adapter, in its threads, and the plain WSGI application; files from memory",
        fastresp("wsgi"),
        "fastresp",
        interface="wsgi",
        modules=("fastresp.wsgi", "orjson"),
        packages=("uvloop", "orjson"),
    ),
    Server(
        LOOP,
        "the same in the event loop's thread (`--threads 0`)",
        fastresp("wsgi", "--threads 0"),
        "fastresp",
        interface="wsgi",
        modules=("fastresp.wsgi", "orjson"),
        packages=("uvloop", "orjson"),
    ),
    Server(
        "fastresp-pure",
        "native, plain handler, the pure twin; files from disk for each request",
        app("native.py", "plain"),
        "fastresp",
        packages=("uvloop", "orjson"),
        files="disk",
        environment={"FASTRESP_NO_EXTENSIONS": "1"},
    ),
    Server(
        "fastpysgi-wsgi",
        "the plain WSGI application; files from memory",
        app("with_fastpysgi.py", APPLICATION),
        interface="wsgi",
        modules=("fastpysgi", "orjson"),
        packages=("fastpysgi", "orjson"),
    ),
    Server(
        "fastpysgi-asgi",
        "the plain ASGI application; files from memory",
        app("with_fastpysgi.py", APPLICATION),
        interface="asgi",
        modules=("fastpysgi", "orjson"),
        packages=("fastpysgi", "orjson"),
    ),
    Server(
        "socketify",
        "its own API; files from memory, for its helper reads them piece by piece and without brotli",
        app("with_socketify.py"),
        modules=("socketify", "orjson"),
        packages=("socketify", "orjson"),
    ),
    Server(
        "granian-asgi",
        "the plain ASGI application; one worker, uvloop; files from memory",
        granian("asgi"),
        interface="asgi",
        modules=("granian", "orjson", "uvloop"),
        packages=("granian", "uvloop", "orjson"),
    ),
    Server(
        "granian-wsgi",
        "the plain WSGI application; one worker, one blocking thread; files from memory",
        granian("wsgi", "--blocking-threads 1"),
        interface="wsgi",
        modules=("granian", "orjson", "uvloop"),
        packages=("granian", "uvloop", "orjson"),
    ),
    Server(
        "gunicorn",
        "gthread, one worker, four threads: frameworks and their files",
        module(
            "gunicorn {application} --worker-class gthread --workers 1 --threads 4 --log-level warning --backlog 4096 "
            "--bind 127.0.0.1:{port}",
            "--certfile",
            "--keyfile",
        ),
        interface="wsgi",
        modules=("gunicorn",),
        packages=("gunicorn",),
        only=("static-large", "flask-json", "django-json"),
    ),
    Server(
        "granian-rsgi",
        "its own RSGI; one worker, uvloop; files from disk for each request, by `response_file`",
        granian("rsgi", application="rsgi:app"),
        modules=("granian", "orjson", "uvloop"),
        packages=("granian", "uvloop", "orjson"),
        files="disk",
    ),
    Server(
        "uvicorn",
        "the plain ASGI application; httptools, uvloop, one worker; files from memory",
        uvicorn(APPLICATION),
        interface="asgi",
        modules=("uvicorn", "httptools", "uvloop", "orjson"),
        packages=("uvicorn", "httptools", "uvloop", "orjson"),
    ),
    Server(
        "hypercorn",
        "the plain ASGI application; uvloop, one worker; files from memory",
        module(
            "hypercorn {application} -k uvloop --workers 1 --log-level warning --backlog 4096 -b 127.0.0.1:{port}",
            "--certfile",
            "--keyfile",
        ),
        interface="asgi",
        modules=("hypercorn", "uvloop", "orjson"),
        packages=("hypercorn", "uvloop", "orjson"),
    ),
    Server(
        "aiohttp",
        "its own API, uvloop; files by its static route, from disk for each request",
        app("with_aiohttp.py"),
        modules=("aiohttp", "uvloop", "orjson"),
        packages=("aiohttp", "uvloop", "orjson"),
        files="disk",
    ),
    Server(
        "blacksheep",
        "its own API on uvicorn (httptools, uvloop); files from memory",
        uvicorn("with_blacksheep:app"),
        modules=("blacksheep", "uvicorn", "httptools", "uvloop", "orjson"),
        packages=("blacksheep", "uvicorn", "httptools", "uvloop", "orjson"),
    ),
    Server(
        "robyn",
        "its own API, one process, one worker; files from memory",
        app("with_robyn.py", "--log-level", "WARNING", "--disable-openapi"),
        modules=("robyn", "orjson"),
        packages=("robyn", "orjson"),
        environment={"ROBYN_MAX_PAYLOAD_SIZE": str(32 << 20)},
        cannot={"json-tls": "it speaks no TLS"},
    ),
    Server(
        "pyside6",
        "QHttpServer; files by QHttpServerResponse.fromFile, from disk for each request",
        app("with_pyside6.py"),
        modules=("PySide6.QtHttpServer", "orjson"),
        packages=("PySide6", "orjson"),
        cannot={"stream": "its responder, which can answer in chunks, is out of Python's reach"},
        files="disk",
    ),
)

SERVERS = {server.name: server for server in _ALL}
