"""Builds the compiled twins, and an sdist with the tests in it; the metadata is in pyproject.toml.

A failed compilation fails the installation: fastresp without its compiled twins is asked for with
FASTRESP_NO_EXTENSIONS=1, never met by surprise. Two builds of the same files give the same bytes.
"""

import gzip
import os
import platform
import re
import shlex
import sysconfig
import tarfile
from contextlib import contextmanager
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist
from setuptools.errors import CompileError

# The time that archives give their members, where SOURCE_DATE_EPOCH says none: the first day a zip file can name.
EPOCH = os.environ.setdefault("SOURCE_DATE_EPOCH", "315532800")

TWINS = {
    "fastresp.wire.status_c": "fastresp/wire/status_c.pyx",
    "fastresp.wire.headers_c": "fastresp/wire/headers_c.pyx",
    "fastresp.wire.chunks_c": "fastresp/wire/chunks_c.pyx",
    "fastresp.wire.buffer_c": "fastresp/wire/buffer_c.pyx",
    "fastresp.http1.grammar_c": "fastresp/http1/grammar.py",
    "fastresp.http1.scanner_c": "fastresp/http1/scanner.py",
    "fastresp.http1.parser_c": "fastresp/http1/parser.py",
    "fastresp.net.direct_c": "fastresp/net/direct_c.pyx",
    "fastresp.core.files_c": "fastresp/core/files_c.pyx",
    "fastresp.net.receiver_c": "fastresp/net/receiver_c.pyx",
    "fastresp.core.path_c": "fastresp/core/path_c.pyx",
    "fastresp.core.query_c": "fastresp/core/query.py",
    "fastresp.core.request_c": "fastresp/core/request.py",
    "fastresp.http1.requests_c": "fastresp/http1/requests.py",
    "fastresp.core.exchange_c": "fastresp/core/exchange.py",
    "fastresp.core.link_c": "fastresp/core/link.py",
    "fastresp.core.lengths_c": "fastresp/core/lengths.py",
    "fastresp.core.answer_c": "fastresp/core/answer.py",
    "fastresp.core.device_answer_c": "fastresp/core/device_answer.py",
    "fastresp.core.overloads_c": "fastresp/core/overloads.py",
    "fastresp.core.responder_c": "fastresp/core/responder.py",
    "fastresp.core.service_c": "fastresp/core/service.py",
    "fastresp.net.output_c": "fastresp/net/output.py",
    "fastresp.net.deadlines_c": "fastresp/net/deadlines.py",
    "fastresp.core.handling_c": "fastresp/core/handling.py",
    "fastresp.core.dispatch_c": "fastresp/core/dispatch.py",
    "fastresp.http1.exchange_c": "fastresp/http1/exchange.py",
    "fastresp.http1.link_c": "fastresp/http1/link.py",
    "fastresp.http1.pipeline_c": "fastresp/http1/pipeline.py",
    "fastresp.http1.content_c": "fastresp/http1/content.py",
    "fastresp.http1.work_c": "fastresp/http1/work.py",
    "fastresp.http1.close_c": "fastresp/http1/close.py",
    "fastresp.http1.refusal_c": "fastresp/http1/refusal.py",
    "fastresp.http1.reading_c": "fastresp/http1/reading.py",
    "fastresp.http1.states_c": "fastresp/http1/states.py",
    "fastresp.http1.timeouts_c": "fastresp/http1/timeouts.py",
    "fastresp.http1.connection_c": "fastresp/http1/connection.py",
    "fastresp.net.tls_read_c": "fastresp/net/tls_read.py",
    "fastresp.net.tls_write_c": "fastresp/net/tls_write.py",
    "fastresp.net.tls_c": "fastresp/net/tls.py",
    "fastresp.asgi.answer_c": "fastresp/asgi/answer.py",
    "fastresp.asgi.call_c": "fastresp/asgi/call.py",
    "fastresp.wsgi.environ_c": "fastresp/wsgi/environ.py",
    "fastresp.wsgi.head_c": "fastresp/wsgi/head.py",
    "fastresp.wsgi.call_c": "fastresp/wsgi/call.py",
}


# PERF: their objects take the memory of earlier ones, up to 256 of each (x0.93 of the instructions of a plain answer).
# The collector must not track a responder, for a tracked object that is used again counts as finalized, and its __del__
# would not be called. It need not: what a responder refers to is an exchange, whose end breaks every cycle.
REUSED = {
    "fastresp.core.query_c": {"freelist": 256},
    "fastresp.core.request_c": {"freelist": 256},
    "fastresp.core.responder_c": {"freelist": 256, "no_gc": True},
}

# No marker of metadata names a CPython without the GIL, for which orjson has no wheels: there, json takes its place.
REQUIRES = ["uvloop>=0.21; sys_platform != 'win32' and platform_python_implementation == 'CPython'"]
if not sysconfig.get_config_var("Py_GIL_DISABLED"):
    REQUIRES.append("orjson>=3.10; platform_python_implementation == 'CPython'")

PURE = os.environ.get("FASTRESP_NO_EXTENSIONS", "") not in ("", "0") or platform.python_implementation() != "CPython"


ADVICE = (
    "fastresp could not be compiled. It needs a C compiler and Python's headers (Debian: gcc python3-dev); with"
    " FASTRESP_NO_EXTENSIONS=1 in the environment the slower twins in plain Python are installed, which need neither."
)


class BuildTwins(build_ext):
    """Turns the twins into C where they are compiled, and not before: an sdist holds sources only."""

    def run(self):
        flags = [] if os.name == "nt" else ["-O2", "-g0"]
        more = shlex.split(os.environ.get("FASTRESP_CFLAGS", ""))  # behind the flags above, so that -O1 and -g win
        translate([twin for twin in self.extensions if twin.name.startswith("fastresp.wire.")])
        # PERF: what only the loop calls shows nobody its signature, and is a C method (x0.98 of the instructions of a
        # plain answer)
        inner = [
            twin for twin in self.extensions if not twin.name.startswith("fastresp.wire.") and twin.name not in REUSED
        ]
        translate(inner, binding=False)
        for name, directives in REUSED.items():
            with defaults(directives):
                translate([twin for twin in self.extensions if twin.name == name])
        reused = {twin.name for twin in self.extensions if any(map(keeps_objects, twin.sources))}
        if reused != set(REUSED):
            raise SystemExit(
                f"these modules should keep objects to be used again: {sorted(REUSED)}, not {sorted(reused)}"
            )
        for twin in self.extensions:
            twin.extra_compile_args, twin.extra_link_args = flags + more, more
        self.parallel = self.parallel or True  # as many compilers as there are processors
        try:
            super().run()
        except Exception as error:  # of many kinds: no compiler, one that fails, no headers of Python's
            raise CompileError(f"{error}\n{ADVICE}") from error


@contextmanager
def defaults(directives):
    """Directives of all classes that are translated meanwhile: Cython does not heed them in the .pxd of a .py."""
    from Cython.Compiler.Options import get_directive_defaults

    known = get_directive_defaults()
    before = dict(known)
    known.update(directives)
    try:
        yield
    finally:
        known.clear()
        known.update(before)


def keeps_objects(source):
    """Whether the classes of a C source keep the memory of objects for later ones: the closures of coroutines always
    do, of a few."""
    return re.search(r"\b__pyx_freelist_\w+\[256\]", Path(source).read_text(encoding="utf-8")) is not None


def translate(twins, **directives):
    """Have Cython write the C sources of these extensions; what it warns of is an error."""
    from Cython.Build import cythonize
    from Cython.Compiler import Options

    Options.warning_errors = True
    for source in (source for twin in twins for source in twin.sources if source.endswith(".py")):
        types = source.removesuffix(".py") + "_c.pxd"
        if not Path(types).exists():  # Cython would compile it all the same, as another module than is meant
            raise SystemExit(f"{types} is missing, which has the types of {source}: is it in package-data?")
    generated = cythonize(
        [Extension(twin.name, twin.sources) for twin in twins],
        build_dir="build/cython",
        force=True,  # a changed NAME_c.pxd beside NAME.py goes unnoticed otherwise
        compiler_directives={
            "language_level": 3,
            "annotation_typing": False,  # types belong in the .pxd; the .py takes what Python takes
            "boundscheck": False,
            "wraparound": False,
            "initializedcheck": False,
            "cdivision": True,
            "auto_pickle": False,  # what is copied without our doing would be filled from anywhere
            # Whatever Python hands over, a C attribute of None is never read. PERF: 196 instructions of the 5,984 that
            # a plain answer takes between the loop's call and the write.
            "nonecheck": True,
            **directives,
        },
    )
    for twin, c in zip(twins, generated, strict=True):
        twin.sources = c.sources


class Sdist(sdist):
    """Adds what tests and measures the package; packs the same files to the same bytes, on whatever day."""

    def make_release_tree(self, base_dir, files):
        wanted = [name for name in files if ".egg-info" not in name]
        wanted += ["CHANGELOG.md", *(str(path) for top in ("tests", "bench") for path in written(top))]
        super().make_release_tree(base_dir, wanted)

    def make_archive(self, base_name, format, root_dir=None, base_dir=None, owner=None, group=None):
        if format != "gztar":
            raise SystemExit(f"cannot make a {format} sdist: a .tar.gz is what package indexes take; ask for gztar")
        archive = f"{base_name}.tar.gz"
        with (
            open(archive, "wb") as file,
            gzip.GzipFile("", "wb", mtime=int(EPOCH), fileobj=file) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            for path in sorted(Path(base_dir).rglob("*")):
                tar.add(path, recursive=False, filter=anonymous)
        return archive


def written(top):
    """The files under a directory that were written, not generated."""
    for path in Path(top).rglob("*"):
        generated = path.suffix in (".pyc", ".so", ".pyd") or path.is_relative_to("bench/results")
        if path.is_file() and not generated and not any(part.startswith(".") for part in path.parts):
            yield path


def anonymous(member):
    """The member of an archive, without what tells one machine, user or hour from another."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = int(EPOCH)
    member.mode = 0o755 if member.mode & 0o100 else 0o644
    return member


setup(
    install_requires=REQUIRES,
    ext_modules=[] if PURE else [Extension(name, [source]) for name, source in TWINS.items()],
    cmdclass={"build_ext": BuildTwins, "sdist": Sdist},
)
