"""h11 as a strict reader: it raises on what RFC 9112 does not allow, and shows interim answers and trailers."""

from __future__ import annotations

import h11
import pytest
from client import Client
from clients.application import ANSWERS


class Reader:
    """A connection on which h11 reads every byte of the server's."""

    def __init__(self, port: int) -> None:
        self.client = Client(port)
        self.h11 = h11.Connection(h11.CLIENT)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.socket.close()

    def ask(self, target: str, method: str = "GET", body: bytes = b"", *fields: tuple[str, str]) -> None:
        headers = [("Host", "test"), *fields]
        if body:
            headers.append(("Content-Length", str(len(body))))
        self.client.send(self.h11.send(h11.Request(method=method, target=target, headers=headers)))
        if body:
            self.client.send(self.h11.send(h11.Data(data=body)))
        self.client.send(self.h11.send(h11.EndOfMessage()))

    def events(self) -> list[h11.Event]:
        """All events of the next answer, interim ones first."""
        found: list[h11.Event] = []
        while not found or type(found[-1]) not in (h11.EndOfMessage, h11.ConnectionClosed):
            event = self.h11.next_event()
            if event is h11.NEED_DATA:
                self.h11.receive_data(self.client.socket.recv(65536))
            else:
                assert event is not h11.PAUSED
                found.append(event)
        return found

    def next_cycle(self) -> None:
        self.h11.start_next_cycle()


def check(events: list[h11.Event], path: str, method: str = "GET") -> h11.Response:
    """Compares the events of one answer with what was to arrive; gives back the final response."""
    expected = ANSWERS[path]
    interim = [event for event in events if isinstance(event, h11.InformationalResponse)]
    assert [event.status_code for event in interim] == expected.interim
    assert all(isinstance(event, h11.InformationalResponse) for event in events[: len(interim)])
    response = events[len(interim)]
    assert isinstance(response, h11.Response)
    assert response.status_code == expected.status
    fields = dict(response.headers)
    assert fields.get(b"content-type") == (expected.mime_type.encode() if expected.mime_type else None)
    assert len({name for name, _ in response.headers}) == len(response.headers)
    body = b"".join(bytes(event.data) for event in events if isinstance(event, h11.Data))
    assert body == (b"" if method == "HEAD" else expected.body)
    end = events[-1]
    assert isinstance(end, h11.EndOfMessage)
    trailers = [(name.decode(), value.decode()) for name, value in end.headers]
    assert trailers == ([] if method == "HEAD" else expected.trailers)
    if expected.status not in (204, 304):
        assert (b"content-length" in fields) == expected.sized
        assert (b"transfer-encoding" in fields) == (not expected.sized)
    return response


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer(port, log, path, method):
    with Reader(port) as reader:
        for _ in range(2):
            reader.ask(path, method)
            check(reader.events(), path, method)
            if path == "/fault":
                log.expect("ZeroDivisionError")
            reader.next_cycle()


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_before_a_close(port, log, path):
    with Reader(port) as reader:
        reader.ask(path, "GET", b"", ("Connection", "close"))
        response = check(reader.events(), path)
        assert (b"connection", b"close") in response.headers
        if path == "/fault":
            log.expect("ZeroDivisionError")
        assert reader.client.rest() == b""
        reader.h11.receive_data(b"")
        assert isinstance(reader.h11.next_event(), h11.ConnectionClosed)


def test_all_on_one_connection(port, log):
    with Reader(port) as reader:
        for path in ANSWERS:
            reader.ask(path)
            check(reader.events(), path)
            reader.next_cycle()
    log.expect("ZeroDivisionError")


def test_all_in_one_pipeline(port, log):
    """h11 reads one answer at a time; what follows is its trailing data."""
    with Reader(port) as reader:
        requests = b"".join(b"GET %b HTTP/1.1\r\nHost: test\r\n\r\n" % path.encode() for path in ANSWERS)
        reader.client.send(requests)
        for path in ANSWERS:
            reader.h11.send(h11.Request(method="GET", target=path, headers=[("Host", "test")]))
            reader.h11.send(h11.EndOfMessage())
            check(reader.events(), path)
            reader.next_cycle()
    log.expect("ZeroDivisionError")


@pytest.mark.parametrize("path", [path for path, expected in ANSWERS.items() if not expected.interim])
def test_http_1_0(port, log, path):
    """To an HTTP/1.0 client: no chunks, no trailers, and an end by length or with the connection."""
    expected = ANSWERS[path]
    with Reader(port) as reader:
        reader.client.send(b"GET %b HTTP/1.0\r\n\r\n" % path.encode())
        raw = reader.client.rest()
    if path == "/fault":
        log.expect("ZeroDivisionError")
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method="GET", target=path, headers=[("Host", "test")]))
    reader.send(h11.EndOfMessage())
    reader.receive_data(raw)
    reader.receive_data(b"")
    response = reader.next_event()
    assert isinstance(response, h11.Response)
    assert response.status_code == expected.status
    names = {name for name, _ in response.headers}
    assert (b"connection", b"close") in response.headers
    assert names.isdisjoint({b"transfer-encoding", b"trailer"})
    assert (b"content-length" in names) == (expected.sized and expected.status not in (204, 304))
    body = b""
    while isinstance(event := reader.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    assert body == expected.body


def test_interim_fields(port):
    with Reader(port) as reader:
        reader.ask("/hints")
        interim = reader.events()[0]
        assert interim.headers == [(b"link", b"</style.css>; rel=preload")]


def test_continue(port):
    with Reader(port) as reader:
        headers = [("Host", "test"), ("Content-Length", "4"), ("Expect", "100-continue")]
        reader.client.send(reader.h11.send(h11.Request(method="POST", target="/echo", headers=headers)))
        assert reader.h11.they_are_waiting_for_100_continue is False
        while (event := reader.h11.next_event()) is h11.NEED_DATA:
            reader.h11.receive_data(reader.client.socket.recv(65536))
        assert isinstance(event, h11.InformationalResponse)
        assert event.status_code == 100
        reader.client.send(reader.h11.send(h11.Data(data=b"body")) + reader.h11.send(h11.EndOfMessage()))
        events = reader.events()
        assert [bytes(event.data) for event in events if isinstance(event, h11.Data)] == [b"body"]


def test_refusals(port):
    for bad, status in ((b"rubbish\r\n\r\n", 400), (b"GET / HTTP/3.0\r\n\r\n", 505), (b"GET / HTTP/1.1\r\n\r\n", 400)):
        with Reader(port) as reader:
            reader.client.send(bad)
            raw = reader.client.rest()
        strict = h11.Connection(h11.CLIENT)
        strict.send(h11.Request(method="GET", target="/", headers=[("Host", "test")]))
        strict.send(h11.EndOfMessage())
        strict.receive_data(raw)
        strict.receive_data(b"")
        response = strict.next_event()
        assert response.status_code == status
        assert dict(response.headers)[b"connection"] == b"close"
        assert isinstance(strict.next_event(), h11.Data)
        assert isinstance(strict.next_event(), h11.EndOfMessage)
        assert isinstance(strict.next_event(), h11.ConnectionClosed)
