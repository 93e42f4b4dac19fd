"""What every test shares: the two twins, side by side in one process."""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import ModuleType

import pytest
from client import Client
from leftovers import Leftovers

from fastresp import Config, Server
from fastresp.asgi import AsgiHandler
from fastresp.engine import Engine
from fastresp.wsgi import WsgiHandler

# What begins in the background of a shell, or under nohup, ignores these, and so would the servers that tests start.
for _name, _handler in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
    _number = getattr(signal, _name, None)
    if _number is not None and signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _handler)

PURE_ONLY = os.environ.get("FASTRESP_NO_EXTENSIONS", "") not in ("", "0")


# Each test runs on the compiled twin with uvloop, as in production, and on the pure one with asyncio. With this set, as
# in CI, also the other way round.
ALL = os.environ.get("FASTRESP_TEST_ALL", "") not in ("", "0")
CROSSED = {("pure", "uvloop"), ("compiled", "asyncio")}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not ALL:
        crossed = [item for item in items if _pair(item) in CROSSED]
        items[:] = [item for item in items if _pair(item) not in CROSSED]
        config.hook.pytest_deselected(items=crossed)


def _pair(item: pytest.Item) -> tuple[str | None, str | None]:
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    return params.get("twin"), params.get("loop_factory")


class Twin:
    """One of the two implementations: `twin("wire.headers")` is its module of that name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.compiled = name == "compiled"

    def __call__(self, module: str) -> ModuleType:
        return importlib.import_module(f"fastresp.{module}{'_c' if self.compiled else ''}")

    def __repr__(self) -> str:
        return self.name


@pytest.fixture(params=["pure", "compiled"], scope="session")
def twin(request: pytest.FixtureRequest) -> Twin:
    if request.param == "compiled" and PURE_ONLY:
        pytest.skip("FASTRESP_NO_EXTENSIONS is set: the pure twins alone are under test")
    return Twin(request.param)


@pytest.fixture(autouse=True)
def adapters_of_the_twin(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The handlers of adapters, which choose their twin as they are imported, call by the one under test."""
    if "twin" in request.fixturenames:
        twin = request.getfixturevalue("twin")
        monkeypatch.setattr(AsgiHandler, "_call", staticmethod(twin("asgi.call").call))
        monkeypatch.setattr(WsgiHandler, "_new_call", staticmethod(twin("wsgi.call").new_call))


@pytest.fixture(params=["uvloop", "asyncio"], scope="session")
def loop_factory(request: pytest.FixtureRequest) -> Callable[[], asyncio.AbstractEventLoop]:
    if request.param == "asyncio":
        return asyncio.new_event_loop
    return pytest.importorskip("uvloop", reason="no uvloop on this platform").new_event_loop


@pytest.fixture(scope="session")
def server_class(twin: Twin) -> type[Server]:
    """The Server whose connections are of the twin under test."""
    engine = Engine(
        twin("core.service").new_service,
        twin("http1.connection").new_connection,
        twin("net.tls").new_tls,
        twin("core.dispatch").prepare,
    )
    return type(f"{twin.name.title()}Server", (Server,), {"engine": engine})


@pytest.fixture
def serve(
    server_class: type[Server], loop_factory: Callable[[], asyncio.AbstractEventLoop]
) -> Iterator[Callable[..., Server]]:
    """Starts servers: `serve(handler, **config)` runs one on 127.0.0.1 until the test is over, and returns it."""
    with ExitStack() as stack:

        def start(handler: Callable[..., object], *, grace: float = 5.0, **config: object) -> Server:
            server = server_class(handler, config=Config(**config))
            background = server.background(host="127.0.0.1", port=0, grace=grace, loop_factory=loop_factory)
            return stack.enter_context(background)

        yield start


@pytest.fixture
def connect() -> Iterator[Callable[[Server], Client]]:
    """Opens raw connections to servers, and closes them when the test is over."""
    with ExitStack() as stack:
        yield lambda server: stack.enter_context(Client(server.port))


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Leftovers(), "leftovers")
