"""UNIX sockets: files and abstract names, stale files, and those of others."""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading

import pytest
from client import needs_unix

from fastresp import sockets

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="abstract names are Linux's own")


@needs_unix
class TestUnix:
    def test_listens(self, keep, tmp_path):
        sock, file = sockets.listen_unix(tmp_path / "s", 5)
        keep(sock)
        client = keep(socket.socket(socket.AF_UNIX))
        client.connect(str(tmp_path / "s"))
        assert sock.getblocking() is False
        assert file.path == str(tmp_path / "s")

    @pytest.mark.parametrize("kind", [str, os.fsencode, os.fspath])
    def test_paths_of_every_kind(self, keep, tmp_path, kind):
        sock, _ = sockets.listen_unix(kind(tmp_path / "sé"), 5)
        keep(sock)
        assert sock.getsockname() == str(tmp_path / "sé")

    def test_the_file_goes_with_remove(self, keep, tmp_path):
        sock, file = sockets.listen_unix(tmp_path / "s", 5)
        keep(sock)
        file.remove()
        assert not (tmp_path / "s").exists()
        file.remove()

    def test_a_file_that_is_not_ours_any_more_stays(self, keep, tmp_path):
        sock, file = sockets.listen_unix(tmp_path / "s", 5)
        keep(sock)
        (tmp_path / "s").unlink()
        (tmp_path / "s").write_text("another's")
        file.remove()
        assert (tmp_path / "s").read_text() == "another's"

    def test_a_relative_path_is_removed_from_where_it_was(self, keep, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        sock, file = sockets.listen_unix("s", 5)
        keep(sock)
        monkeypatch.chdir("/")
        file.remove()
        assert not (tmp_path / "s").exists()

    def test_a_stale_socket_file_is_replaced(self, keep, tmp_path):
        dead, _ = sockets.listen_unix(tmp_path / "s", 5)
        dead.close()
        assert (tmp_path / "s").exists()
        sock, _ = sockets.listen_unix(tmp_path / "s", 5)
        keep(sock)
        client = keep(socket.socket(socket.AF_UNIX))
        client.connect(str(tmp_path / "s"))

    def test_of_two_starts_at_a_stale_file_one_listens(self, keep, tmp_path, monkeypatch):
        path = tmp_path / "s"
        sockets.listen_unix(path, 5)[0].close()
        found: list[OSError | None] = []

        def start() -> None:
            try:
                keep(sockets.listen_unix(path, 5)[0])
            except OSError as error:
                found.append(error)
            else:
                found.append(None)

        second = threading.Thread(target=start)
        remove = sockets._remove_stale

        def as_another_starts(name: str) -> None:
            if threading.current_thread() is second:
                remove(name)
                return
            unlink = os.unlink
            with monkeypatch.context() as patch:

                def late(name: str) -> None:  # it has seen that nobody listens, and removes the file only now
                    patch.undo()
                    second.start()
                    second.join(0.03)  # it waits; without that it would listen by now
                    unlink(name)

                patch.setattr(os, "unlink", late)
                remove(name)

        monkeypatch.setattr(sockets, "_remove_stale", as_another_starts)
        start()
        second.join()
        assert len(found) == 2
        assert [error.errno for error in found if error is not None] == [errno.EADDRINUSE]

    def test_a_directory_that_others_lock_or_that_cannot_be_locked(self, keep, tmp_path, monkeypatch):
        fcntl = pytest.importorskip("fcntl")
        monkeypatch.setattr(sockets, "_LOCK_PAUSE", 0.0)
        held = os.open(tmp_path, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            keep(sockets.listen_unix(tmp_path / "s", 5)[0])
        finally:
            os.close(held)

        def no_locks(*_) -> None:
            raise OSError(errno.ENOLCK, "no locks available")

        monkeypatch.setattr(fcntl, "flock", no_locks)
        keep(sockets.listen_unix(tmp_path / "t", 5)[0])

    def test_a_live_one_is_in_use(self, keep, tmp_path):
        path = tmp_path / "s"
        keep(sockets.listen_unix(path, 5)[0])
        with pytest.raises(OSError, match="in use") as caught:
            sockets.listen_unix(path, 5)
        assert caught.value.errno == errno.EADDRINUSE
        assert caught.value.strerror == f"unix:{path} is in use: another program listens there"
        assert path.exists()

    def test_a_live_one_with_a_full_queue_is_in_use(self, keep, tmp_path):
        path = str(tmp_path / "s")
        keep(sockets.listen_unix(path, 0)[0])
        for _ in range(4):
            client = keep(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
            try:
                client.connect(path)
            except BlockingIOError:
                break
        with pytest.raises(OSError, match="in use"):
            sockets.listen_unix(path, 5)

    def test_another_kind_of_file_is_left_alone(self, tmp_path):
        path = tmp_path / "s"
        path.write_text("a letter")
        with pytest.raises(OSError, match="not a socket") as caught:
            sockets.listen_unix(path, 5)
        assert caught.value.strerror == f"unix:{path} can't be listened on: there is a file that is not a socket"
        assert path.read_text() == "a letter"

    def test_a_directory_that_is_not_there(self, tmp_path):
        path = tmp_path / "no" / "s"
        with pytest.raises(FileNotFoundError) as caught:
            sockets.listen_unix(path, 5)
        assert caught.value.strerror == f"unix:{path} can't be listened on: there is no directory {path.parent}"

    def test_a_path_that_is_too_long(self, tmp_path):
        path = tmp_path / ("s" * 200)
        with pytest.raises(OSError, match="too long") as caught:
            sockets.listen_unix(path, 5)
        assert caught.value.strerror.startswith(f"unix:{path} can't be listened on: ")

    @pytest.mark.parametrize("path", ["", "\0", "a\0b", b""])
    def test_what_is_no_path(self, path):
        with pytest.raises(ValueError, match="a UNIX socket needs a path, not"):
            sockets.listen_unix(path, 5)

    @linux
    def test_an_abstract_name(self, keep):
        name = f"\0fastresp-test-{os.getpid()}"
        sock, file = sockets.listen_unix(name, 5)
        keep(sock)
        assert file is None
        assert sockets.url(sock) == f"unix:@{name[1:]}"
        keep(socket.socket(socket.AF_UNIX)).connect(name)
        with pytest.raises(OSError, match="in use") as caught:
            sockets.listen_unix(name, 5)
        assert caught.value.strerror == f"unix:@{name[1:]} is in use: another program listens there"
