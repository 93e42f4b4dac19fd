"""The command line: `fastresp module:name` serves that handler, `fastresp` alone a welcome page.

Every option is also an environment variable, FASTRESP_<NAME>; the command line wins. What a user can get wrong ends in
one line on stderr: status 2 for a wrong command line, 1 for anything else.
"""

from __future__ import annotations

import argparse
import asyncio
import difflib
import logging
import math
import os
import pkgutil
import re
import ssl
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import partial
from typing import Any, NoReturn

from fastresp import __version__, http, wire
from fastresp.config import Config
from fastresp.hooks import StartUpError
from fastresp.server import Server, new_event_loop, run
from fastresp.target import INTERFACES, Failure, adapt, load_target, one_line, recognise

__all__ = ["main"]

_LISTENING = ("host", "port", "uds", "fd")
_PREFIX = "FASTRESP_"
_SEE_HELP = " (fastresp --help shows what there is)"
_THREADS_HELP = (
    "requests that a WSGI application may work on at once; 0 calls it in the event loop's thread, which is the fastest "
    "for one that neither waits nor streams (default: processors + 4, at most 32)"
)
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line (sys.argv without arguments given) and returns the exit status."""
    _keep_standard_files()
    try:
        options = read_options(sys.argv[1:] if arguments is None else arguments, os.environ)
        _serve(options)
    except Failure as failure:
        _complain(str(failure))
        return failure.status
    except KeyboardInterrupt:
        return 130
    return 0


# --- options


def read_options(arguments: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """What the environment and the command line say, by option name; what neither says is not in it.

    Raises Failure for what neither may say.
    """
    parser = _parser()
    known, rest = parser.parse_known_args(arguments)
    if rest:
        raise Failure(_unknown(rest, parser), 2)
    given = vars(known)
    inherited = _from_environment(parser, environment)
    # An address on the command line replaces one from the environment, of whatever kind; a host or a port alone
    # keeps the other half.
    chosen = {name for name in _LISTENING if name in given}
    if chosen:
        kept = {"host", "port"} if chosen <= {"host", "port"} else set()
        for name in set(_LISTENING) - kept:
            inherited.pop(name, None)
    options = {**inherited, **given}
    ways: list[str] = [name for name in ("uds", "fd") if name in options]
    ways += [name for name in ("host", "port") if name in options][:1]
    if len(ways) > 1:
        first, second = (f"--{name}" if name in given else _PREFIX + name.upper() for name in ways[:2])
        raise Failure(f"{first} and {second} are two ways of listening; give one", 2)
    return options


class _Parser(argparse.ArgumentParser):
    def format_help(self) -> str:
        notes = _field_notes()
        for action in self._actions:
            note = notes.pop(action.dest, None)
            if note is not None and action.help is not None:
                action.help = f"{note} {action.help}".replace("%", "%%")
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        message = re.sub(r"^argument ([^\s/]+)(?:/\S+)?: ", r"\1 ", message)
        raise Failure(f"{message}{_SEE_HELP}", 2)


def _parser() -> _Parser:
    parser = _Parser(
        prog="fastresp",
        description="Serves a handler, a plain or a coroutine function (request, responder), or an ASGI or WSGI "
        "application over HTTP/1.1.",
        epilog="Every option is also an environment variable: FASTRESP_PORT, FASTRESP_KEEP_ALIVE_TIMEOUT, ...; "
        "yes and no switch an option on and off. FASTRESP_NO_EXTENSIONS=1 selects the pure Python twins.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("target", metavar="TARGET", nargs="?", help="module:name of what to serve; without it, a welcome page")
    add(
        "--host",
        metavar="H",
        type=_host,
        help="name or address to listen on; empty for every interface (default: 127.0.0.1)",
    )
    add("--port", metavar="P", type=_port, help="port to listen on; 0 for a free one (default: 8000)")
    add("--uds", metavar="PATH", type=_path, help="listen on a UNIX socket instead; @name is an abstract one")
    add("--fd", metavar="N", type=_descriptor, help="serve a listening socket that is open as this file descriptor")
    add("--ssl-certfile", metavar="F", type=_file, help="serve HTTPS with the certificates of this PEM file")
    add("--ssl-keyfile", metavar="F", type=_file, help="the private key, where the certificate's file does not hold it")
    add("--grace", metavar="S", type=_grace, help="seconds that running requests may take at the end (default: 10)")
    add("--loop", metavar="L", type=_loop, help="auto, uvloop or asyncio (default: auto)")
    add("--interface", metavar="I", type=_interface, help="auto, native, asgi or wsgi (default: auto)")
    add("--threads", metavar="N", type=_threads, help=_THREADS_HELP)
    add("--version", action="version", version=f"fastresp {__version__}")
    limits = parser.add_argument_group("limits and times (bytes, counts, seconds)")
    for field in fields(Config):
        name = "--" + field.name.replace("_", "-")
        if isinstance(field.default, bool):
            text = f"(default: {'yes' if field.default else 'no'})"
            limits.add_argument(name, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS, help=text)
        else:
            text = f"(default: {'none' if field.default is None else field.default})"
            limits.add_argument(name, metavar="X", type=partial(_config_value, field.name), help=text)
    return parser


def _field_notes() -> dict[str, str]:
    """What Config says about each of its fields, where the words are: nothing under `python -OO`."""
    return dict(re.findall(r"^ +(\w+): (.+)$", Config.__doc__ or "", re.MULTILINE))


def _from_environment(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for action in parser._actions:
        if action.dest in ("help", "version"):
            continue
        for option in action.option_strings or [action.dest]:
            variable = _PREFIX + option.lstrip("-").upper().replace("-", "_")
            text = environment.get(variable, "")
            if not text:
                continue  # as good as unset: an empty FASTRESP_HOST must not open every interface
            try:
                if isinstance(action, argparse.BooleanOptionalAction):
                    found[action.dest] = _switch(text) is not option.startswith("--no-")
                else:
                    found[action.dest] = action.type(text) if callable(action.type) else text
            except argparse.ArgumentTypeError as error:
                raise Failure(f"{variable} {error}", 2) from None
    return found


def _unknown(rest: list[str], parser: argparse.ArgumentParser) -> str:
    word = next((word for word in rest if word.startswith("-") and word != "--"), None)
    if word is None:
        return f"there is one TARGET, so what is {rest[0]!r}?{_SEE_HELP}"
    word = word.partition("=")[0]
    names = [option.lstrip("-") for action in parser._actions for option in action.option_strings]
    close = difflib.get_close_matches(word.lstrip("-"), names, 1, 0.7)
    return f"unknown option {word}" + (f"; did you mean --{close[0]}?" if close else _SEE_HELP)


def _number(text: str, kind: Callable[[str], Any], wanted: str, low: float, high: float = math.inf) -> Any:
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not low <= value <= high:
        raise argparse.ArgumentTypeError(f"takes {wanted}, not {text!r}")
    return value


def _host(text: str) -> str:
    return text[1:-1] if text.startswith("[") and text.endswith("]") else text  # an IPv6 address as in a URL


def _port(text: str) -> int:
    port: int = _number(text, int, "a port number from 0 to 65535", 0, 65535)
    return port


def _descriptor(text: str) -> int:
    descriptor: int = _number(text, int, "the number of an open file descriptor", 0)
    return descriptor


def _grace(text: str) -> float:
    seconds: float = _number(text, float, "a number of seconds", 0)
    return seconds


def _path(text: str) -> str:
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"takes a path, not {text!r}")
    return "\0" + text[1:] if text.startswith("@") else text


def _file(text: str) -> str:
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"takes the path of a file, not {text!r}")
    return text


def _loop(text: str) -> str:
    if text not in ("auto", "uvloop", "asyncio"):
        raise argparse.ArgumentTypeError(f"takes auto, uvloop or asyncio, not {text!r}")
    return text


def _interface(text: str) -> str:
    if text not in INTERFACES:
        raise argparse.ArgumentTypeError(f"takes {', '.join(INTERFACES[:-1])} or {INTERFACES[-1]}, not {text!r}")
    return text


def _threads(text: str) -> int:
    threads: int = _number(text, int, "a number of threads, or 0 for the loop's own", 0)
    return threads


def _switch(text: str) -> bool:
    if text.lower() not in _YES | _NO:
        raise argparse.ArgumentTypeError(f"takes yes or no, not {text!r}")
    return text.lower() in _YES


def _config_value(name: str, text: str) -> Any:
    kind = type(getattr(Config(), name))
    value: Any = text
    if kind in (int, float):
        value = _number(text, kind, "a whole number" if kind is int else "a number", -math.inf)
    try:
        Config(**{name: value})
    except (TypeError, ValueError) as error:
        message = one_line(error).removeprefix(f"Config.{name} ")
        raise argparse.ArgumentTypeError(message) from None
    return value


# --- serving


def _serve(options: dict[str, Any]) -> None:
    interface = "native"
    if "target" in options:
        handler = load_target(options["target"])
        interface = recognise(handler, options.get("interface", "auto"))
        handler = adapt(handler, interface, options.get("threads"))
    else:
        from fastresp.welcome import welcome as handler
    # After the import, so that a program that sets up logging of its own has its way.
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    limits = {field.name: options[field.name] for field in fields(Config) if field.name in options}
    where = {name: options[name] for name in (*_LISTENING, "grace") if name in options}
    context = _tls_context(options.get("ssl_certfile"), options.get("ssl_keyfile"))
    started = False

    def on_start(server: Server) -> None:
        nonlocal started
        started = True
        _announce(options.get("target"), interface, server)

    try:
        run(
            handler,
            config=Config(**limits),
            loop_factory=partial(new_event_loop, options.get("loop", "auto")),
            on_start=on_start,
            ssl=context,
            **where,
        )
    except (OSError, ValueError, ImportError, StartUpError) as error:
        if started:
            raise  # a fault of ours, and its traceback is wanted
        raise Failure(error.strerror if isinstance(error, OSError) and error.strerror else one_line(error)) from error


def _tls_context(certificate: str | None, key: str | None) -> ssl.SSLContext | None:
    """What the files say as a server's context. Raises Failure, naming the file, for what is no such thing."""
    if certificate is None:
        if key is not None:
            raise Failure("--ssl-keyfile is of no use without --ssl-certfile", 2)
        return None
    for name, path in (("certfile", certificate), ("keyfile", key or certificate)):
        try:
            with open(path, "rb"):
                pass
        except OSError as error:
            raise Failure(f"--ssl-{name}: can't read {path!r}: {error.strerror}") from None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])

    def password() -> str:  # without this, OpenSSL asks at the terminal
        raise Failure(f"the private key in {key or certificate!r} is encrypted, and there is nobody to ask: decrypt it")

    try:
        context.load_cert_chain(certificate, key, password)
    except ssl.SSLError as error:
        files = f"{certificate!r} and {key!r}" if key else repr(certificate)
        reason = error.reason or "no PEM"
        raise Failure(f"there is no certificate with its private key in {files} ({reason})") from None
    return context


def _announce(target: str | None, interface: str, server: Server) -> None:
    loop = type(asyncio.get_running_loop()).__module__.partition(".")[0]
    version = getattr(sys.modules[loop], "__version__", "")
    lines = (
        f"fastresp {__version__} serves {target or 'the welcome page'} at {', '.join(server.urls)}",
        f"interface: {interface}",
        f"compiled: {_compiled()}",
        f"loop: {loop} {version}".rstrip(),
        "stop: Ctrl-C or SIGTERM lets running requests finish; a second one does not",
    )
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    text = "\n".join(lines).encode(encoding, "backslashreplace").decode(encoding)  # a path may hold anything
    try:
        print(text, flush=True)
    except OSError:
        # Nobody reads; Python must not try again at its end and fail with status 120.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _compiled() -> str:
    if not wire.compiled:
        return "no (pure Python)"
    names = [
        module.name.removesuffix("_c")
        for package in (wire, http)
        for module in pkgutil.iter_modules(package.__path__)
        if module.name.endswith("_c")
    ]
    words = {"status": "status lines"}
    return f"yes ({', '.join(words.get(name, name) for name in names)})"


# --- standard files


def _keep_standard_files() -> None:
    """Opens what the parent closed of stdin, stdout, stderr, so that no socket becomes one of them by chance."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)


def _complain(text: str) -> None:
    with suppress(OSError, AttributeError):  # stderr is closed, or None
        print(f"fastresp: {text}".replace("\n", "\\n"), file=sys.stderr, flush=True)
