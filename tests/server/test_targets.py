"""Options of the command line about its target: what is served, and what is said of a wrong one."""

from __future__ import annotations

import pytest
from server.clients import get

APP = """
async def asgi(scope, receive, send):
    text = f"{scope['root_path']} {scope['path']} {scope['raw_path'].decode()}"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": text.encode()})

def wsgi(environ, start_response):
    start_response("200 OK", [])
    return [f"{environ['SCRIPT_NAME']} {environ['PATH_INFO']}".encode("latin-1")]

def native(request, responder):
    responder.write(b"native")

def make_asgi():
    return asgi

class Makes:
    @staticmethod
    def wsgi():
        return wsgi

    def native(self=None):
        return native

def make_nothing():
    "Forgets its return."

def make_badly():
    raise LookupError("no settings")

def leave():
    raise SystemExit(3)

async def make_late():
    return asgi

number = 5
"""


@pytest.fixture
def app(tmp_path):
    (tmp_path / "app.py").write_text(APP)


def check_failure(process, status, line):
    ended, printed, told = process.ended()
    assert (ended, printed, told.count("\n")) == (status, "", 1)
    assert told.startswith(f"fastresp: {line}")


class TestFactory:
    @pytest.mark.parametrize(
        ("target", "interface"), [("make_asgi", "asgi"), ("Makes.wsgi", "wsgi"), ("Makes.native", "native")]
    )
    def test_each_interface(self, spawn, app, target, interface):
        process = spawn(f"app:{target}", "--factory", "--port=0")
        port = process.port()
        assert process.wait_for(r"^interface: (\w+)") == interface
        assert get(port, "/x")[0] == 200
        assert process.stop() == 0

    def test_in_each_worker(self, spawn, app):
        process = spawn("app:make_asgi", "--port=0", "--workers=2", environment={"FASTRESP_FACTORY": "yes"})
        assert get(process.port(), "/x")[1] == b" /x /x"
        assert process.stop() == 0

    @pytest.mark.parametrize(
        ("target", "line", "status"),
        [
            ("make_nothing", "the factory 'app:make_nothing' returned None, which is nothing to serve", 2),
            ("make_badly", "the factory 'app:make_badly' failed: LookupError: no settings (", 1),
            ("leave", "the factory 'app:leave' failed: SystemExit: 3 (", 1),
            ("asgi", "the factory 'app:asgi' is a coroutine function: there is no loop yet that could run it", 2),
            ("make_late", "the factory 'app:make_late' is a coroutine function", 2),
            ("native", "the factory 'app:native' failed: TypeError: native() missing 2 required", 1),
            ("number", "the target 'app:number' is no factory: it can't be called", 2),
        ],
    )
    def test_one_that_is_none(self, spawn, app, target, line, status):
        check_failure(spawn(f"app:{target}", "--factory"), status, line)

    def test_is_not_guessed(self, spawn, app):
        line = "the target takes no arguments: if it returns what is to be served, say so by --factory"
        check_failure(spawn("app:make_asgi"), 2, line)


class TestTraceback:
    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_of_an_import(self, spawn, tmp_path, workers):
        (tmp_path / "app.py").write_text("def settings():\n    return {}['key']\n\nsettings()\n")
        process = spawn("app", "--port=0", "--traceback", "--workers", workers)
        status, _, told = process.ended()
        assert status == 1
        assert "return {}['key']" in told
        assert "fastresp: importing 'app' failed: KeyError: 'key' (" in told
        assert "KeyError: 'key'\n" in told

    def test_of_a_factory(self, spawn, app):
        _, _, told = spawn("app:make_badly", "--factory", "--traceback").ended()
        assert told.startswith("Traceback (most recent call last):\n")
        assert told.count("LookupError: no settings\n") == 1

    def test_of_a_wrong_command_line(self, spawn, app):
        check_failure(spawn("app:nothing", "--traceback"), 1, "the target 'app:nothing': module 'app' has no attribute")


class TestAppDir:
    @pytest.mark.parametrize("folder", ["site", "./site/", "{here}/site"])
    def test_the_module_is_there(self, spawn, tmp_path, folder):
        (tmp_path / "site").mkdir()
        (tmp_path / "site" / "app.py").write_text(APP)
        (tmp_path / "app.py").write_text("raise LookupError('not this one')")
        process = spawn("app:native", "--port=0", "--app-dir", folder.format(here=tmp_path))
        assert get(process.port(), "/") == (200, b"native")
        assert process.stop() == 0

    def test_a_directory_that_is_not_there(self, spawn, app):
        check_failure(spawn("app:native", "--app-dir=elsewhere"), 2, "--app-dir: there is no directory 'elsewhere'")

    def test_a_module_that_is_not_there(self, spawn, tmp_path):
        (tmp_path / "site").mkdir()
        line = "the target 'app:native': No module named 'app', in 'site' or where Python looks"
        check_failure(spawn("app:native", "--app-dir=site"), 1, line)


class TestEnvFile:
    def test_it_sets_what_is_not_set(self, spawn, tmp_path):
        """For the application, and for fastresp itself, whose command line wins."""
        (tmp_path / "app.py").write_text(
            "import os\n\n"
            "def handle(request, responder):\n"
            "    responder.write(' '.join(os.environ[name] for name in ('A', 'B', 'C')))\n"
        )
        lines = "A=here", "B='two words'", "export C=${A}", "FASTRESP_PORT=1"
        (tmp_path / ".env").write_text("\n".join(lines))
        process = spawn("app", "--port=0", "--env-file", ".env", environment={"A": "outside"})
        assert get(process.port(), "/") == (200, b"outside two words outside")
        assert process.stop() == 0

    def test_in_each_worker(self, spawn, tmp_path):
        (tmp_path / "app.py").write_text(
            "import os\n\ndef handle(request, responder):\n    responder.write(os.environ['NAME'])\n"
        )
        (tmp_path / "env").write_text("NAME=here\nFASTRESP_WORKERS=2\n")
        process = spawn("app", "--port=0", "--env-file=env")
        port = process.port()
        assert process.wait_for(r"^workers: (\d)") == "2"
        assert get(port, "/") == (200, b"here")
        assert process.stop() == 0

    def test_one_that_is_none(self, spawn, tmp_path):
        check_failure(spawn("--env-file=none"), 1, "--env-file: can't read 'none': No such file or directory")
        (tmp_path / "binary").write_bytes(b"A=\xff")
        check_failure(spawn("--env-file=binary"), 1, "--env-file: can't read 'binary': 'utf-8' codec can't decode")
        (tmp_path / "env").write_text("FASTRESP_PORT=many")
        check_failure(spawn("--env-file=env"), 2, "FASTRESP_PORT takes a port number")

    def test_without_the_package_that_reads_it(self, spawn, tmp_path):
        (tmp_path / "dotenv.py").write_text("raise ImportError")
        (tmp_path / "env").write_text("")
        check_failure(spawn("--env-file=env"), 1, "--env-file is read by python-dotenv: python -m pip install ")


class TestRootPath:
    @pytest.mark.parametrize(
        ("target", "body"),
        [("asgi", "/ä/v1 /ä/v1/x y /%C3%A4/v1/x%20y".encode()), ("wsgi", "/ä/v1 /x y".encode())],
    )
    def test_each_interface(self, spawn, app, target, body):
        process = spawn(f"app:{target}", "--port=0", "--root-path", "/ä/v1")
        assert get(process.port(), "/x%20y") == (200, body)
        assert process.stop() == 0

    def test_of_a_native_handler(self, spawn, app):
        line = "--root-path is for ASGI and WSGI applications, and the target's interface is native"
        check_failure(spawn("app:native", "--root-path=/api"), 2, line)

    @pytest.mark.parametrize("path", ["api", "/", "/api/", "/a?b", "/a#b", "/a%20b", "/a b", "/a\tb"])
    def test_one_that_is_none(self, spawn, app, path):
        line = "--root-path begins with a slash and ends without one, decoded, like /api, not "
        check_failure(spawn("app:asgi", f"--root-path={path}"), 2, line)
