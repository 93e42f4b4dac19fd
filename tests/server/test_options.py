"""What the command line and the environment may say, and what is said of a wrong word."""

from __future__ import annotations

import os
import re
import socket
import sys

import pytest
from server.clients import failing, get

import fastresp
from fastresp.config import Config
from fastresp.options import read_options
from fastresp.target import Failure


class TestEnvironment:
    def test_options_come_from_it(self, spawn, tmp_path):
        (tmp_path / "app.py").write_text("def handle(request, responder):\n    responder.write(b'plain')\n")
        environment = {
            "FASTRESP_TARGET": "app",
            "FASTRESP_PORT": "0",
            "FASTRESP_ACCESS_LOG": "yes",
            "FASTRESP_GRACE": "1",
            "FASTRESP_HEAD_TIMEOUT": "",
        }
        process = spawn(environment=environment)
        assert get(process.port()) == (200, b"plain")
        assert process.stop() == 0
        assert "fastresp.access" in process.popen.stderr.read()

    def test_the_command_line_wins(self):
        environment = {"FASTRESP_PORT": "1", "FASTRESP_HOST": "::1", "FASTRESP_DATE_HEADER": "no", "OTHER": "x"}
        assert read_options(["--port", "2", "--date-header"], environment) == {
            "port": 2,
            "host": "::1",
            "date_header": True,
        }

    def test_an_ipv6_address_as_in_a_url(self):
        assert read_options(["--host", "[::1]"], {}) == {"host": "::1"}

    def test_an_address_replaces_an_address(self):
        environment = {"FASTRESP_PORT": "1", "FASTRESP_HOST": "::1"}
        assert read_options(["--uds", "s"], environment) == {"uds": "s"}
        assert read_options(["--port", "2"], {"FASTRESP_UDS": "s"}) == {"port": 2}

    def test_both_spellings_of_a_switch(self):
        assert read_options([], {"FASTRESP_NO_DATE_HEADER": "1"}) == {"date_header": False}
        assert read_options([], {"FASTRESP_DATE_HEADER": "off"}) == {"date_header": False}

    def test_the_switch_of_the_twins_is_no_option(self):
        assert read_options([], {"FASTRESP_NO_EXTENSIONS": "1"}) == {}

    @pytest.mark.parametrize(
        ("variable", "value", "message"),
        [
            ("PORT", "http", "FASTRESP_PORT takes a port number from 0 to 65535, not 'http'"),
            ("PORT", "65536", "FASTRESP_PORT takes a port number from 0 to 65535, not '65536'"),
            ("ACCESS_LOG", "maybe", "FASTRESP_ACCESS_LOG takes yes or no, not 'maybe'"),
            ("HEAD_TIMEOUT", "0", "FASTRESP_HEAD_TIMEOUT must be above zero, not 0.0"),
            ("GRACE", "nan", "FASTRESP_GRACE takes a number of seconds, not 'nan'"),
        ],
    )
    def test_bad_values_name_the_variable(self, spawn, variable, value, message):
        assert failing(spawn(environment={f"FASTRESP_{variable}": value})) == (2, message)

    def test_two_ways_of_listening(self):
        with pytest.raises(Failure, match=r"^FASTRESP_UDS and FASTRESP_PORT are two ways of listening; give one$"):
            read_options([], {"FASTRESP_UDS": "s", "FASTRESP_PORT": "1"})


class TestOptions:
    def test_one_for_each_field_of_config(self, spawn):
        status, out, err = spawn("--help").ended()
        assert (status, err) == (0, "")
        for name in Config.__dataclass_fields__:
            assert f"--{name.replace('_', '-')}" in out
        assert "--no-date-header" in out
        assert "Bytes of the request target. (default: 65536)" in re.sub(r"\s+", " ", out)

    def test_they_have_the_types_of_config(self):
        options = read_options(
            ["--keep-alive-timeout", "5", "--max-body-size=1000", "--no-date-header", "--server-header", "me"], {}
        )
        assert options == {
            "keep_alive_timeout": 5.0,
            "max_body_size": 1000,
            "date_header": False,
            "server_header": "me",
        }
        assert [type(value) for value in options.values()] == [float, int, bool, str]
        Config(**options)

    def test_version(self, spawn):
        status, out, err = spawn("--version").ended()
        assert (status, err) == (0, "")
        assert out == f"fastresp {fastresp.__version__}\n"

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--prot", "80"], "unknown option --prot; did you mean --port?"),
            (["--bind=0.0.0.0:80"], "unknown option --bind: here that is --host and --port, --uds or --fd"),
            (["app:app", "-b", "0.0.0.0:80"], "unknown option -b: here that is --host and --port, --uds or --fd"),
            (["app:app", "-w4"], "unknown option -w4: here that is --workers"),
            (["-w", "4", "app:app"], "unknown option -w: here that is --workers"),
            (["--timeout-graceful-shutdown", "5"], "unknown option --timeout-graceful-shutdown: here that is --grace"),
            (
                ["--grace", "1e10"],
                "--grace must be at most 1000000000, or inf, not 10000000000.0 (fastresp --help shows what there is)",
            ),
            (["--bogus=1"], "unknown option --bogus (fastresp --help shows what there is)"),
            (["a:b", "c:d"], "there is one TARGET, so what is 'c:d'? (fastresp --help shows what there is)"),
            (["--port"], "--port expected one argument (fastresp --help shows what there is)"),
            (
                ["--port", "x"],
                "--port takes a port number from 0 to 65535, not 'x' (fastresp --help shows what there is)",
            ),
            (
                ["--max-body-size", "-1"],
                "--max-body-size must be above zero, not -1 (fastresp --help shows what there is)",
            ),
            (
                ["--max-url-size", "1.5"],
                "--max-url-size takes a whole number, not '1.5' (fastresp --help shows what there is)",
            ),
            (
                ["--loop", "trio"],
                "--loop takes auto, uvloop or asyncio, not 'trio' (fastresp --help shows what there is)",
            ),
            (["--uds", "s", "--port", "80"], "--uds and --port are two ways of listening; give one"),
            (["--uds", "s", "--fd", "3"], "--uds and --fd are two ways of listening; give one"),
        ],
    )
    def test_a_wrong_command_line(self, spawn, arguments, message):
        assert failing(spawn(*arguments)) == (2, message)

    def test_a_server_header_that_must_not_be_sent(self, spawn):
        status, message = failing(spawn("--server-header", "a\nb"))
        assert status == 2
        assert message.startswith("--server-header ")


class TestSocketActivation:
    def test_one_socket(self):
        environment = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
        assert read_options([], environment) == {"fd": 3}
        assert read_options(["--port", "1"], environment) == {"port": 1}
        assert read_options([], {**environment, "LISTEN_PID": "1"}) == {}
        assert read_options([], {**environment, "LISTEN_FDS": "x"}) == {}

    def test_several(self):
        environment = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2"}
        with pytest.raises(Failure, match=r"^systemd passes 2 sockets, 3 to 4: say which one with --fd$"):
            read_options([], environment)
        assert read_options(["--fd", "4"], environment) == {"fd": 4}

    @pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_as_systemd_does_it(self, spawn, workers):
        with socket.create_server(("127.0.0.1", 0)) as outer:
            fd = outer.fileno()
            program = (
                f"import os, sys; os.dup2({fd}, 3); os.execve(sys.argv[1], sys.argv[1:], "
                "{**os.environ, 'LISTEN_FDS': '1', 'LISTEN_PID': str(os.getpid())})"
            )
            before = f'exec {sys.executable} -c "{program}" "$@";'
            process = spawn("--workers", workers, before=before, pass_fds=[fd])
            assert process.port() == outer.getsockname()[1]
            assert get(outer.getsockname()[1])[0] == 200
            assert process.stop() == 0


def test_every_option_that_is_named_exists():
    from fastresp import options, peers

    ours = {name for action in options._parser()._actions for name in action.option_strings}
    for option, text in peers._ADVICE.items():
        assert option not in ours
        assert set(re.findall(r"--[a-z-]+", text)) <= ours


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 here")
def test_a_host_that_has_no_ipv4(spawn):
    assert spawn("--host", "::", "--port", "0").wait_for("^note: (.*)").startswith(":: is every IPv6 address")
