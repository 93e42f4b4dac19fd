"""The command line, as real processes: what it prints, how it ends, and one clear line for what goes wrong."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys

import pytest
from client import needs_unix
from server.clients import REQUEST, connect, failing, get, read_all, remarks

from fastresp import cli, wire

APP = """
import asyncio
def handle(request, responder):
    responder.write(b"plain", "text/plain")
async def later(request, responder):
    await asyncio.sleep(0)
    responder.write(b"async", "text/plain")
class Site:
    @staticmethod
    def page(request, responder):
        responder.write(b"dotted", "text/plain")
site = Site()
kept = []
def hold(request, responder):
    kept.append(responder)
    print("held", flush=True)
def stuck(request, responder):
    print("stuck", flush=True)
    while True:
        pass
def one(request): ...
number = 5
"""


@pytest.fixture
def app(tmp_path):
    (tmp_path / "app.py").write_text(APP)


class TestServing:
    def test_the_welcome_page(self, spawn, loop_name):
        process = spawn("--port", "0", "--loop", loop_name)
        port = process.port()
        compiled = process.wait_for(r"^compiled: (.*)")
        assert process.wait_for(r"^loop: (\w+)") == loop_name
        assert "Ctrl-C" in process.wait_for(r"^stop: (.*)")
        if wire.compiled:
            assert re.fullmatch(r"yes \(.*status lines, .*parser.*\)", compiled)
        else:
            assert compiled == "no (pure Python)"
        status, body = get(port)
        assert status == 200
        assert b"<title>fastresp</title>" in body
        assert process.stop() == 0
        assert remarks(process.popen.stderr.read()) == []

    @pytest.mark.parametrize(
        ("target", "body"),
        [("app", b"plain"), ("app:handle", b"plain"), ("app:later", b"async"), ("app:site.page", b"dotted")],
    )
    def test_a_target(self, spawn, app, target, body):
        process = spawn(target, "--port", "0")
        assert f" serves {target} at http://127.0.0.1:" in process.wait_for(r"(.*http:.*)")
        port = int(process.lines[0].rpartition(":")[2])
        assert get(port) == (200, body)
        assert process.stop() == 0

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_ends_it_well(self, spawn, loop_name, number):
        process = spawn("--port", "0", "--loop", loop_name)
        process.port()
        assert process.stop(number) == 0
        assert remarks(process.popen.stderr.read()) == []

    def test_a_second_signal_ends_it_at_once(self, spawn, app, loop_name):
        process = spawn("app:hold", "--port", "0", "--grace", "600", "--loop", loop_name)
        port = process.port()
        with connect(port, REQUEST) as client:
            process.wait_for("(held)")
            process.popen.send_signal(signal.SIGTERM)
            while True:  # until the first one is heard: nobody listens any more
                try:
                    connect(port).close()
                except ConnectionRefusedError:
                    break
                except ConnectionResetError:
                    continue
            assert process.stop() == 0
            assert read_all(client) == b""

    def test_a_handler_that_blocks_the_loop_cannot_outlive_a_third_signal(self, spawn, app, loop_name):
        process = spawn("app:stuck", "--port", "0", "--loop", loop_name)
        with connect(process.port(), REQUEST):
            process.wait_for("(stuck)")
            while process.popen.poll() is None:  # signals that arrive together count as one
                process.popen.send_signal(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.popen.wait(0.02)
        assert process.popen.returncode == -signal.SIGTERM

    def test_grace(self, spawn, app):
        process = spawn("app:hold", "--port", "0", "--grace", "0.05")
        with connect(process.port(), REQUEST) as client:
            process.wait_for("(held)")
            assert process.stop() == 0
            assert read_all(client) == b""

    @needs_unix
    def test_a_unix_socket(self, spawn, app, tmp_path):
        process = spawn("app", "--uds", "s.sock")
        assert process.wait_for(r"(unix:\S+)") == "unix:s.sock"
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "s.sock"))
            client.sendall(REQUEST)
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        assert process.stop() == 0
        assert not (tmp_path / "s.sock").exists()

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="abstract names are Linux's own")
    def test_an_abstract_unix_socket(self, spawn, app):
        name = f"fastresp-cli-{os.getpid()}"
        process = spawn("app", "--uds", f"@{name}")
        assert process.wait_for(r"(unix:\S+)") == f"unix:@{name}"
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(f"\0{name}")
        assert process.stop() == 0

    def test_an_inherited_descriptor(self, spawn, app):
        with socket.create_server(("127.0.0.1", 0)) as outer:
            process = spawn("app", "--fd", str(outer.fileno()), pass_fds=[outer.fileno()])
            assert process.port() == outer.getsockname()[1]
            assert get(outer.getsockname()[1]) == (200, b"plain")
            assert process.stop() == 0

    def test_the_access_log(self, spawn, app):
        process = spawn("app", "--port", "0", "--access-log")
        assert get(process.port(), "/seen")[0] == 200
        assert process.stop() == 0
        (line,) = [line for line in process.popen.stderr.read().splitlines() if "access" in line]
        assert re.search(
            rf' INFO fastresp\.access\[{process.popen.pid}\]: 127\.0\.0\.1:\d+ "GET /seen HTTP/1\.1" 200 ', line
        )

    def test_logging_that_the_program_set_up_stays(self, spawn, tmp_path):
        (tmp_path / "own.py").write_text(
            "import logging\nlogging.basicConfig(level=logging.INFO, format='own %(message)s')\n" + APP
        )
        process = spawn("own", "--port", "0", "--access-log")
        assert get(process.port())[0] == 200
        assert process.stop() == 0
        assert process.popen.stderr.read().startswith("own ")

    def test_the_current_directory_comes_first(self, spawn, tmp_path):
        (tmp_path / "colorsys.py").write_text(APP)  # there is one in the standard library
        process = spawn("colorsys", "--port", "0")
        assert get(process.port()) == (200, b"plain")
        assert process.stop() == 0

    def test_stdout_that_nobody_reads(self, spawn):
        read, write = os.pipe()
        os.close(read)
        with socket.create_server(("127.0.0.1", 0)) as outer:
            process = spawn("--fd", str(outer.fileno()), pass_fds=[outer.fileno()], stdout=write)
            os.close(write)
            assert get(outer.getsockname()[1])[0] == 200
            assert process.stop() == 0
            assert remarks(process.popen.stderr.read()) == []

    @needs_unix
    @pytest.mark.parametrize("closed", ["0<&-", "1>&-", "0<&- 1>&- 2>&-"])
    def test_standard_files_that_are_closed(self, spawn, tmp_path, closed):
        process = spawn("--uds", "s.sock", redirections=closed)
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            while True:
                try:
                    client.connect(str(tmp_path / "s.sock"))
                    break
                except (FileNotFoundError, ConnectionRefusedError):
                    assert process.popen.poll() is None, process.popen.stderr.read()
            client.sendall(REQUEST)
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        assert process.stop() == 0


class TestTarget:
    @pytest.mark.parametrize("target", ["app:", ":handle", "app:a:b", "a b", "./app:handle", "app:1", "app..x", "/"])
    def test_bad_syntax(self, spawn, app, target):
        message = f"the target {target!r} is not module:name; for app.py and its handle, say app:handle"
        assert failing(spawn(target)) == (2, message)

    @pytest.mark.parametrize("target", ["app.py", "app.py:handle", "./app.py", "script"])
    def test_a_file(self, spawn, app, target, tmp_path):
        (tmp_path / "script").touch()
        hint = "but the name of a file; for app.py and its handle, say app:handle"
        assert failing(spawn(target)) == (2, f"the target {target!r} is not module:name, {hint}")

    def test_a_file_of_the_name_of_a_module(self, spawn, app, tmp_path):
        """As a script, or what was built of one, may have it."""
        (tmp_path / "app").touch()
        (tmp_path / "package").mkdir()
        (tmp_path / "package" / "wsgi.py").write_text("from app import handle")
        (tmp_path / "package.wsgi").touch()  # as mod_wsgi's are called
        for target in ("app:handle", "package.wsgi:handle"):
            process = spawn(target, "--port", "0")
            assert get(process.port()) == (200, b"plain")
            assert process.stop() == 0

    @pytest.mark.parametrize(
        ("target", "status", "message"),
        [
            ("nowhere", 1, "the target 'nowhere': No module named 'nowhere', here or where Python looks"),
            ("app.sub:x", 1, "the target 'app.sub:x': No module named 'app.sub'; 'app' is not a package, "),
            (
                "app:hando",
                1,
                "the target 'app:hando': module 'app' has no attribute 'hando'; did you mean 'handle'?",
            ),
            ("app:site.pag", 1, "the target 'app:site.pag': 'site' has no attribute 'pag'; did you mean 'page'?"),
            ("app:zzz", 1, "the target 'app:zzz': module 'app' has no attribute 'zzz'"),
            ("app:number", 1, "a handler is a function of (request, responder), not 5"),
            (
                "app:one",
                1,
                "a handler takes two positional arguments, (request, responder); this one is one(request)",
            ),
        ],
    )
    def test_not_there(self, spawn, app, target, status, message):
        found, text = failing(spawn(target, "--port", "0"))
        assert found == status
        assert text.startswith(message)

    @pytest.mark.parametrize(
        ("source", "message"),
        [
            ("x = 1\n1/0\n", "ZeroDivisionError: division by zero ({path}:2)"),
            ("import not_there\n", "ModuleNotFoundError: No module named 'not_there' ({path}:1)"),
            ("def f(:\n", "SyntaxError: invalid syntax ({path}:1)"),
            ("raise RuntimeError('two\\nlines')\n", "RuntimeError: two lines ({path}:1)"),
            ("raise SystemExit(3)\n", "SystemExit: 3 ({path}:1)"),
            ("assert False\n", "AssertionError ({path}:1)"),
        ],
    )
    def test_a_module_that_fails(self, spawn, tmp_path, source, message):
        (tmp_path / "bad.py").write_text(source)
        status, text = failing(spawn("bad:handle"))
        assert status == 1
        assert text == "importing 'bad' failed: " + message.format(path=tmp_path / "bad.py")


class TestAddress:
    def test_a_port_in_use(self, spawn, loop_name):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            assert failing(spawn("--port", str(port), "--loop", loop_name)) == (
                1,
                f"127.0.0.1:{port} is in use: another program listens there",
            )

    @needs_unix
    def test_a_unix_socket_in_use(self, spawn, tmp_path):
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(tmp_path / "s"))
            other.listen()
            assert failing(spawn("--uds", "s")) == (1, "unix:s is in use: another program listens there")

    def test_one_line_whatever_the_path(self, spawn):
        status, message = failing(spawn("--uds", "no\nwhere/s"))
        assert status == 1
        assert message == r"unix:no\nwhere/s can't be listened on: there is no directory no\nwhere"

    def test_a_path_that_is_no_text(self, spawn, tmp_path):
        process = spawn("--uds", os.fsdecode(b"s\xff"))
        assert process.wait_for(r"(unix:\S+)") == r"unix:s\udcff"
        assert process.stop() == 0

    def test_a_descriptor_that_is_not_open(self, spawn):
        assert failing(spawn("--fd", "77")) == (1, "file descriptor 77 is not open")


class TestEntryPoint:
    def test_main_returns_the_status(self, capfd):
        assert cli.main(["--bogus"]) == 2
        assert capfd.readouterr() == ("", "fastresp: unknown option --bogus (fastresp --help shows what there is)\n")

    def test_help_into_a_closed_pipe(self, spawn):
        read, write = os.pipe()
        os.close(read)
        process = spawn("--help", stdout=write)
        os.close(write)
        assert "Traceback" not in process.ended()[2]
