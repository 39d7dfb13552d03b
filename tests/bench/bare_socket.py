"""The competitor on the wire: a WebSocket on loopback whose text one page paints, and nothing else."""

import asyncio
import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

_PAGE = """<!doctype html><title>bare</title><table><tbody id="rows"></tbody></table><script>
bench.watchRows();
new WebSocket(`ws://${location.host}/stream`).onmessage = ({ data }) => requestAnimationFrame(() => {
  const { id, text } = JSON.parse(data);
  const row = document.createElement("tr");
  row.dataset.readingId = id;
  row.textContent = text;
  document.getElementById("rows").prepend(row);
});
</script>"""
_TEXT = "Saturation 97 % · Pouls 72 /min · Indice de perfusion 3,12 %"
PERIOD_S = 0.5


@dataclass
class BareSocket:
    """`sent` maps each text's id to the time (time.time(), s) when it was written."""

    url: str = ""
    sent: dict[str, float] = field(default_factory=dict)

    async def page(self, _request: web.Request) -> web.Response:
        return web.Response(text=_PAGE, content_type="text/html")

    async def stream(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        while not socket.closed:
            await asyncio.sleep(PERIOD_S * random.uniform(0.5, 1.5))  # at any phase of the screen's refresh
            name = f"bare-{len(self.sent)}"
            self.sent[name] = time.time()
            await socket.send_str(json.dumps({"id": name, "text": _TEXT}))
        return socket


@contextmanager
def bare_socket() -> Iterator[BareSocket]:
    """Serves in a thread of its own until the block ends."""
    server, loop, ready = BareSocket(), asyncio.new_event_loop(), threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        app = web.Application()
        app.add_routes([web.get("/", server.page), web.get("/stream", server.stream)])
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
