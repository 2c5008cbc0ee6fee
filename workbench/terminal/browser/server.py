"""Serves the screen to browsers: a web page with a terminal, and a separate process for every visitor.

The pages, the websocket and downloads lie below a secret path; requests without it are refused. The page loads
nothing from other hosts, which its Content-Security-Policy also forbids.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import shlex
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from textual_serve.app_service import AppService
from textual_serve.server import Server

from engine.errors import EngineError
from workbench.terminal.browser import textual_serve_private

PAGE = Path(__file__).with_name("index.html")

POLICY = "default-src 'self' 'unsafe-inline' data:; connect-src 'self'; frame-ancestors 'none'; form-action 'none'"
"""The Content-Security-Policy: a browser may load only this server's own files."""

CLOSING_SECONDS = 2.0
"""Seconds that open connections may last after the server ends."""

LEAVING_SECONDS = 10.0
"""Seconds that a visitor's process may take to save after its visitor has left."""


def new_token() -> str:
    """Return a new secret for the address."""
    return secrets.token_urlsafe(24)


def is_loopback(host: str) -> bool:
    """Return whether a host name or an address can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def command(arguments: Sequence[str]) -> str:
    """Return the shell command that starts a visitor's process."""
    return "exec " + shlex.join([sys.executable, "-m", "workbench", "open", "--browser", *arguments])


class Visitor(AppService):
    """A visitor's process: waited for after its visitor has left, and killed if it does not end by itself."""

    async def stop(self) -> None:
        """Tell the process to exit, and wait until it has."""
        process = textual_serve_private.process(self)
        if process is None:
            return
        try:
            async with asyncio.timeout(LEAVING_SECONDS):
                await super().stop()
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def application(token: str, arguments: Sequence[str]) -> web.Application:
    """Return the web application below ``/token/``; ``arguments`` are passed to each visitor's process."""
    textual_serve_private.serve_with(Visitor)
    served = Server(command(arguments))
    inner = web.Application()
    inner.add_routes(
        [
            web.get("/", _page),
            web.get("/ws", served.handle_websocket),
            web.get("/download/{key}", served.handle_download),
            web.static("/static", served.statics_path),
        ]
    )
    outer = web.Application(middlewares=[_guard(token)])
    outer.add_subapp(f"/{token}", inner)
    return outer


def serve(host: str, port: int, arguments: Sequence[str], ready: Callable[[str], object]) -> None:
    """Serve until a signal ends it; ``ready`` is called with the address once it can be opened.

    Port 0 is any free port. Raises EngineError if the address cannot be listened on.
    """
    token = new_token()
    listening = _listen(host, port)
    taken = listening.getsockname()[1]
    shown = in_address(host)
    logging.getLogger("textual-serve").setLevel(logging.WARNING)

    async def started(_: web.Application) -> None:
        ready(f"http://{shown}:{taken}/{token}/")

    app = application(token, arguments)
    app.on_startup.append(started)
    web.run_app(app, sock=listening, print=None, access_log=None, shutdown_timeout=CLOSING_SECONDS)


def in_address(host: str) -> str:
    """Return the host for a URL: this machine's name if the server listens on all addresses."""
    if host in ("0.0.0.0", "::"):
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError, UnicodeError) as error:
        raise EngineError(f"cannot serve on {host}, port {port}: {error}") from error


def _guard(token: str) -> Middleware:
    """Return middleware that refuses paths without the token and sends the Content-Security-Policy."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.path.removeprefix("/").partition("/")[0]
        if not hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()):
            raise web.HTTPForbidden(text="The address lacks its secret part: open the one that was shown.\n")
        if request.path == f"/{token}":
            raise web.HTTPFound(f"/{token}/")
        return await handler(request)

    return guard


async def _page(_: web.Request) -> web.StreamResponse:
    headers = {
        "Content-Security-Policy": POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return web.FileResponse(PAGE, headers=headers)
