"""An MCP server: `sse` is its application for SSE, `streamable` the one for streamable HTTP."""

from __future__ import annotations

from contextlib import asynccontextmanager

from mcp.server import MCPServer
from mcp.server.mcpserver import Context


@asynccontextmanager
async def lifespan(server):
    yield {"greeting": "hello"}


server = MCPServer("of the test", instructions="Ask.", lifespan=lifespan)


@server.tool()
def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


@server.tool()
async def slow(steps: int, context: Context) -> str:
    """Reports its progress."""
    for step in range(steps):
        await context.report_progress(step + 1, steps, f"step {step + 1}")
    return context.request_context.lifespan_context["greeting"]


@server.tool()
def fail() -> str:
    """Fails."""
    raise LookupError("what the tool did wrong")


@server.resource("text://{name}")
def text(name: str) -> str:
    """A text by its name."""
    return f"text of {name}" * 1000


@server.prompt()
def ask(topic: str) -> str:
    """A question."""
    return f"What is {topic}?"


sse = server.sse_app()
streamable = server.streamable_http_app()
