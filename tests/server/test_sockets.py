"""An address in, listening sockets out, or a sentence that names the address."""

from __future__ import annotations

import errno
import os
import socket
import sys

import pytest
from client import needs_unix

from fastresp import sockets


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


class TestResolve:
    def test_an_address_is_itself(self):
        assert sockets.resolve("127.0.0.1", 80) == [(socket.AF_INET, ("127.0.0.1", 80))]

    def test_without_names_only_addresses_count(self):
        assert sockets.resolve("127.0.0.1", 80, names=False) == [(socket.AF_INET, ("127.0.0.1", 80))]
        assert sockets.resolve("localhost", 80, names=False) == []
        assert sockets.resolve(None, 80, names=False)

    @pytest.mark.parametrize("host", [None, ""])
    def test_no_host_is_every_interface(self, host):
        assert (socket.AF_INET, ("0.0.0.0", 80)) in sockets.resolve(host, 80)

    def test_no_address_comes_twice(self, monkeypatch):
        entry = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [entry, entry])
        assert sockets.resolve("localhost", 80) == [(socket.AF_INET, ("127.0.0.1", 80))]

    def test_unknown_host(self, monkeypatch):
        def unknown(*_, **__):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        with pytest.raises(OSError, match="nowhere") as caught:
            sockets.resolve("nowhere", 80)
        assert caught.value.strerror == "nowhere:80 can't be listened on: Name or service not known ('nowhere')"

    def test_a_host_that_is_no_name(self):
        with pytest.raises(OSError, match="not a host name"):
            sockets.resolve("a" * 70 + ".example", 80)

    @pytest.mark.parametrize(
        ("host", "port", "error", "message"),
        [
            ("127.0.0.1", -1, ValueError, "port must be from 0 to 65535, not -1"),
            ("127.0.0.1", 65536, ValueError, "port must be from 0 to 65535, not 65536"),
            ("127.0.0.1", True, TypeError, "port takes an int, not True"),
            ("127.0.0.1", "80", TypeError, "port takes an int, not '80'"),
            ("127.0.0.1", None, TypeError, "port takes an int, not None"),
            (b"127.0.0.1", 80, TypeError, "host takes a str or None, not b'127.0.0.1'"),
        ],
    )
    def test_what_is_no_host_or_port(self, host, port, error, message):
        with pytest.raises(error) as caught:
            sockets.resolve(host, port)
        assert str(caught.value) == message


class TestTcp:
    def test_listens_and_does_not_block(self, keep):
        (sock,) = sockets.listen_tcp(sockets.resolve("127.0.0.1", 0), 5)
        keep(sock)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        assert sock.getblocking() is False
        assert sock.get_inheritable() is False
        keep(socket.create_connection(sock.getsockname()))

    def test_accepted_sockets_send_small_pieces_at_once(self, keep):
        """asyncio sets TCP_NODELAY where a socket says that it is TCP's."""
        sock = keep(*sockets.listen_tcp([(socket.AF_INET, ("127.0.0.1", 0))], 5))
        assert sock.proto == socket.IPPROTO_TCP
        adopted = keep(sockets.adopt(keep(socket.create_server(("127.0.0.1", 0))), 5))
        assert adopted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    def test_port_0_is_the_same_port_on_every_address(self, keep):
        found = sockets.listen_tcp(
            [(socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_INET, ("127.0.0.2", 0))]
            if sys.platform.startswith("linux")
            else sockets.resolve(None, 0),
            5,
        )
        keep(*found)
        assert len({sock.getsockname()[1] for sock in found}) == 1

    def test_port_0_tries_again_where_the_second_address_has_it_taken(self, keep, monkeypatch):
        if not sys.platform.startswith("linux"):
            pytest.skip("needs a second loopback address")
        blocker = keep(socket.create_server(("127.0.0.2", 0)))
        taken = blocker.getsockname()[1]
        real, seen = sockets._listen_at, []

        def choose(family, address, backlog, reuse_port):
            if not seen:
                address = (address[0], taken)
            seen.append(address)
            return real(family, address, backlog, reuse_port)

        monkeypatch.setattr(sockets, "_listen_at", choose)
        found = sockets.listen_tcp([(socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_INET, ("127.0.0.2", 0))], 5)
        keep(*found)
        ports = {sock.getsockname()[1] for sock in found}
        assert len(ports) == 1
        assert taken not in ports

    def test_both_families_side_by_side(self, keep):
        if not has_ipv6():
            pytest.skip("this machine has no IPv6")
        found = sockets.listen_tcp(sockets.resolve(None, 0), 5)
        keep(*found)
        assert {sock.family for sock in found} == {socket.AF_INET, socket.AF_INET6}
        (six,) = (sock for sock in found if sock.family == socket.AF_INET6)
        assert six.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)

    def test_a_family_that_the_machine_lacks_is_left_out(self, keep, monkeypatch):
        real = sockets._listen_at

        def absent(family, address, backlog, reuse_port):
            if family == socket.AF_INET6:
                raise OSError(errno.EADDRNOTAVAIL, "absent")
            return real(family, address, backlog, reuse_port)

        monkeypatch.setattr(sockets, "_listen_at", absent)
        six = (socket.AF_INET6, ("::1", 0, 0, 0))
        (sock,) = sockets.listen_tcp([six, (socket.AF_INET, ("127.0.0.1", 0))], 5)
        keep(sock)
        assert sock.family == socket.AF_INET
        with pytest.raises(OSError, match="absent"):
            sockets.listen_tcp([six], 5)

    def test_in_use(self, keep):
        port = keep(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
        with pytest.raises(OSError, match="in use") as caught:
            sockets.listen_tcp([(socket.AF_INET, ("127.0.0.1", port))], 5)
        assert caught.value.errno == errno.EADDRINUSE
        assert caught.value.strerror == f"127.0.0.1:{port} is in use: another program listens there"

    def test_nothing_stays_open_when_one_address_fails(self, keep):
        port = keep(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
        before = len(os.listdir("/dev/fd"))
        with pytest.raises(OSError, match="in use"):
            sockets.listen_tcp([(socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_INET, ("127.0.0.1", port))], 5)
        assert len(os.listdir("/dev/fd")) == before

    def test_not_an_address_of_this_machine(self):
        with pytest.raises(OSError, match="no such address") as caught:
            sockets.listen_tcp(sockets.resolve("192.0.2.1", 8000), 5)  # RFC 5737: of nobody
        assert caught.value.strerror == "192.0.2.1:8000 can't be listened on: this machine has no such address"

    def test_permission_denied(self, monkeypatch):
        def refuse(sock, address):
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(socket.socket, "bind", refuse)
        with pytest.raises(PermissionError) as caught:
            sockets.listen_tcp(sockets.resolve("127.0.0.1", 80), 5)
        assert caught.value.strerror == "127.0.0.1:80 can't be listened on: permission denied"

    def test_reuse_port_shares(self, keep):
        if not hasattr(socket, "SO_REUSEPORT"):
            pytest.skip("no SO_REUSEPORT here")
        first = keep(*sockets.listen_tcp(sockets.resolve("127.0.0.1", 0), 5, reuse_port=True))
        port = first.getsockname()[1]
        second = keep(*sockets.listen_tcp(sockets.resolve("127.0.0.1", port), 5, reuse_port=True))
        assert second.getsockname()[1] == port

    def test_reuse_port_where_it_does_not_exist(self, monkeypatch):
        monkeypatch.delattr(socket, "SO_REUSEPORT", raising=False)
        with pytest.raises(ValueError, match="reuse_port does not exist on this system"):
            sockets.listen_tcp([], 5, reuse_port=True)

    def test_a_port_is_free_again_at_once(self, keep):
        (sock,) = sockets.listen_tcp(sockets.resolve("127.0.0.1", 0), 5)
        address = sock.getsockname()
        client = keep(socket.create_connection(address))
        sock.setblocking(True)
        served, _ = sock.accept()
        served.close()  # the server closes first, and so has the connection in TIME_WAIT
        client.recv(1)
        client.close()
        sock.close()
        keep(*sockets.listen_tcp([(socket.AF_INET, address)], 5))


class TestAdopted:
    def test_a_listening_descriptor(self, keep):
        outer = keep(socket.create_server(("127.0.0.1", 0)))
        sock = keep(sockets.adopt_fd(os.dup(outer.fileno()), 5))
        assert sock.family == socket.AF_INET
        assert sock.getsockname() == outer.getsockname()
        assert sock.getblocking() is False

    @needs_unix
    def test_no_program_inherits_it(self, keep):
        """One that the application starts would keep the address."""
        listening = keep(socket.create_server(("127.0.0.1", 0)))
        fd = os.dup(listening.fileno())
        os.set_inheritable(fd, True)
        assert not keep(sockets.adopt_fd(fd, 5)).get_inheritable()

    def test_the_family_is_found_out(self, keep, tmp_path):
        outer, _ = sockets.listen_unix(tmp_path / "s", 5)
        keep(outer)
        assert keep(sockets.adopt_fd(os.dup(outer.fileno()), 5)).family == socket.AF_UNIX

    def test_not_open(self):
        with pytest.raises(OSError, match="descriptor") as caught:
            sockets.adopt_fd(4095, 5)
        assert caught.value.strerror == "file descriptor 4095 is not open"

    def test_not_a_socket(self, tmp_path):
        with open(tmp_path / "f", "wb") as file:
            with pytest.raises(OSError, match="descriptor") as caught:
                sockets.adopt_fd(file.fileno(), 5)
            assert caught.value.strerror == f"file descriptor {file.fileno()} is not a socket"
            file.write(b"still open")

    @pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
    def test_not_listening(self, keep, kind):
        outer = keep(socket.socket(socket.AF_INET, kind))
        outer.bind(("127.0.0.1", 0))
        with pytest.raises(OSError, match="descriptor") as caught:
            sockets.adopt_fd(outer.fileno(), 5)
        assert caught.value.strerror == f"file descriptor {outer.fileno()} is not a listening stream socket"
        outer.getsockname()  # it was left alone

    @pytest.mark.parametrize(("fd", "error"), [(-1, ValueError), ("3", TypeError), (True, TypeError)])
    def test_what_is_no_descriptor(self, fd, error):
        with pytest.raises(error, match=r"^fd "):
            sockets.adopt_fd(fd, 5)

    def test_a_bound_socket_object_listens(self, keep):
        outer = keep(socket.socket())
        outer.bind(("127.0.0.1", 0))
        assert sockets.adopt(outer, 5) is outer
        assert outer.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)

    def test_what_is_no_socket_for_us(self, keep):
        with pytest.raises(TypeError, match=r"sock takes a socket.socket, not 3"):
            sockets.adopt(3, 5)
        with pytest.raises(ValueError, match="sock must be bound to an address"):
            sockets.adopt(keep(socket.socket()), 5)
        with pytest.raises(ValueError, match="sock must be a stream socket"):
            sockets.adopt(keep(socket.socket(type=socket.SOCK_DGRAM)), 5)
        closed = socket.socket()
        closed.close()
        with pytest.raises(ValueError, match="sock is closed"):
            sockets.adopt(closed, 5)


class TestUrl:
    def test_tcp(self, keep):
        sock = keep(socket.create_server(("127.0.0.1", 0)))
        port = sock.getsockname()[1]
        assert sockets.url(sock) == f"http://127.0.0.1:{port}"
        assert sockets.url(sock, secure=True) == f"https://127.0.0.1:{port}"

    def test_ipv6(self, keep):
        if not has_ipv6():
            pytest.skip("this machine has no IPv6")
        sock = keep(socket.create_server(("::1", 0), family=socket.AF_INET6))
        assert sockets.url(sock) == f"http://[::1]:{sock.getsockname()[1]}"

    @needs_unix
    def test_unix(self, keep, tmp_path):
        sock, _ = sockets.listen_unix(tmp_path / "s", 5)
        assert sockets.url(keep(sock)) == f"unix:{tmp_path}/s"
