"""Falcon: what its users do, on one page; `app` is its ASGI application, `wsgi` its WSGI one."""

from __future__ import annotations

import asyncio
import threading

import falcon
import falcon.asgi
from page import FILE, LARGE, PIECES, WAIT, digest, of_environ, of_scope

released, worked, left = asyncio.Event(), asyncio.Event(), asyncio.Event()
worked_in_thread = threading.Event()


class Lifespan:
    async def process_startup(self, scope, event):
        Home.greeting = "hello"


class Home:
    greeting = "hello"

    async def on_get(self, req, resp):
        resp.text, resp.content_type = self.greeting, falcon.MEDIA_TEXT

    on_head = on_get


class Scope:
    async def on_get(self, req, resp, rest):
        resp.media = of_scope(req.scope)

    on_post = on_get


class Form:
    async def on_post(self, req, resp):
        form = await req.get_media()
        resp.media = {"name": form["name"], "tags": form["tag"]}


class Upload:
    async def on_post(self, req, resp):
        parts = {}
        async for part in await req.get_media():
            parts[part.name] = (part.filename, await part.stream.read())
        name, data = parts["file"]
        resp.media = digest(name, data, parts["note"][1].decode())


class Echo:
    async def on_post(self, req, resp):
        resp.data, resp.content_type = await req.stream.read(), "application/octet-stream"


class Json:
    async def on_put(self, req, resp):
        resp.media = {"got": await req.get_media()}


class Stream:
    async def on_get(self, req, resp):
        async def pieces():
            for piece in PIECES:
                yield piece

        resp.stream, resp.content_type = pieces(), falcon.MEDIA_TEXT

    on_head = on_get


class Quiet:
    async def on_get(self, req, resp):
        async def pieces():
            yield PIECES[0]
            await asyncio.wait_for(released.wait(), WAIT)
            yield PIECES[1]

        resp.stream, resp.content_type = pieces(), falcon.MEDIA_TEXT


class Release:
    async def on_post(self, req, resp):
        released.set()
        resp.status = 204


class Large:
    async def on_get(self, req, resp):
        resp.data, resp.content_type = LARGE, "application/octet-stream"


class Background:
    async def on_post(self, req, resp):
        async def work():
            worked.set()

        resp.schedule(work)
        resp.text, resp.content_type, resp.status = "begun", falcon.MEDIA_TEXT, 202


class Worked:
    async def on_get(self, req, resp):
        await asyncio.wait_for(worked.wait(), WAIT)
        resp.text, resp.content_type = "yes", falcon.MEDIA_TEXT


class Cookies:
    async def on_get(self, req, resp):
        resp.text, resp.content_type = req.cookies.get("seen", "new"), falcon.MEDIA_TEXT
        resp.set_cookie("seen", "yes", max_age=60, secure=False)
        resp.set_cookie("other", "b", path="/x")


class Redirect:
    async def on_get(self, req, resp):
        raise falcon.HTTPSeeOther("/?from=redirect")


class Empty:
    async def on_get(self, req, resp):
        resp.status = 204


class Fail:
    async def on_get(self, req, resp):
        raise LookupError("what the application did wrong")


class FailLate:
    async def on_get(self, req, resp):
        async def pieces():
            yield PIECES[0]
            raise LookupError("what the application did wrong")

        resp.stream, resp.content_type = pieces(), falcon.MEDIA_TEXT


ROUTES = {"/": Home, "/scope/{rest:path}": Scope, "/form": Form, "/upload": Upload, "/echo": Echo, "/json": Json}
ROUTES |= {"/stream": Stream, "/quiet": Quiet, "/release": Release, "/large": Large, "/background": Background}
ROUTES |= {"/worked": Worked, "/cookies": Cookies, "/redirect": Redirect, "/empty": Empty, "/fail": Fail}
ROUTES |= {"/fail-late": FailLate}

app = falcon.asgi.App(middleware=[Lifespan()])
for path, resource in ROUTES.items():
    app.add_route(path, resource())
app.add_static_route("/static", FILE.rpartition("/")[0])


class Plain:
    """The same of a WSGI application, as far as that differs from the other frameworks' here."""

    def on_get(self, req, resp):
        resp.text, resp.content_type = "hello", falcon.MEDIA_TEXT

    on_head = on_get


class Environ:
    def on_get(self, req, resp, rest):
        resp.media = of_environ(req.env)

    on_post = on_get


class Bounded:
    def on_post(self, req, resp):
        resp.data, resp.content_type = req.bounded_stream.read(), "application/octet-stream"


class Iterated:
    def on_get(self, req, resp):
        resp.stream, resp.content_type = iter(PIECES), falcon.MEDIA_TEXT


wsgi = falcon.App()
for path, resource in {"/": Plain, "/scope/{rest:path}": Environ, "/echo": Bounded, "/stream": Iterated}.items():
    wsgi.add_route(path, resource())
wsgi.add_static_route("/static", FILE.rpartition("/")[0])
