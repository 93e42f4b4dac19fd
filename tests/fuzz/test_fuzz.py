"""The fuzzer's targets in the suite: the corpus, and for a moment its mutations. More: `python tests/fuzz/run.py`."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

import pytest
from fuzz.mutation import explore

CORPUS = Path(__file__).parent / "corpus"
SECONDS = float(os.environ.get("FASTRESP_FUZZ_SECONDS", "2"))

pytestmark = [
    pytest.mark.skipif(
        os.environ.get("FASTRESP_NO_EXTENSIONS", "") not in ("", "0"), reason="the pure twins alone are under test"
    ),
    pytest.mark.keeps_objects,  # its loops are never closed: what they have put off holds the applications
]


@pytest.mark.parametrize("target", ["codecs", "protocol", "tls"])
def test_target(target: str, tmp_path: Path) -> None:
    one_input = importlib.import_module(f"fuzz.target_{target}").one_input
    assert explore(one_input, CORPUS / target, SECONDS, 1, tmp_path) > 20
