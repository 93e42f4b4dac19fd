"""Quart: what its users do, on one page."""

from __future__ import annotations

import asyncio

from page import FILE, LARGE, PIECES, WAIT, digest, of_scope
from quart import Quart, Response, current_app, jsonify, redirect, request, send_file, session

app = Quart(__name__)
app.secret_key = "only of a test"  # noqa: S105
released, worked, left = asyncio.Event(), asyncio.Event(), asyncio.Event()


@app.while_serving
async def lifespan():
    app.greeting = "hello"
    yield


@app.get("/")
async def home():
    return current_app.greeting, {"content-type": "text/plain"}


@app.route("/scope/<path:rest>", methods=["GET", "POST"])
async def scope(rest):
    return jsonify(of_scope(request.scope))


@app.post("/form")
async def form():
    form = await request.form
    return jsonify(name=form["name"], tags=form.getlist("tag"))


@app.post("/upload")
async def upload():
    file = (await request.files)["file"]
    return jsonify(digest(file.filename, file.read(), (await request.form)["note"]))


@app.post("/echo")
async def echo():
    return Response([piece async for piece in request.body], mimetype="application/octet-stream")


@app.put("/json")
async def json():
    return jsonify(got=await request.get_json())


@app.get("/stream")
async def stream():
    async def pieces():
        for piece in PIECES:
            yield piece

    return pieces(), {"content-type": "text/plain"}


@app.get("/quiet")
async def quiet():
    async def pieces():
        yield PIECES[0]
        await asyncio.wait_for(released.wait(), WAIT)
        yield PIECES[1]

    return pieces(), {"content-type": "text/plain"}


@app.post("/release")
async def release():
    released.set()
    return "", 204


@app.get("/endless")
async def endless():
    async def pieces():
        try:
            while True:
                yield PIECES[0]
                await asyncio.sleep(0.01)
        finally:
            left.set()

    return pieces()


@app.get("/left")
async def has_left():
    await asyncio.wait_for(left.wait(), WAIT)
    return "yes"


@app.get("/large")
async def large():
    return Response(LARGE, mimetype="application/octet-stream")


@app.get("/file")
async def file():
    return await send_file(FILE, conditional=True)


@app.post("/background")
async def background():
    async def work():
        worked.set()

    app.add_background_task(work)
    return "begun", 202


@app.get("/worked")
async def has_worked():
    await asyncio.wait_for(worked.wait(), WAIT)
    return "yes"


@app.get("/cookies")
async def cookies():
    response = Response(request.cookies.get("seen", "new"), mimetype="text/plain")
    response.set_cookie("seen", "yes", httponly=True)
    response.set_cookie("other", "b c", path="/x", samesite="Strict")
    return response


@app.get("/count")
async def count():
    session["count"] = session.get("count", 0) + 1
    return str(session["count"])


@app.get("/redirect")
async def elsewhere():
    return redirect("/?from=redirect", 303)


@app.get("/empty")
async def empty():
    return "", 204


@app.get("/fail")
async def fail():
    raise LookupError("what the application did wrong")


@app.get("/fail-late")
async def fail_late():
    async def pieces():
        yield PIECES[0]
        await asyncio.sleep(0)
        raise LookupError("what the application did wrong")

    return pieces()
