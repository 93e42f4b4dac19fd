"""What options of uvicorn, gunicorn, hypercorn and granian are called here."""

from __future__ import annotations

__all__ = ["advice"]

_LISTENING = "here that is --host and --port, --uds or --fd"
_WORKERS = "here that is --workers"
_LOGGERS = "set up the loggers fastresp and fastresp.access in the program"
_PROXY = "none here: the address is the socket's"
_FOREGROUND = "none here: leave that to systemd or the container"
_RESTART = "none here; with --workers, SIGHUP loads the code again"

_ADVICE = {
    "-b": _LISTENING,
    "--bind": _LISTENING,
    "--address": _LISTENING,
    "--insecure-bind": _LISTENING,
    "--unix-socket": "here that is --uds",
    "-w": _WORKERS,
    "-k": "here that is --interface, and --loop",
    "--worker-class": "here that is --interface, and --loop",
    "--http": "there is one, of our own",
    "--event-loop": "here that is --loop",
    "--runtime-threads": "none here: one thread serves; see --workers",
    "--blocking-threads": "here that is --threads, of WSGI applications",
    "--worker-connections": "here that is --max-connections, of each worker",
    "--limit-concurrency": "here that is --max-connections, of each worker",
    "--backpressure": "here that is --max-connections, of each worker",
    "--timeout-keep-alive": "here that is --keep-alive-timeout",
    "--keep-alive": "here that is --keep-alive-timeout",
    "--http1-keep-alive": "none here: connections are kept for --keep-alive-timeout",
    "--timeout-graceful-shutdown": "here that is --grace",
    "--graceful-timeout": "here that is --grace",
    "--shutdown-timeout": "here that is --grace",
    "--workers-kill-timeout": "here that is --grace",
    "-t": "none for handlers; see --head-timeout, --body-timeout and --write-timeout for clients",
    "--timeout": "none for handlers; see --head-timeout, --body-timeout and --write-timeout for clients",
    "--read-timeout": "here that is --head-timeout and --body-timeout",
    "--certfile": "here that is --ssl-certfile",
    "--ssl-certificate": "here that is --ssl-certfile",
    "--keyfile": "here that is --ssl-keyfile",
    "--ssl-keyfile-password": "none here: decrypt the key, or give run() a context",
    "--ca-certs": "none here: give run() a context",
    "--ssl-ca-certs": "none here: give run() a context",
    "--ssl-cert-reqs": "none here: give run() a context",
    "--ciphers": "none here: give run() a context",
    "--ssl-ciphers": "none here: give run() a context",
    "--ssl-version": "none here: give run() a context",
    "--access-logfile": "here that is --access-log, to stderr",
    "--access-log-format": _LOGGERS,
    "--error-logfile": _LOGGERS,
    "--log-file": _LOGGERS,
    "--log-level": _LOGGERS,
    "--log-config": _LOGGERS,
    "--use-colors": "none here",
    "--no-use-colors": "none here",
    "--limit-request-line": "here that is --max-url-size",
    "--limit-request-fields": "here that is --max-header-count",
    "--limit-request-field_size": "here that is --max-header-field-size",
    "--h11-max-incomplete-event-size": "here that is --max-header-size",
    "--no-server-header": "none is sent unless --server-header gives it",
    "--header": "none here: the handler says its fields",
    "--lifespan": "none here: it is found out",
    "--ws": "none here",
    "--chdir": "here that is --app-dir, which changes no directory",
    "--url-path-prefix": "here that is --root-path",
    "--preload": "none here: each worker imports for itself",
    "--reload": _RESTART,
    "--reload-dir": _RESTART,
    "--max-requests": _RESTART,
    "--limit-max-requests": _RESTART,
    "--backlog": "none here: it is 2048",
    "--reuse-port": "none here: --workers share the port",
    "--proxy-headers": _PROXY,
    "--no-proxy-headers": _PROXY,
    "--forwarded-allow-ips": _PROXY,
    "--proxy-protocol": _PROXY,
    "-c": "here that is the command line, or the environment",
    "--config": "here that is the command line, or the environment",
    "-D": _FOREGROUND,
    "--daemon": _FOREGROUND,
    "-p": _FOREGROUND,
    "--pid": _FOREGROUND,
    "-u": _FOREGROUND,
    "--user": _FOREGROUND,
    "-g": _FOREGROUND,
    "--group": _FOREGROUND,
}


def advice(option: str) -> str:
    """What to say to one who knows this option, "-w" or "--bind", from elsewhere; "" for an option of no one."""
    found = _ADVICE.get(option) or (not option.startswith("--") and _ADVICE.get(option[:2]))  # -w4
    return found or ""
