"""Headless Chromium, driven by Playwright, that talks to loopback only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from tests.services import program

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
PHONE = {"width": 360, "height": 740}
TABLET = {"width": 1024, "height": 768}
DESKTOP = {"width": 1280, "height": 800}


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run Chromium for the length of a block."""
    executable = program("chromium", "/usr/bin", "/usr/lib/chromium", install="chromium")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop on the thread of the tests
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened_page(browser: Browser, size: dict[str, int], *, scripts: bool = True, dark: bool = False) -> Iterator[Page]:
    """Open a page of a French visitor in Paris, with cookies of its own."""
    context = browser.new_context(
        viewport=size,
        locale="fr-FR",
        timezone_id="Europe/Paris",
        java_script_enabled=scripts,
        has_touch=size in (PHONE, TABLET),
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",  # a colour that is still changing has no contrast to measure
    )
    try:
        page = context.new_page()
        page.set_default_timeout(15_000)
        yield page
    finally:
        context.close()
