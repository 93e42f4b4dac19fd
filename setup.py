"""Builds the compiled twins; all metadata is in pyproject.toml.

A failed compilation fails the installation: fastresp without its compiled twins is asked for with
FASTRESP_NO_EXTENSIONS=1, never met by surprise.
"""

import os
import platform
import shlex
from collections.abc import Iterable

from setuptools import Extension, setup

TWINS = {
    "fastresp.wire.status_c": "fastresp/wire/status_c.pyx",
    "fastresp.wire.headers_c": "fastresp/wire/headers_c.pyx",
    "fastresp.wire.chunks_c": "fastresp/wire/chunks_c.pyx",
    "fastresp.http.grammar_c": "fastresp/http/grammar.py",
    "fastresp.http.scanner_c": "fastresp/http/scanner.py",
    "fastresp.http.parser_c": "fastresp/http/parser.py",
    "fastresp.http.files_c": "fastresp/http/files_c.pyx",
    "fastresp.http.intake_c": "fastresp/http/intake_c.pyx",
    "fastresp.http.query_c": "fastresp/http/query.py",
    "fastresp.http.request_c": "fastresp/http/request.py",
    "fastresp.http.responder_c": "fastresp/http/responder.py",
    "fastresp.http.service_c": "fastresp/http/service.py",
    "fastresp.http.turn_c": "fastresp/http/turn.py",
    "fastresp.http.exchange_c": "fastresp/http/exchange.py",
    "fastresp.http.pipeline_c": "fastresp/http/pipeline.py",
    "fastresp.http.deadlines_c": "fastresp/http/deadlines.py",
    "fastresp.http.protocol_c": "fastresp/http/protocol.py",
}


# PERF: their objects take the memory of earlier ones, up to 256 of each (x0.98 of the instructions of a plain
# answer). Not responders: an object that is used again counts as finalized, and its __del__ would not be called.
REUSED = ("fastresp.http.query_c", "fastresp.http.request_c")


def compiled_twins() -> list[Extension]:
    if os.environ.get("FASTRESP_NO_EXTENSIONS", "") not in ("", "0") or platform.python_implementation() != "CPython":
        return []
    from Cython.Compiler.Options import get_directive_defaults

    others = compiled([name for name in TWINS if name not in REUSED])
    get_directive_defaults()["freelist"] = 256  # Cython does not heed it in the .pxd of a .py
    return others + compiled(REUSED)


def compiled(names: Iterable[str]) -> list[Extension]:
    from Cython.Build import cythonize

    flags = [] if os.name == "nt" else ["-O2", "-g0"]
    more = shlex.split(os.environ.get("FASTRESP_CFLAGS", ""))  # behind the flags above, so that -O1 and -g win
    extensions = [
        Extension(name, [TWINS[name]], extra_compile_args=flags + more, extra_link_args=more) for name in names
    ]
    return cythonize(
        extensions,
        build_dir="build/cython",
        force=True,  # a changed NAME_c.pxd beside NAME.py goes unnoticed otherwise
        compiler_directives={
            "language_level": 3,
            "annotation_typing": False,  # types belong in the .pxd; the .py takes what Python takes
            "boundscheck": False,
            "wraparound": False,
            "initializedcheck": False,
            "cdivision": True,
            "embedsignature": True,
        },
    )


setup(ext_modules=compiled_twins())
