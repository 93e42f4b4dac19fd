"""What the command line and the environment say: every option, what it takes, and what is said of a wrong one."""

from __future__ import annotations

import argparse
import difflib
import math
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import Any, NoReturn

from fastresp import __version__
from fastresp.checks import check_grace, check_root_path
from fastresp.config import Config
from fastresp.peers import advice
from fastresp.target import INTERFACES, Failure, one_line

__all__ = ["LISTENING", "read_options"]

LISTENING = ("host", "port", "uds", "fd")
_PREFIX = "FASTRESP_"
_SEE_HELP = " (fastresp --help shows what there is)"
_THREADS_HELP = (
    "requests that a WSGI application may work on at once; 0 calls it in the event loop's thread, which is the fastest "
    "for one that neither waits nor streams (default: processors + 4, at most 32)"
)
_FIRST_PASSED = 3  # SD_LISTEN_FDS_START
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})


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
    chosen = {name for name in LISTENING if name in given}
    if chosen:
        kept = {"host", "port"} if chosen <= {"host", "port"} else set()
        for name in set(LISTENING) - kept:
            inherited.pop(name, None)
    options = {**inherited, **given}
    ways: list[str] = [name for name in ("uds", "fd") if name in options]
    ways += [name for name in ("host", "port") if name in options][:1]
    if len(ways) > 1:
        first, second = (f"--{name}" if name in given else _PREFIX + name.upper() for name in ways[:2])
        raise Failure(f"{first} and {second} are two ways of listening; give one", 2)
    if not ways:
        options.update(_passed(environment))
    return options


def _passed(environment: Mapping[str, str]) -> dict[str, Any]:
    """The socket that systemd has opened for this process, sd_listen_fds(3); nothing if it has opened none."""
    if environment.get("LISTEN_PID") != str(os.getpid()):
        return {}
    count = environment.get("LISTEN_FDS", "")
    if not count.isdecimal() or int(count) == 0:
        return {}
    if int(count) > 1:
        last = _FIRST_PASSED + int(count) - 1
        raise Failure(f"systemd passes {count} sockets, {_FIRST_PASSED} to {last}: say which one with --fd", 2)
    return {"fd": _FIRST_PASSED}


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
    add(
        "--factory",
        action=argparse.BooleanOptionalAction,
        help="TARGET is a function without arguments that returns what to serve (default: no)",
    )
    add("--app-dir", metavar="D", type=_file, help="look for TARGET's module here (default: the current directory)")
    add("--env-file", metavar="F", type=_file, help="set what this file says in the environment, if nothing else does")
    add(
        "--root-path",
        metavar="P",
        type=_root_path,
        help="what a proxy in front has cut off the paths of an ASGI or WSGI application, like /api",
    )
    add("--threads", metavar="N", type=_threads, help=_THREADS_HELP)
    add(
        "--pathsend",
        action=argparse.BooleanOptionalAction,
        help="let ASGI applications answer with the path of a file; middlewares may not know that (default: no)",
    )
    add(
        "--traceback",
        action=argparse.BooleanOptionalAction,
        help="print where TARGET's module, or its factory, has failed (default: one line alone)",
    )
    add("--workers", metavar="N", type=_workers, help="processes that serve together (default: 1; Linux)")
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
    # from 3.13 on they are not indented
    return dict(re.findall(r"^ *(\w+): (.+)$", Config.__doc__ or "", re.MULTILINE))


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
    known = advice(word)
    if known:
        return f"unknown option {word}: {known}"
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
    descriptor: int = _number(text, int, "the number of an open file descriptor", 0, (1 << 31) - 1)
    return descriptor


def _grace(text: str) -> float:
    seconds: float = _number(text, float, "a number of seconds", 0)
    try:
        return check_grace(seconds)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("grace ")) from None


def _path(text: str) -> str:
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"takes a path, not {text!r}")
    return "\0" + text[1:] if text.startswith("@") else text


def _file(text: str) -> str:
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"takes a path, not {text!r}")
    return text


def _root_path(text: str) -> str:
    try:
        check_root_path(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("root_path ")) from None
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


def _workers(text: str) -> int:
    workers: int = _number(text, int, "a number of processes", 1)
    if workers > 1 and not sys.platform.startswith("linux"):
        raise argparse.ArgumentTypeError("above 1 needs Linux, which spreads the connections of one port")
    return workers


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
