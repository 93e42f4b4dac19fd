"""Flask: what its users do, on one page; `app` with whitenoise in front of it."""

from __future__ import annotations

import threading

from flask import Flask, Response, jsonify, redirect, request, send_file, session, stream_with_context
from page import FILE, LARGE, PIECES, WAIT, digest, of_environ
from whitenoise import WhiteNoise

app = Flask(__name__)
app.secret_key = "only of a test"  # noqa: S105
released, worked, left = threading.Event(), threading.Event(), threading.Event()


@app.get("/")
def home():
    return Response("hello", mimetype="text/plain")


@app.route("/scope/<path:rest>", methods=["GET", "POST"])
def scope(rest):
    return jsonify(of_environ(request.environ))


@app.post("/form")
def form():
    return jsonify(name=request.form["name"], tags=request.form.getlist("tag"))


@app.post("/upload")
def upload():
    file = request.files["file"]
    return jsonify(digest(file.filename, file.read(), request.form["note"]))


@app.post("/echo")
def echo():
    return Response(request.get_data(), mimetype="application/octet-stream")


@app.put("/json")
def json():
    return jsonify(got=request.json)


@app.get("/stream")
def stream():
    @stream_with_context
    def pieces():
        assert request.path == "/stream"
        yield from PIECES

    return Response(pieces(), mimetype="text/plain")


@app.get("/quiet")
def quiet():
    def pieces():
        yield PIECES[0]
        released.wait(WAIT)
        yield PIECES[1]

    return Response(pieces(), mimetype="text/plain")


@app.post("/release")
def release():
    released.set()
    return "", 204


@app.get("/endless")
def endless():
    def pieces():
        try:
            while not released.wait(0.01):
                yield PIECES[0] * 100
        finally:
            left.set()

    released.clear()
    return Response(pieces(), mimetype="text/plain")


@app.get("/left")
def has_left():
    return "yes" if left.wait(WAIT) else "no"


@app.get("/large")
def large():
    return Response(LARGE, mimetype="application/octet-stream")


@app.get("/file")
def file():
    return send_file(FILE, conditional=True)


@app.post("/background")
def background():
    response = Response("begun", status=202, mimetype="text/plain")
    response.call_on_close(worked.set)
    return response


@app.get("/worked")
def has_worked():
    return "yes" if worked.wait(WAIT) else "no"


@app.get("/cookies")
def cookies():
    response = Response(request.cookies.get("seen", "new"), mimetype="text/plain")
    response.set_cookie("seen", "yes", httponly=True)
    response.set_cookie("other", "b c", path="/x", samesite="Strict")
    return response


@app.get("/count")
def count():
    session["count"] = session.get("count", 0) + 1
    return str(session["count"])


@app.get("/redirect")
def elsewhere():
    return redirect("/?from=redirect", 303)


@app.get("/empty")
def empty():
    return "", 204


@app.get("/fail")
def fail():
    raise LookupError("what the application did wrong")


@app.get("/fail-late")
def fail_late():
    def pieces():
        yield PIECES[0]
        raise LookupError("what the application did wrong")

    return Response(pieces(), mimetype="text/plain")


app.wsgi_app = WhiteNoise(app.wsgi_app, root=FILE.rpartition("/")[0], prefix="/static")
