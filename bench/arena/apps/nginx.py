"""The floor for files: nginx with one worker: `nginx.py CONSTANT PORT`; its configuration goes to the current folder.

`return 200` with this constant text everywhere, but for /static/, which is read from disk for each request: sendfile
off, and a .gz beside a file is served to who accepts it (Debian's nginx-light has no brotli).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"
CONFIGURATION = """
daemon off; master_process off; pid nginx.pid; error_log stderr warn;
worker_rlimit_nofile 16384;
events {{ worker_connections 8192; use epoll; multi_accept on; }}
http {{
  access_log off; sendfile off; tcp_nodelay on; keepalive_requests 1000000000; default_type text/plain;
  client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp; uwsgi_temp_path temp; scgi_temp_path temp;
  types {{
    text/css css; text/html html; text/javascript js; application/json json; image/svg+xml svg; image/webp webp;
    font/woff2 woff2;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ return 200 "{constant}"; }}
    location /static/ {{ alias {static}/; gzip_static on; }}
  }}
}}
"""


def main(constant: str, port: str) -> None:
    folder = Path.cwd()
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(port=port, constant=constant, static=DATA / "static"))
    os.execlp("nginx", "nginx", "-p", str(folder), "-c", str(file), "-e", "stderr")


if __name__ == "__main__":
    main(*sys.argv[1:])
