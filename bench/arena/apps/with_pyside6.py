"""The arena's answers by PySide6's QHttpServer: `with_pyside6.py PROFILE PORT [CERTIFICATE KEY]`.

A route in Python returns a str, which Qt takes for text/plain. Any other response has to be put in its place after the
request (`addAfterRequestHandler`): that is done where the profile needs it, and only there.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import content
import orjson
from PySide6.QtCore import QByteArray, QCoreApplication, QObject
from PySide6.QtHttpServer import QHttpServer, QHttpServerRequest, QHttpServerResponse
from PySide6.QtNetwork import (
    QHostAddress,
    QHttpHeaders,
    QSsl,
    QSslCertificate,
    QSslConfiguration,
    QSslKey,
    QSslServer,
    QTcpServer,
)

FILES = content.files()


def text(body: str):  # type: ignore[no-untyped-def]
    return lambda request: body


def add(request: QHttpServerRequest) -> str:
    query = request.query()
    total = int(query.queryItemValue("a")) + int(query.queryItemValue("b"))
    if request.method() == QHttpServerRequest.Method.Post:
        total += int(request.body().data())
    return str(total)


def document(request: QHttpServerRequest) -> str:
    made = content.document(int(request.url().path()[6:]), int(request.query().queryItemValue("m")))
    return orjson.dumps(made).decode()


def upload(request: QHttpServerRequest) -> str:
    return str(request.body().size())


def as_json(request: QHttpServerRequest, response: QHttpServerResponse) -> None:
    headers = QHttpHeaders()
    headers.append("content-type", "application/json")
    response.setHeaders(headers)


def as_file(request: QHttpServerRequest, response: QHttpServerResponse) -> None:
    file = FILES.get(request.url().path()[8:])
    if file is None:
        return
    headers = QHttpHeaders()
    headers.append("content-type", file.content_type)
    path = file.path
    if file.brotli and b"br" in request.value(b"accept-encoding").data():
        headers.append("content-encoding", "br")
        path = file.brotli
    made = QHttpServerResponse.fromFile(str(path))
    made.setHeaders(headers)
    response.swap(made)


def main(profile: str, port: str, *certificate: str) -> None:
    application = QCoreApplication([])
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    server = QHttpServer()
    configuration = server.configuration()
    configuration.setMaximumBodySize(32 << 20)
    server.setConfiguration(configuration)
    routes = {path: text(body.decode()) for path, body in content.TEXTS.items()}  # Qt keeps no reference to them
    routes |= {"/baseline11": add, "/json/[0-9]+": document, "/upload": upload, "/static/.+": text("")}
    for path, handler in routes.items():
        server.route(path, handler)
    context = QObject()
    if profile.startswith("json"):
        server.addAfterRequestHandler(context, as_json)
    elif profile == "static":
        server.addAfterRequestHandler(context, as_file)
    listener = secure(*certificate) if certificate else QTcpServer()
    listener.setListenBacklogSize(4096)
    if not listener.listen(QHostAddress("127.0.0.1"), int(port)) or not server.bind(listener):
        raise SystemExit(f"it can't listen on port {port}: {listener.errorString()}")
    application.exec()


def secure(certificate: str, key: str) -> QSslServer:
    configuration = QSslConfiguration.defaultConfiguration()
    configuration.setLocalCertificateChain(QSslCertificate.fromPath(certificate))
    configuration.setPrivateKey(QSslKey(QByteArray(Path(key).read_bytes()), QSsl.KeyAlgorithm.Ec))
    configuration.setAllowedNextProtocols([QByteArray(b"http/1.1")])
    server = QSslServer()
    server.setSslConfiguration(configuration)
    return server


if __name__ == "__main__":
    main(*sys.argv[1:])
