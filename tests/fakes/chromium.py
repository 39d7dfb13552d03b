"""Debian's Chromium, headless, with a fake camera and microphone: how every test and bench starts it."""

import shutil

from playwright.sync_api import Browser, Playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
)


def executable() -> str:
    """Where the browser is. Raises RuntimeError with one sentence when there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome-stable"):
        if path := shutil.which(name):
            return path
    raise RuntimeError("no Chromium on this machine: install the Debian package chromium")


def launch(playwright: Playwright, *more: str) -> Browser:
    """The browser, for playwright's synchronous API."""
    return playwright.chromium.launch(executable_path=executable(), args=[*FLAGS, *more])
