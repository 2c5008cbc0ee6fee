"""A headless Chromium, driven through its DevTools protocol: a page, its keys, its requests and its terminal."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pyte
from aiohttp import ClientSession, ClientWebSocketResponse

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome-headless-shell")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--window-size=1280,800")


def installed() -> str | None:
    """The path of a Chromium on this machine; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """A page: what it asks for, and what its terminal is sent, which a terminal of our own shows."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self.requests: list[str] = []
        self.screen = pyte.Screen(142, 42)
        self._stream = pyte.ByteStream(self.screen)

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    async def call(self, method: str, **parameters: Any) -> None:
        """Call a method of the protocol, and wait for its answer."""
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": parameters})
        while (await self._next()).get("id") != self._number:
            pass

    async def open(self, address: str) -> None:
        """Open an address."""
        await self.call("Network.enable")
        await self.call("Page.navigate", url=address)

    async def press(self, keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            await self.call("Input.dispatchKeyEvent", type="keyDown", text=key, key=key)
            await self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def shows(self, words: str) -> None:
        """Wait until the terminal shows words."""
        async with asyncio.timeout(120):
            while words not in self.text:
                await self._next()

    async def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = await self._socket.receive_json()
        found = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(found["request"]["url"])
        elif message.get("method") == "Network.webSocketCreated":
            self.requests.append(found["url"])
        elif message.get("method") == "Network.webSocketFrameReceived" and found["response"]["opcode"] == 2:
            self._stream.feed(base64.b64decode(found["response"]["payloadData"]))
        return message


@asynccontextmanager
async def browsing(path: str, folder: Path) -> AsyncIterator[Page]:
    """A page of a fresh Chromium that keeps its files in ``folder``."""
    process = await asyncio.create_subprocess_exec(
        path,
        *OPTIONS,
        f"--user-data-dir={folder}",
        "about:blank",
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stderr is not None
    try:
        line = b""
        while b"DevTools listening on " not in line:
            line = await process.stderr.readline()
            assert line, "Chromium has not started"
        debugger = line.split()[-1].decode().replace("ws://", "http://").split("/devtools")[0]
        async with ClientSession() as session:
            async with session.get(f"{debugger}/json") as answer:
                targets = json.loads(await answer.text())
            address = next(one["webSocketDebuggerUrl"] for one in targets if one["type"] == "page")
            async with session.ws_connect(address, max_msg_size=0) as socket:
                yield Page(socket)
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # its helpers too, which hold the pipe open
        await process.communicate()
