"""Fuzzes the compiled twins: `python tests/fuzz/run.py --seconds 60 [--target codecs|protocol|tls]`.

With atheris (`pip install atheris`) what is new in the pure twin's coverage guides the mutations: each input runs
through both twins, and they have the same branches. Without it, or with --engine mutate, they are blind. What fails is
written to a file, whose path is printed; `--replay FILE` runs it again.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGETS = ("codecs", "protocol", "tls")


def main() -> int:
    options = argparse.ArgumentParser(description="fuzz fastresp")
    options.add_argument("--seconds", type=float, default=60, help="for each target (60)")
    options.add_argument("--target", choices=TARGETS, help="only this one")
    options.add_argument("--engine", choices=("atheris", "mutate"), help="atheris where it is installed")
    options.add_argument("--seed", type=int, default=1, help="of the random numbers; 0 for another one each time")
    options.add_argument("--findings", type=Path, default=Path(tempfile.gettempdir()), help="where failures go")
    options.add_argument("--replay", type=Path, nargs="+", help="run these files once")
    given = options.parse_args()
    if given.target is None:
        # a process for each: atheris ends the one that it runs in
        codes = [subprocess.call([sys.executable, __file__, *sys.argv[1:], "--target", name]) for name in TARGETS]
        return max(codes)
    # the directory of this script must not be one to import from, and fastresp may be installed or not
    sys.path[:] = [str(HERE.parent), *[place for place in sys.path if place != str(HERE)], str(HERE.parents[1])]
    engine = given.engine or ("atheris" if importlib.util.find_spec("atheris") and not given.replay else "mutate")
    print(f"== {given.target}, {given.seconds:g} s, {engine}", flush=True)
    if engine == "atheris":
        return guided(given)
    from fuzz.mutation import explore, replay

    one_input = importlib.import_module(f"fuzz.target_{given.target}").one_input
    if given.replay:
        for path in given.replay:
            replay(one_input, path)
        return 0
    corpus = HERE / "corpus" / given.target
    count = explore(one_input, corpus, given.seconds, given.seed, given.findings)
    print(f"{count} inputs, no failure")
    return 0


def guided(given: argparse.Namespace) -> int:
    import atheris

    with atheris.instrument_imports(include=["fastresp"], enable_loader_override=False):
        target = importlib.import_module(f"fuzz.target_{given.target}")
        for name in ("wire.headers", "wire.chunks", "wire.status", "core.service", "http1.connection", "net.tls"):
            importlib.import_module(f"fastresp.{name}")
    with tempfile.TemporaryDirectory() as found:
        arguments = [
            sys.argv[0],
            f"-max_total_time={max(1, round(given.seconds))}",
            "-timeout=20",
            "-max_len=8192",
            "-rss_limit_mb=2048",
            "-print_final_stats=1",
            f"-seed={given.seed}",
            f"-dict={HERE / 'http.dict'}",
            f"-artifact_prefix={given.findings}/fastresp-{given.target}-",
            found,
            str(HERE / "corpus" / given.target),
        ]
        atheris.Setup(arguments, target.one_input, enable_python_coverage=True)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
