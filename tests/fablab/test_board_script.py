"""The script that keeps the wall board fresh, driven in a real browser on made-up answers."""

from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.e2e
SCRIPT = Path(settings.BASE_DIR, "fablab", "static", "js", "board.js").read_text(encoding="utf-8")
PAGE = """<!doctype html><html lang="fr"><body>
<div id="board" data-poll-url="/part" data-poll-seconds="0.1" data-offline-text="Hors ligne depuis {time}">first</div>
<script src="/board.js"></script></body></html>"""


class Server:
    """Answers as told, and remembers the tags it was asked with."""

    def __init__(self, page: Page) -> None:
        self.status, self.body, self.asked = 200, "second", []
        page.route("http://board.test/", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        page.route(
            "http://board.test/board.js", lambda route: route.fulfill(body=SCRIPT, content_type="text/javascript")
        )
        page.route("http://board.test/part", self.answer)
        page.goto("http://board.test/")

    def answer(self, route: Route) -> None:
        self.asked.append(route.request.headers.get("if-none-match"))
        if self.status == 0:
            return route.abort()
        if self.status == 200 and self.asked[-1] == f'"{self.body}"':
            return route.fulfill(status=304, headers={"ETag": f'"{self.body}"'})
        return route.fulfill(status=self.status, body=self.body, headers={"ETag": f'"{self.body}"'})


def test_new_content_replaces_the_old_and_the_same_is_not_sent_again(desktop: Page) -> None:
    server = Server(desktop)
    expect(desktop.locator("#board")).to_have_text("second")
    desktop.wait_for_timeout(350)
    assert server.asked[:3] == [None, '"second"', '"second"']
    expect(desktop.locator("#board")).to_have_text("second")
    expect(desktop.get_by_role("status")).to_be_hidden()


@pytest.mark.parametrize("status", [0, 500, 403])
def test_a_failure_keeps_the_last_content_says_since_when_and_recovers(desktop: Page, status: int) -> None:
    server = Server(desktop)
    expect(desktop.locator("#board")).to_have_text("second")
    server.status, server.body = status, "an error page"
    expect(desktop.get_by_role("status")).to_contain_text("Hors ligne depuis ")
    expect(desktop.locator("#board")).to_have_text("second")
    server.status, server.body = 200, "third"
    expect(desktop.locator("#board")).to_have_text("third")
    expect(desktop.locator("p[role=status]")).to_be_hidden()


def test_it_asks_less_often_while_failing(desktop: Page) -> None:
    server = Server(desktop)
    server.status = 500
    desktop.wait_for_timeout(2500)
    assert 2 <= len(server.asked) <= 7


def test_what_somebody_types_is_not_thrown_away(desktop: Page) -> None:
    server = Server(desktop)
    server.body = '<input id="who" aria-label="who">'
    desktop.locator("#who").fill("Yan")
    server.body = "third"
    desktop.wait_for_timeout(400)
    assert desktop.locator("#who").input_value() == "Yan"
    desktop.locator("#who").blur()
    expect(desktop.locator("#board")).to_have_text("third")
