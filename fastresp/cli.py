"""The command line: `fastresp module:name` serves that handler, `fastresp` alone a welcome page.

Every option is also an environment variable, FASTRESP_<NAME>; the command line wins. What a user can get wrong ends in
one line on stderr: status 2 for a wrong command line, 1 for anything else.
"""

from __future__ import annotations

import asyncio
import os
import pkgutil
import socket
import ssl
import sys
import traceback
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import fields
from functools import partial
from typing import Any, NoReturn

from fastresp import __version__, core, exits, forks, http1, logs, net, signals, sockets, standard, wire
from fastresp.config import Config
from fastresp.hooks import StartUpError
from fastresp.loops import new_event_loop
from fastresp.options import LISTENING, read_options
from fastresp.runner import run
from fastresp.server import GRACE, Server
from fastresp.supervisor import Supervisor, Worker
from fastresp.target import Failure, adapt, call_factory, load_target, one_line, recognise

__all__ = ["main", "program"]

ONLY_IPV6 = "note: :: is every IPv6 address and no IPv4 one; an empty --host is both"


def program() -> NoReturn:
    """The whole program: `main`, and an end of the process that nothing holds up for ever."""
    left = [0.0]
    signals.outlive_hangups()
    try:
        sys.exit(_command(None, left))
    except BaseException as error:
        exits.limit(forks.status_of(error), left[0])
        raise


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (sys.argv without arguments given) and return the exit status."""
    return _command(arguments, [])


def _command(arguments: Sequence[str] | None, left: list[float]) -> int:
    """`left` is told how many seconds of its grace a server has left at its end."""
    standard.keep_open()
    options: dict[str, Any] = {}
    try:
        given = sys.argv[1:] if arguments is None else arguments
        options = read_options(given, os.environ)
        if "env_file" in options:
            _read_environment(options["env_file"])
            options = read_options(given, os.environ)
        count = options.pop("workers", 1)
        if count > 1:
            return _serve_together(options, count, left)
        _serve(options, left)
    except Failure as failure:
        if options.get("traceback") and failure.__cause__ is not None:
            traceback.print_exception(failure.__cause__)
        _complain(str(failure))
        return failure.status
    except KeyboardInterrupt:
        return 130
    return 0


def _read_environment(path: str) -> None:
    """Set the variables of a file that are not set. Raises Failure for what can't be read."""
    try:
        from dotenv import load_dotenv
    except ImportError:
        raise Failure("--env-file is read by python-dotenv: python -m pip install python-dotenv") from None
    try:
        with open(path, encoding="utf-8") as file:
            load_dotenv(stream=file)
    except OSError as error:
        raise Failure(f"--env-file: can't read {path!r}: {error.strerror}") from None
    except ValueError as error:  # no UTF-8, or a NUL
        raise Failure(f"--env-file: can't read {path!r}: {one_line(error)}") from None


# --- serving


def _serve_together(options: dict[str, Any], count: int, left: list[float]) -> int:
    """Serve in several processes. They share a UNIX socket, or an inherited one; of a TCP port each has its own
    queue, among which the kernel spreads the connections.
    """
    standard.replace(shared=True)
    logs.set_up()
    held: socket.socket | None = None
    file: sockets.UnixFile | None = None
    try:
        if "uds" in options:
            held, file = sockets.listen_unix(options.pop("uds"), sockets.BACKLOG)
            options["sock"] = held
        elif "fd" not in options:
            options["reuse_port"] = True
            if options.get("port") == 0:
                held = sockets.reserve(options.get("host", "127.0.0.1"))
                options["port"] = held.getsockname()[1]
    except OSError as error:
        raise Failure(error.strerror or one_line(error)) from error
    listening = ExitStack()
    if held is not None:
        listening.callback(held.close)
    if file is not None:
        listening.callback(file.remove)  # which comes first
    worker = Supervisor(count, options.get("grace", GRACE), listening.close).run()
    if isinstance(worker, Worker):
        if held is not None and file is None and "sock" not in options:
            held.close()
        _serve(options, left, worker, count)
        return 0
    listening.close()
    return worker


def _serve(options: dict[str, Any], left: list[float], worker: Worker | None = None, count: int = 1) -> None:
    signals.fall_as_first()
    standard.replace(shared=count > 1)  # before the import, so that the program's own handlers write to these
    interface = "native"
    if worker is not None:
        logs.take_down()  # those of the parent: the program's own come first
    if "target" in options:
        handler = load_target(options["target"], options.get("app_dir", ""))
        if options.get("factory"):
            handler = call_factory(options["target"], handler)
        interface = recognise(handler, options.get("interface", "auto"))
        given = {name: options[name] for name in ("threads", "pathsend", "root_path") if name in options}
        handler = adapt(handler, interface, count > 1, **given)
    else:
        from fastresp.welcome import welcome as handler
    logs.set_up()  # after the import: a program that gives our loggers handlers has its way
    limits = {field.name: options[field.name] for field in fields(Config) if field.name in options}
    where = {name: options[name] for name in (*LISTENING, "sock", "reuse_port") if name in options}
    context = _tls_context(options.get("ssl_certfile"), options.get("ssl_keyfile"))
    grace = options.get("grace", GRACE)
    started: Server | None = None

    def on_start(server: Server) -> None:
        nonlocal started
        started = server
        logs.enable()  # the program's start may have run migrations, say, which set up logging by a file
        if worker is None or worker.is_first:
            _announce(options.get("target"), interface, server, count)
        if worker is not None:
            worker.join()

    try:
        run(
            handler,
            config=Config(**limits),
            loop_factory=partial(new_event_loop, options.get("loop", "auto")),
            grace=grace,
            on_start=on_start,
            quiet=True,
            ssl=context,
            **where,
        )
    except (OSError, ValueError, ImportError, StartUpError) as error:
        if started is not None:
            raise  # a fault of ours, and its traceback is wanted
        raise Failure(error.strerror if isinstance(error, OSError) and error.strerror else one_line(error)) from error
    finally:
        if started is not None:
            left[:] = [started.seconds_left(grace)]


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


def _announce(target: str | None, interface: str, server: Server, count: int) -> None:
    loop = type(asyncio.get_running_loop()).__module__.partition(".")[0]
    version = getattr(sys.modules[loop], "__version__", "")
    lines = (
        f"fastresp {__version__} serves {target or 'the welcome page'} at {', '.join(server.urls)}",
        f"interface: {interface}",
        f"compiled: {_compiled()}",
        f"loop: {loop} {version}".rstrip(),
        *([f"workers: {count}"] if count > 1 else []),
        *([ONLY_IPV6] if _is_only_ipv6(server) else []),
        "stop: Ctrl-C or SIGTERM lets running requests finish; a second one does not",
    )
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    text = "\n".join(lines).encode(encoding, "backslashreplace").decode(encoding)  # a path may hold anything
    try:
        print(f"{text}\n", end="", flush=True)  # one write: what a child writes must not come between
    except OSError:
        # Nobody reads; Python must not try again at its end and fail with status 120.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_only_ipv6(server: Server) -> bool:
    names = [sock.getsockname()[0] for sock in server.sockets if sock.family == socket.AF_INET6]
    return "::" in names and len(names) == len(server.sockets)


def _compiled() -> str:
    if not wire.compiled:
        return "no (pure Python)"
    names = [
        module.name.removesuffix("_c")
        for package in (wire, core, net, http1)
        for module in pkgutil.iter_modules(package.__path__)
        if module.name.endswith("_c")
    ]
    words = {"status": "status lines"}
    return f"yes ({', '.join(words.get(name, name) for name in names)})"


def _complain(text: str) -> None:
    with suppress(OSError, AttributeError):  # stderr is closed, or None
        print(f"fastresp: {text}".replace("\n", "\\n"), file=sys.stderr, flush=True)
