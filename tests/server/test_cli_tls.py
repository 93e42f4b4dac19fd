"""The command line's --ssl-certfile and --ssl-keyfile: HTTPS, and what is said of files that can't be used."""

from __future__ import annotations

import http.client
import subprocess
from pathlib import Path

import pytest
from server.clients import remarks


def get(port: int, context) -> tuple[int, bytes, str | None]:
    connection = http.client.HTTPSConnection("localhost", port, timeout=10, context=context)
    try:
        connection.request("GET", "/json")
        response = connection.getresponse()
        return response.status, response.read(), connection.sock.selected_alpn_protocol() if connection.sock else None
    finally:
        connection.close()


@pytest.fixture(params=["two files", "one file", "the environment"])
def arguments(request, certificate, tmp_path):
    if request.param == "two files":
        return {"arguments": ["--ssl-certfile", certificate.cert, "--ssl-keyfile", certificate.key]}
    if request.param == "one file":
        both = tmp_path / "both.pem"
        both.write_text(Path(certificate.cert).read_text() + Path(certificate.key).read_text())
        return {"arguments": ["--ssl-certfile", str(both)]}
    names = {"FASTRESP_SSL_CERTFILE": certificate.cert, "FASTRESP_SSL_KEYFILE": certificate.key}
    return {"arguments": [], "environment": names}


def test_https(spawn, arguments, certificate, loop_name):
    environment = arguments.get("environment", {})
    process = spawn(*arguments["arguments"], "--port", "0", "--loop", loop_name, environment=environment)
    port = int(process.wait_for(r"https://127\.0\.0\.1:(\d+)"))
    context = certificate.client
    context.set_alpn_protocols(["h2", "http/1.1"])
    for _ in range(3):
        status, body, protocol = get(port, context)
        assert (status, protocol) == (200, "http/1.1")
        assert body.startswith(b"{")
    assert process.stop() == 0
    assert remarks(process.popen.stderr.read()) == []


class TestFaults:
    def ended(self, process) -> tuple[int, str]:
        status, out, err = process.ended()
        assert out == ""
        assert err.count("\n") == 1, err
        return status, err.removeprefix("fastresp: ").rstrip("\n")

    def test_a_key_alone(self, spawn, certificate):
        words = "--ssl-keyfile is of no use without --ssl-certfile"
        assert self.ended(spawn("--ssl-keyfile", certificate.key)) == (2, words)

    def test_absent_files(self, spawn, certificate):
        words = "--ssl-certfile: can't read 'absent.pem': No such file or directory"
        assert self.ended(spawn("--ssl-certfile", "absent.pem")) == (1, words)
        words = "--ssl-keyfile: can't read 'absent.pem': No such file or directory"
        process = spawn("--ssl-certfile", certificate.cert, "--ssl-keyfile", "absent.pem")
        assert self.ended(process) == (1, words)

    def test_files_that_hold_something_else(self, spawn, certificate, tmp_path):
        (tmp_path / "text.pem").write_text("no certificate\n")
        for arguments in (["text.pem"], [certificate.cert], [certificate.cert, "--ssl-keyfile", "text.pem"]):
            status, words = self.ended(spawn("--ssl-certfile", *arguments))
            assert status == 1
            assert words.startswith(f"there is no certificate with its private key in '{arguments[0]}'")

    def test_an_encrypted_key(self, spawn, certificate, tmp_path):
        key = str(tmp_path / "encrypted.pem")
        command = ["openssl", "ec", "-aes128", "-passout", "pass:secret", "-in", certificate.key, "-out", key]
        subprocess.run(command, check=True, capture_output=True)
        status, words = self.ended(spawn("--ssl-certfile", certificate.cert, "--ssl-keyfile", key))
        assert status == 1
        assert words == f"the private key in {key!r} is encrypted, and there is nobody to ask: decrypt it"
