"""The server for browsers: who is refused, what a page may load, and a session through its websocket."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pyte
import pytest
from aiohttp import ClientSession, WSMsgType
from aiohttp.test_utils import TestClient, TestServer

from engine.errors import EngineError
from engine.runs import RunStore
from tests.engine.fake_runs import recorded
from tests.workbench.commanding import Workbench, finish, start
from workbench.terminal.browser import server

TOKEN = "a-secret"
FAKE = [sys.executable, "-m", "tests.workbench.terminal.fake_screen", "--browser"]


@asynccontextmanager
async def visiting() -> AsyncIterator[TestClient[Any, Any]]:
    """A visitor of a server on loopback."""
    async with TestClient(TestServer(server.application(TOKEN, ["imdb"]))) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/ws",
        "/static/js/textual.js",
        "/download/x",
        "/a-secre/",
        "/a-secretx/ws",
        "/%C3%A9/",
    ],
)
async def test_nothing_is_served_without_the_token(path: str) -> None:
    async with visiting() as client:
        found = await client.get(path)
        assert found.status == 403
        assert "lacks its secret part" in await found.text()


async def test_a_request_without_a_path_is_refused() -> None:
    async with visiting() as client:
        reader, writer = await asyncio.open_connection(client.host, client.port)
        writer.write(b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 403 ")
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    ("host", "shown"), [("::1", "[::1]"), ("127.0.0.1", "127.0.0.1"), ("localhost", "localhost")]
)
def test_the_address_names_the_host(host: str, shown: str) -> None:
    assert server.in_address(host) == shown


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_the_address_names_this_machine_where_all_its_addresses_are_served(host: str) -> None:
    assert server.in_address(host) == socket.gethostname()


async def test_the_websocket_is_refused_without_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.Visitor, "start", lambda *_: pytest.fail("a process was started"))
    async with visiting() as client:
        for path in ("/ws?width=80&height=24", "/wrong/ws"):
            found = await client.get(path, headers={"Upgrade": "websocket", "Connection": "Upgrade"})
            assert found.status == 403


async def test_the_page_loads_nothing_from_elsewhere() -> None:
    async with visiting() as client:
        page = await client.get(f"/{TOKEN}/")
        assert page.status == 200
        assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert page.headers["Referrer-Policy"] == "no-referrer"
        text = await page.text()
        assert re.findall(r"https?:|//\w", text.replace("// ", "")) == []
        for name in re.findall(r'"(static/[^"]+)"', text):
            assert (await client.get(f"/{TOKEN}/{name}")).status == 200, name
        assert (await client.get(f"/{TOKEN}", allow_redirects=False)).headers["Location"] == f"/{TOKEN}/"


async def test_every_visitor_has_a_process_that_draws_the_screen_and_delivers_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = RunStore()
    run = recorded(store)
    store.close()
    monkeypatch.setattr(server, "command", lambda _: "exec " + shlex.join(FAKE))
    async with visiting() as client:
        screen = pyte.Screen(120, 30)
        stream = pyte.ByteStream(screen)
        messages: list[Any] = []
        async with client.ws_connect(f"/{TOKEN}/ws?width=120&height=30") as socket:

            async def until(words: str) -> None:
                while words not in "\n".join(screen.display) + json.dumps(messages):
                    message = await socket.receive(timeout=60)
                    assert message.type in (WSMsgType.BINARY, WSMsgType.TEXT), message
                    if message.type == WSMsgType.BINARY:
                        stream.feed(message.data)
                    else:
                        messages.append(message.json())

            await until("160,305")
            await socket.send_json(["stdin", "2"])
            await until("5 of 5 epochs")
            await socket.send_json(["stdin", "w"])
            await until("the curves, for a spreadsheet")
            await socket.send_json(["stdin", "csv\r"])
            await until("deliver_file_start")
            file = await client.get(f"/{TOKEN}/download/{messages[-1][1]}")
            assert file.headers["Content-Disposition"] == f"attachment; filename=run-{run}.csv"
            assert "val_loss" in (await file.text()).splitlines()[0]
            await socket.send_json(["stdin", "q"])
            while (await socket.receive(timeout=60)).type != WSMsgType.CLOSE:
                pass


async def test_the_command_prints_an_address_and_ends_with_ctrl_c() -> None:
    process = start("serve", "imdb", "--port", "0")
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{32}/", address)
        async with ClientSession() as visitor, visitor.get(address) as page:
            assert page.status == 200
        process.send_signal(signal.SIGINT)
        ended = finish(process)
        assert (ended.status, ended.out, ended.err) == (0, "", "")
    finally:
        process.kill()


def test_other_machines_are_let_in_only_when_told_and_warned_of(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(server, "serve", lambda *given, **_: asked.append(given))
    assert workbench("serve").err == ""
    warned = workbench("serve", "--host", "0.0.0.0", "--port", "80")
    assert "0.0.0.0 can be reached from other machines" in warned.err
    assert asked == [("127.0.0.1", 8000, []), ("0.0.0.0", 80, [])]
    for host, inside in (
        ("localhost", True),
        ("::1", True),
        ("127.3.2.1", True),
        ("10.0.0.1", False),
        ("x", False),
    ):
        assert server.is_loopback(host) is inside


def test_what_cannot_be_served_is_refused(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "imdb" in workbench("serve", "imbd").message
    assert "name a file" in workbench("serve", "-").message
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(EngineError, match="Address already in use"),
    ):
        server.serve("127.0.0.1", taken.getsockname()[1], [], print)
    with pytest.raises(EngineError, match="cannot serve on no such host"):
        server.serve("no such host", 0, [], print)
    monkeypatch.delitem(sys.modules, "workbench.terminal.browser.server")
    monkeypatch.delattr("workbench.terminal.browser.server")
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    assert workbench("serve").message.endswith("pip install 'training-workbench[serve]'")
