"""Gradio: a page with a function behind it, which streams what it makes, and one that takes a file."""

from __future__ import annotations

from pathlib import Path

import gradio
from fastapi import FastAPI


def spell(word):
    """Letter by letter."""
    for end in range(1, len(word) + 1):
        yield f"{word[:end]}{'.' * (end == len(word))}"


def measure(path):
    return f"{Path(path).stat().st_size} bytes" if path else "none"


with gradio.Blocks(title="Of the test") as blocks:
    word = gradio.Textbox(label="Word")
    spelled = gradio.Textbox(label="Spelled")
    gradio.Button("Spell").click(spell, word, spelled)
    file = gradio.File(label="File")
    measured = gradio.Textbox(label="Measured")
    file.upload(measure, file, measured)

app = gradio.mount_gradio_app(FastAPI(), blocks, path="")
