"""Pages in a headless Chromium: they show the same as under uvicorn."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from applications.servers import REQUIRED, need

pytestmark = [pytest.mark.timeout(300), pytest.mark.filterwarnings("default")]  # of the browser's driver
TIMEOUT = 30_000
"""Milliseconds for each thing that a page has to show."""


@pytest.fixture
def browser() -> Iterator[Any]:
    need("playwright")
    path = shutil.which("chromium")
    if path is None:
        (pytest.fail if REQUIRED else pytest.skip)("chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # No sandbox, for CI may be root; loopback alone, for what a page would load from elsewhere must not matter.
        arguments = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


def open_page(browser: Any, url: str) -> Any:
    page = browser.new_page()
    page.set_default_timeout(TIMEOUT)
    response = page.goto(url)
    assert response.status == 200
    return page


def see_events(browser: Any, url: str) -> list[Any]:
    page = open_page(browser, url)
    page.get_by_text("1 first").wait_for()
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("4 last").wait_for()
    files = {"name": "a.bin", "mimeType": "application/octet-stream", "buffer": bytes(300_000)}
    page.locator("input[type=file]").set_input_files(files)
    page.get_by_role("button", name="Send").click()
    page.get_by_text('["a.bin",300000]').wait_for()
    shown = page.locator("li").all_inner_texts()
    assert shown == ["1 first", "2 behind a wait", "3 behind 2", "4 last"]
    page.close()
    return shown


def see_gradio(browser: Any, url: str) -> list[Any]:
    page = open_page(browser, url)
    failed: list[str] = []
    page.on("response", lambda answer: answer.status >= 500 and failed.append(answer.url))
    page.get_by_label("Word").fill("fast")
    page.get_by_role("button", name="Spell", exact=True).click()
    from playwright.sync_api import expect

    expect(page.get_by_label("Spelled")).to_have_value("fast.", timeout=TIMEOUT)
    files = {"name": "a.bin", "mimeType": "application/octet-stream", "buffer": bytes(300_000)}
    page.locator("input[type=file]").set_input_files(files)
    expect(page.get_by_label("Measured")).to_have_value("300000 bytes", timeout=TIMEOUT)
    assert not failed
    title = page.title()
    page.close()
    return [title]


@pytest.mark.parametrize(("name", "see"), [("browser", see_events), ("gradio", see_gradio)])
def test_same_page_as_under_uvicorn(name, see, start, browser):
    need("uvicorn", "python_multipart", "starlette" if name == "browser" else name)
    variables = {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1"}
    servers = [start(way, f"{name}_app:app", **variables) for way in ("fastresp", "uvicorn")]
    shown = [see(browser, server.url) for server in servers]
    assert shown[0] == shown[1]
    assert servers[0].end() == 0
