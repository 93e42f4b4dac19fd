"""An application on fastpysgi: `with_fastpysgi.py MODULE:NAME PROFILE PORT [CERTIFICATE KEY]`.

Its limit of 10 MB for a request's content is raised for the uploads.
"""

from __future__ import annotations

import importlib
import sys

import fastpysgi


def main(application: str, _profile: str, port: str, *certificate: str) -> None:
    server = fastpysgi.server
    server.max_content_length = 32 << 20
    if certificate:
        server.tls_list = [(*certificate, None)]
    module, _, name = application.partition(":")
    fastpysgi.run(getattr(importlib.import_module(module), name), "127.0.0.1", int(port))


if __name__ == "__main__":
    main(*sys.argv[1:])
