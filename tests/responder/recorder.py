"""A second implementation of the waist, which knows no protocol: it notes what it is told to send."""

from __future__ import annotations

from connection.fake import Transport

from fastresp import Config

GET, HEAD, CONNECT = b"GET", b"HEAD", b"CONNECT"
UNSTATED, CHUNKED = -1, -2


class Place:
    """Where a handler's task is counted."""

    has_ended = False

    def end_work(self):
        self.has_ended = True


def recorder_of(twin):
    """The recorder on top of a twin's Exchange."""
    answers = twin("core.answer")

    class link_class(twin("core.link").Link):
        """What a protocol does with it is not noted: only how a session comes to its end."""

        def __init__(self, exchange, session):
            self.exchange, self.session, self.paused = exchange, session, False

    class Recorder(twin("core.exchange").Exchange):
        def __init__(self, service, request, method):
            self.service, self.request = service, request
            self.is_head, self.is_connect = method == HEAD, method == CONNECT
            self.begun = self.ended = self.gone = self.left = self.lost = self.dropped = False
            self.callbacks = self.link = self.progress = None
            self.events = []
            self.is_first = True
            self.blocked = None  # what a writer waits for
            self.woken = 0
            self.work = []

        def interim(self, status, fields):
            self.events.append(("interim", status, _lines(fields)))

        def respond(self, status, fields, content_type, length, data):
            self.events.append(("respond", status, _lines(fields), content_type, length, data))
            self.begun = True
            self._complete()

        def respond_ready(self, response, status, fields, length, data):
            self.respond(status, fields, None, length, data)

        def start(self, status, fields, content_type, length, trailer_names):
            self.events.append(("start", status, _lines(fields), content_type, length, trailer_names))
            self.begun = True

        def data(self, data):
            if data and not self.gone and not self.ended:
                self.events.append(("data", data))

        def finish(self, data, trailers):
            self.data(data)
            self.events.append(("finish", _lines(trailers)))
            self._complete()

        def may_upgrade(self):
            return self.request.headers.get("connection") == "upgrade"

        def upgrade(self, protocol, fields, session):
            self.events.append(("upgrade", protocol, _lines(fields)))
            self.begun = True
            self.link = link_class(self, session)
            return self.link

        def abort(self):
            if not self.ended:
                self.events.append(("abort",))
                self._complete()

        def is_next(self):
            return self.is_first

        def waiter(self):
            return self.blocked

        def wake(self):
            self.woken += 1

        def occupy(self, future):
            self.work.append(future)
            return True

        def begin_work(self):
            place = Place()
            self.work.append(place)
            return place

        def occupied_by(self, end):
            self.work.append(end)

        # -- what a protocol does beside

        def leave(self):
            """The client has closed its side."""
            self.left = True
            answers.tell_closed(self)

        def lose(self):
            """The client is gone."""
            self.gone = True
            answers.release(self)

        def _complete(self):
            self.ended = True
            answers.release(self)

    return Recorder


def _lines(fields):
    return b"" if fields is None else fields[0]


def request_of(twin, method=GET, lines=b""):
    """A request of this method with these field lines."""
    parser = twin("http1.parser").new_parser(Config())
    target = b"a:1" if method == CONNECT else b"/"
    parser.feed(method + b" " + target + b" HTTP/1.1\r\nhost: a:1\r\n" + lines + b"\r\n")
    parser.next()
    peer = twin("core.request").new_peer(Transport(), False, None)
    return twin("http1.requests").new_request(parser, peer, None)


def dispatched(twin, loop, handler, method=GET, lines=b"", services=None):
    """The recorder that has noted what `handler` does with a request. `services` keeps that of each handler."""
    service = None if services is None else services.get(handler)
    if service is None:
        service = twin("core.service").new_service(handler, Config(), loop)
        if services is not None:
            services[handler] = service
    request = request_of(twin, method, lines)
    exchange = recorder_of(twin)(service, request, method)
    twin("core.dispatch").dispatch(service, exchange, request)
    return exchange
