"""The words and pictures of the screens."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from fablab.templatetags import lab
from machines.models import Process

NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)  # Wednesday, noon in Paris
HALF_PAST = datetime(2026, 11, 25, 13, 30, tzinfo=UTC)
NAMED_ICONS = re.compile(r"""\{% (?:icon|pill "\w+"|nav_link "[^"]+") "([\w-]+)\"""")


def rendered(source: str, **context: object) -> str:
    return Template("{% load lab %}" + source).render(Context(context)).strip()


def test_an_icon_is_hidden_from_screen_readers() -> None:
    drawing = rendered('{% icon "printer" %}')
    assert drawing.startswith('<svg class="icon"')
    assert drawing.count('aria-hidden="true"') == 1


def test_an_unknown_icon_is_an_error_not_a_hole() -> None:
    with pytest.raises(KeyError, match="no-such-drawing"):
        rendered('{% icon "no-such-drawing" %}')


def test_every_icon_named_in_a_template_is_shipped() -> None:
    templates = list(Path(settings.BASE_DIR).glob("*/templates/**/*.html"))
    named = {name for path in templates for name in NAMED_ICONS.findall(path.read_text(encoding="utf-8"))}
    assert "printer" in named
    assert named - set(lab.icons()) == set()


@pytest.mark.parametrize(
    ("code", "shown"), [("", ""), ("abcd", "abcd"), ("01234567", "0123 4567"), ("abcdef", "abcd ef")]
)
def test_a_long_code_is_shown_in_groups_of_four(code: str, shown: str) -> None:
    assert rendered("{{ code|in_fours }}", code=code) == shown


def test_every_process_has_a_drawing_of_its_own() -> None:
    drawings = {process: rendered("{% machine_picture process %}", process=process) for process in Process.values}
    assert len(set(drawings.values())) == len(Process.values)
    assert rendered("{% machine_picture 'teleport' %}") not in drawings.values()


def test_drawings_carry_no_style_attribute() -> None:
    styled = [
        path.name
        for path in Path(settings.BASE_DIR, "fablab", "templates").rglob("*")
        if path.is_file() and re.search(r"\sstyle=|<style|<script(?![^>]*\ssrc=)", path.read_text(encoding="utf-8"))
    ]
    assert styled == []


@pytest.mark.parametrize("state", ["free", "reserved", "in_use", "paused", "down", "offline", "closed"])
def test_a_state_is_told_by_icon_word_and_colour(state: str) -> None:
    colour, _icon, word = lab.STATES[state]
    badge = rendered("{% state_badge state %}", state=state)
    assert badge.startswith(f'<span class="state {colour}"><svg')
    assert badge.endswith(f"</svg> {word}</span>")


def test_a_machine_at_work_says_what_it_does() -> None:
    with translation.override("en"):
        assert rendered('{% state_badge "in_use" "laser_cut" %}').endswith("> cutting</span>")
        assert rendered('{% state_badge "in_use" "fdm" %}').endswith("> printing</span>")
        assert rendered('{% state_badge "in_use" "sewing" %}').endswith("> in use</span>")
        assert rendered('{% state_badge "free" "fdm" %}').endswith("> free</span>")


def test_a_date_card_shows_the_local_day_and_reads_it_in_full() -> None:
    late_in_utc = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    expected = (
        '<time class="date" datetime="2026-11-25"><span class="hidden">mercredi 25 novembre</span>'
        '<em aria-hidden="true">mer</em><b aria-hidden="true">25</b></time>'
    )
    assert rendered("{% date_card moment %}", moment=late_in_utc) == expected
    assert rendered("{% date_card moment %}", moment=date(2026, 11, 25)) == expected


def test_days_are_written_long_and_short() -> None:
    assert rendered("{{ moment|day_long }}", moment=NOON) == "mercredi 25 novembre"
    assert rendered("{{ moment|day_short }}", moment=NOON) == "mer. 25 nov."


def test_hours_and_periods_are_local() -> None:
    with translation.override("en"):
        assert rendered("{{ moment|hour }}", moment=HALF_PAST) == "14:30"
        assert rendered("{% hours start end %}", start=NOON, end=HALF_PAST) == "12:00 – 14:30"
        assert rendered("{% period start end %}", start=NOON, end=HALF_PAST).endswith(", 12:00 – 14:30")


def test_paths_follow_the_language_of_the_reader() -> None:
    assert rendered('{% page_path "/machines/" %}') == "/machines/"
    with translation.override("en"):
        assert rendered('{% page_path "/machines/" %}') == "/en/machines/"


def test_the_menu_marks_where_the_reader_is() -> None:
    request = RequestFactory().get("/machines/mistral/")
    assert 'aria-current="page"' in rendered('{% nav_link "/machines/" "printer" "M" %}', request=request)
    assert "aria-current" not in rendered('{% nav_link "/agenda/" "calendar" "A" %}', request=request)


def test_other_languages_lead_to_the_same_page() -> None:
    context = Context({"request": RequestFactory().get("/connexion/", {"next": "/compte/"})})
    assert lab.tongues(context) == [{"code": "en", "name": "English", "url": "/en/connexion/?next=%2Fcompte%2F"}]
