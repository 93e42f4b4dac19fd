"""Django: what its users do, on one page; `app` is its ASGI application, `wsgi` its WSGI one."""

from __future__ import annotations

import asyncio
import os
import threading

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIRequest
from django.core.wsgi import get_wsgi_application
from django.http import FileResponse, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.http import StreamingHttpResponse as Streaming
from django.middleware.csrf import get_token
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from page import FILE, LARGE, PIECES, WAIT, digest, of_environ, of_scope

if not settings.configured:
    settings.configure(
        SECRET_KEY="only of a test",  # noqa: S106
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        DATA_UPLOAD_MAX_MEMORY_SIZE=1 << 20,
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        STATIC_URL="static/",
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.gzip.GZipMiddleware",
            "django.middleware.http.ConditionalGetMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
        ],
        WHITENOISE_ROOT=os.path.dirname(FILE),
    )
    django.setup(set_prefix=False)

released, worked, left = threading.Event(), threading.Event(), threading.Event()


def text(content, **options):
    return HttpResponse(content, content_type="text/plain", **options)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "OPTIONS"])
def home(request):
    return text("hello")


@csrf_exempt
def scope(request, rest):
    return JsonResponse(of_scope(request.scope) if isinstance(request, ASGIRequest) else of_environ(request.environ))


@csrf_exempt
def form(request):
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    return JsonResponse({"name": request.POST["name"], "tags": request.POST.getlist("tag")})


@csrf_exempt
def upload(request):
    file = request.FILES["file"]
    return JsonResponse(digest(file.name, file.read(), request.POST["note"]))


@csrf_exempt
def echo(request):
    return HttpResponse(request.body, content_type="application/octet-stream")


@csrf_exempt
def json(request):
    from json import loads

    return JsonResponse({"got": loads(request.body)})


def protected(request):
    return text("posted" if request.method == "POST" else get_token(request) and "token")


async def stream(request):
    async def pieces():
        for piece in PIECES:
            yield piece

    return Streaming(pieces() if isinstance(request, ASGIRequest) else iter(PIECES), content_type="text/plain")


def quiet(request):
    async def pieces():
        yield PIECES[0]
        await asyncio.to_thread(released.wait, WAIT)
        yield PIECES[1]

    def synchronous():
        yield PIECES[0]
        released.wait(WAIT)
        yield PIECES[1]

    return Streaming(pieces() if isinstance(request, ASGIRequest) else synchronous(), content_type="text/plain")


@csrf_exempt
def release(request):
    released.set()
    return HttpResponse(status=204)


async def endless(request):
    async def pieces():
        try:
            while True:
                yield PIECES[0]
                await asyncio.sleep(0.01)
        finally:
            left.set()

    return Streaming(pieces(), content_type="text/plain")


async def has_left(request):
    return text("yes" if await asyncio.to_thread(left.wait, WAIT) else "no")


def file(request):
    return FileResponse(open(FILE, "rb"))


@csrf_exempt
def background(request):
    response = text("begun", status=202)
    close = response.close

    def closed():
        close()
        worked.set()

    response.close = closed
    return response


async def has_worked(request):
    return text("yes" if await asyncio.to_thread(worked.wait, WAIT) else "no")


def cookies(request):
    response = text(request.COOKIES.get("seen", "new"))
    response.set_cookie("seen", "yes", httponly=True)
    response.set_cookie("other", "b c", path="/x", samesite="Strict")
    return response


def count(request):
    request.session["count"] = request.session.get("count", 0) + 1
    return text(str(request.session["count"]))


def redirect(request):
    response = HttpResponseRedirect("/?from=redirect")
    response.status_code = 303
    return response


async def fail(request):
    raise LookupError("what the application did wrong")


def fail_late(request):
    async def pieces():
        yield PIECES[0]
        raise LookupError("what the application did wrong")

    def synchronous():
        yield PIECES[0]
        raise LookupError("what the application did wrong")

    return Streaming(pieces() if isinstance(request, ASGIRequest) else synchronous(), content_type="text/plain")


urlpatterns = [
    path("", home),
    re_path("^scope/(.*)$", scope),
    path("form", form),
    path("upload", upload),
    path("echo", echo),
    path("json", json),
    path("protected", protected),
    path("stream", stream),
    path("quiet", quiet),
    path("release", release),
    path("endless", endless),
    path("left", has_left),
    path("large", lambda request: HttpResponse(LARGE, content_type="application/octet-stream")),
    path("file", file),
    path("background", background),
    path("worked", has_worked),
    path("cookies", cookies),
    path("count", count),
    path("redirect", redirect),
    path("empty", lambda request: HttpResponse(status=204)),
    path("fail", fail),
    path("fail-late", fail_late),
]
app = get_asgi_application()
wsgi = get_wsgi_application()
