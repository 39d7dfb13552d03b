"""The physician's page: read once at start, served with strict headers. No other file can be asked for."""

from pathlib import Path

from aiohttp import web

from kiosk.rendezvous.errors import RendezvousError, RendezvousReason

CONTENT_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}

# `wss:` because a link may name a relay apart from the page. Nothing else leaves the page's own host.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self' wss:",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(self), microphone=(self), autoplay=(self), fullscreen=(self), "
        "display-capture=(), geolocation=(), payment=(), usb=(), serial=()"
    ),
}


class Page:
    """The files of the page, in memory."""

    def __init__(self, directory: Path) -> None:
        """Raises RendezvousError(PAGE_MISSING) when there is no index.html."""
        self._files = {
            path.relative_to(directory).as_posix(): path.read_bytes()
            for path in sorted(directory.rglob("*"))
            if path.is_file() and path.suffix in CONTENT_TYPES
        }
        if "index.html" not in self._files:
            raise RendezvousError(RendezvousReason.PAGE_MISSING, str(directory))

    async def handle(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name") or "index.html"
        body = self._files.get(name)
        if body is None:
            return web.Response(status=404, headers=HEADERS)
        content_type = CONTENT_TYPES[Path(name).suffix]
        charset = "utf-8" if content_type.startswith("text/") else None
        return web.Response(body=body, content_type=content_type, charset=charset, headers=HEADERS)
