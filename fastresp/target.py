"""What the command line serves: finds `module:name`, recognises its interface, and makes it a handler."""

from __future__ import annotations

import difflib
import importlib
import inspect
import os
import sys
import traceback
from contextlib import suppress
from typing import Any

from fastresp.checks import Handler, check_handler
from fastresp.core.handlers import is_coroutine_function
from fastresp.text import shown

__all__ = ["INTERFACES", "Failure", "adapt", "call_factory", "load_target", "one_line", "recognise"]

INTERFACES = ("auto", "native", "asgi", "wsgi")
_INTERFACES_OF = {"threads": ("wsgi",), "pathsend": ("asgi",), "root_path": ("asgi", "wsgi")}  # options of adapters


class Failure(Exception):
    """What went wrong, as one line for people, and the exit status."""

    def __init__(self, text: str, status: int = 1) -> None:
        super().__init__(text)
        self.status = status


def load_target(target: str, folder: str = "") -> Any:
    """The object that `module:name` means; the name may be dotted, and is `handle` if there is none. The module is
    looked for in `folder`, by default the current one, before anywhere else.

    Raises Failure for a target that is wrong in any way.
    """
    if folder and not os.path.isdir(folder):
        raise Failure(f"--app-dir: there is no directory {folder!r}", 2)
    module_name, _, name = target.partition(":")
    name = name or "handle"
    words = (*module_name.split("."), *name.split("."))
    is_file = os.path.isfile(os.path.join(folder, module_name))
    # of another file (`app`, or mod_wsgi's `app.wsgi`), a module of its name may be meant
    is_source = is_file and module_name.endswith(".py")
    if target.endswith(":") or is_source or not all(word.isidentifier() for word in words):
        raise _not_a_target(target, is_file)
    with suppress(FileNotFoundError):  # the current directory may be gone
        sys.path.insert(0, os.path.abspath(folder))
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{module_name}.".startswith(f"{error.name}."):
            if is_file:
                raise _not_a_target(target, True) from error
            here = f"in {folder!r}" if folder else "here"
            raise Failure(f"the target {target!r}: {one_line(error)}, {here} or where Python looks") from error
        raise _failure_of(f"importing {module_name!r}", error) from error
    except (Exception, SystemExit) as error:
        raise _failure_of(f"importing {module_name!r}", error) from error
    place = f"module {module_name!r}"
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            close = difflib.get_close_matches(part, [word for word in dir(found) if not word.startswith("_")], 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise Failure(f"the target {target!r}: {place} has no attribute {part!r}{hint}") from None
        place = repr(part)
    return found


def _not_a_target(target: str, is_file: bool) -> Failure:
    hint = ", but the name of a file" if is_file else ""
    return Failure(f"the target {target!r} is not module:name{hint}; for app.py and its handle, say app:handle", 2)


def call_factory(target: str, factory: Any) -> Any:
    """What the function that the target is returns. Raises Failure for one that returns nothing to serve, or fails."""
    if not callable(factory):
        raise Failure(f"the target {target!r} is no factory: it can't be called", 2)
    if is_coroutine_function(factory):
        raise Failure(f"the factory {target!r} is a coroutine function: there is no loop yet that could run it", 2)
    try:
        made = factory()
    except (Exception, SystemExit) as error:
        raise _failure_of(f"the factory {target!r}", error) from error
    if not callable(made):
        raise Failure(f"the factory {target!r} returned {shown(made)}, which is nothing to serve", 2)
    return made


def _failure_of(what: str, error: BaseException) -> Failure:
    frames = [
        (frame.filename, frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<frozen importlib") and frame.filename not in (__file__, importlib.__file__)
    ]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append((error.filename, error.lineno))
    where = " ({}:{})".format(*frames[-1]) if frames else ""
    text = error.msg if isinstance(error, SyntaxError) else one_line(error)
    return Failure(f"{what} failed: {type(error).__name__}{f': {text}' if text else ''}{where}")


def recognise(target: Any, interface: str = "auto") -> str:
    """The interface that a target speaks, if it is to be found out: "asgi" for a coroutine function, or an object whose
    call is one, of three arguments; "wsgi" for a callable of (environ, start_response); else "native". Raises Failure
    for one that may be any, as it takes any arguments, and for one that takes none.
    """
    if interface != "auto" or not callable(target):
        return "native" if interface == "auto" else interface
    call = inspect.getattr_static(type(target), "__call__", None)
    if isinstance(call, staticmethod | classmethod) or inspect.ismemberdescriptor(call) or not inspect.isroutine(call):
        # a slot, each object's own (Sentry's middleware), or what signature() takes for a method of the object
        target = getattr(target, "__call__", None)  # noqa: B004
    try:
        parameters = [*inspect.signature(target).parameters.values()]
    except Exception:  # of a __signature__ of its own, too
        if not inspect.isfunction(call):
            return "native"  # written in C, without a word on what it takes
        parameters = [*inspect.signature(call).parameters.values()][1:]
    positional = [
        parameter.name
        for parameter in parameters
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and (parameter.default is parameter.empty or parameter.name in ("send", "start_response"))
    ]
    if positional == ["scope", "receive", "send"] or (len(positional) == 3 and is_coroutine_function(target)):
        return "asgi"
    if len(positional) == 2 and positional[1].startswith("start"):
        return "wsgi"
    takes_any = any(parameter.kind == parameter.VAR_POSITIONAL for parameter in parameters)
    if len(positional) < 2 and takes_any:
        raise Failure("the target may take any arguments (*args): say which by --interface native, asgi or wsgi", 2)
    if not parameters:
        raise Failure("the target takes no arguments: if it returns what is to be served, say so by --factory", 2)
    return "native"


def adapt(target: Any, interface: str, multiprocess: bool = False, **options: Any) -> Handler:
    """The handler that a target of this interface is. `options` are those of its adapter: threads, pathsend, root_path.
    Raises Failure for one that it does not have, and for a target that is none.
    """
    given = {name: value for name, value in options.items() if value is not False and value != ""}
    for name in given:
        if interface not in _INTERFACES_OF[name]:
            option, kinds = name.replace("_", "-"), " and ".join(kind.upper() for kind in _INTERFACES_OF[name])
            raise Failure(f"--{option} is for {kinds} applications, and the target's interface is {interface}", 2)
    try:
        if interface == "asgi":
            from fastresp.asgi import AsgiHandler

            return AsgiHandler(target, **given)
        if interface == "wsgi":
            from fastresp.wsgi import WsgiHandler

            return WsgiHandler(target, multiprocess=multiprocess, **given)
        check_handler(target)
    except TypeError as error:
        raise Failure(one_line(error)) from error
    handler: Handler = target
    return handler


def one_line(error: BaseException) -> str:
    """What an error says, without its line breaks."""
    return " ".join(str(error).split())
