"""An MCP server, asked by its own client: the same answers as under uvicorn."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from applications.exchange import Ask, Step, ask_both
from applications.servers import need

pytestmark = pytest.mark.filterwarnings("default")  # of the client's own


async def everything(server: Any) -> list[Any]:
    """What a client is told: of the server, its tools, resources and prompts, and by them."""
    from mcp import Client

    progress: list[tuple[float, float | None, str | None]] = []

    async def on_progress(done: float, total: float | None, message: str | None) -> None:
        progress.append((done, total, message))

    async with asyncio.timeout(60), Client(server) as client:
        added = await client.call_tool("add", {"a": 2, "b": 3})
        assert added.content[0].text == "5"
        slow = await client.call_tool("slow", {"steps": 3}, progress_callback=on_progress)
        assert slow.content[0].text == "hello"
        assert progress == [(1, 3, "step 1"), (2, 3, "step 2"), (3, 3, "step 3")]
        failed = await client.call_tool("fail", {})
        assert failed.is_error
        text = await client.read_resource("text://a")
        assert text.contents[0].text == "text of a" * 1000
        asked = await client.get_prompt("ask", {"topic": "time"})
        assert asked.messages[0].content.text == "What is time?"
        tools = await client.list_tools()
        assert {tool.name for tool in tools.tools} == {"add", "slow", "fail"}
        many = await asyncio.gather(*(client.call_tool("add", {"a": n, "b": n}) for n in range(20)))
        assert [result.content[0].text for result in many] == [str(2 * n) for n in range(20)]
        answers = [added, slow, failed, text, asked, tools]
        return [client.server_info, client.instructions, client.server_capabilities, *answers]


def told(transport: str, url: str) -> list[Any]:
    from mcp.client.sse import sse_client

    server = f"{url}/mcp" if transport == "streamable" else sse_client(f"{url}/sse")
    return [value.model_dump() if hasattr(value, "model_dump") else value for value in asyncio.run(everything(server))]


@pytest.mark.parametrize("transport", ["sse", "streamable"])
def test_same_answers_as_under_uvicorn(transport, start):
    need("uvicorn", "mcp")
    servers = [start(way, f"mcp_app:{transport}") for way in ("fastresp", "uvicorn")]
    assert told(transport, servers[0].url) == told(transport, servers[1].url)
    assert servers[0].end() == 0


FIELDS = {"host": "127.0.0.1:1", "accept": "application/json, text/event-stream"}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
STEPS: list[Step] = [
    Ask("POST /mcp", 421, send={"json": INITIALIZE}),  # the host is none that it knows
    Ask("POST /mcp", 406, send={"json": INITIALIZE, "headers": FIELDS | {"accept": "text/html"}}),
    Ask("POST /mcp", 400, send={"content": b"{", "headers": FIELDS | {"content-type": "application/json"}}),
    Ask("POST /mcp", fields={"content-type": "text/event-stream", "mcp-session-id": ".+"},
        send={"json": INITIALIZE, "headers": FIELDS}),
    Ask("GET /mcp", 400, send={"headers": FIELDS}),  # without the session
    Ask("DELETE /mcp", None, send={"headers": FIELDS | {"mcp-session-id": "unknown"}}),
    Ask("PUT /mcp", 405, send={"headers": FIELDS}),
]  # fmt: skip


def test_same_fields_as_under_uvicorn(start):
    need("uvicorn", "mcp")
    ask_both(STEPS, *(start(way, "mcp_app:streamable") for way in ("fastresp", "uvicorn")))


def test_open_sessions_do_not_hold_up_the_end(start):
    need("mcp")
    server = start("fastresp-told", "mcp_app:sse")
    with httpx.stream("GET", f"{server.url}/sse", timeout=30) as response:
        assert next(response.iter_lines()) == "event: endpoint"
        assert server.end() == 0
