"""The demonstration keeps the promises of docs/contract.md §7, whatever the day it is loaded for."""

import re
from datetime import date, time, timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from cms.demo import opening, pictures, workshops
from cms.demo.drawing import pencil_box_svg
from cms.demo.load import load
from cms.demo.people import born
from cms.demo.stage import Stage
from machines.models import Machine
from members.models import Message, User
from place import clock
from place.clock import Span
from place.models import Closure, OpeningPeriod
from tests.factories.members import AdminFactory
from workshops.models import WorkshopSession

DAY = date(2026, 11, 22)
# When a row was written, and what nobody can sign in with; all the rest must be the same.
DIFFERS = {
    "created_at",
    "updated_at",
    "recorded_at",
    "issued_at",
    "date_joined",
    "changed_at",
    "sent_at",
    "at",
    "password",
}


@pytest.fixture
def media(tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def answer(*arguments: str) -> str:
    out = StringIO()
    call_command("load_demo", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_it_refuses_where_debug_is_off(settings: Any) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="only loads when DEBUG is on"):
        answer()
    assert User.objects.count() == 0


@pytest.mark.django_db
def test_it_leaves_alone_a_database_with_people(settings: Any) -> None:
    settings.DEBUG = True
    AdminFactory()
    assert answer() == "Nothing was loaded: this database already has people.\n"
    assert (User.objects.count(), Machine.objects.count()) == (1, 0)


@pytest.mark.usefixtures("db", "media")
def test_it_says_what_it_loaded_and_sends_nothing(settings: Any, django_capture_on_commit_callbacks: Any) -> None:
    settings.DEBUG = True
    with django_capture_on_commit_callbacks(execute=True):
        said = answer("--date", "2026-11-22")
    assert said.splitlines()[:2] == [
        "Demonstration data around 2026-11-22, all invented:",
        f"  66 people (password: demo), 11 machines, {WorkshopSession.objects.count()} workshop dates",
    ]
    assert mail.outbox == []
    assert not Message.objects.filter(via="mail", state="waiting").exists()


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """Return every row of our rooms, less the moments at which they were written."""
    rooms = ("members", "place", "machines", "booking", "workshops", "iot_bridge")
    models = [model for room in rooms for model in apps.get_app_config(room).get_models()]
    return {
        model.__name__: [
            {name: value for name, value in row.items() if name not in DIFFERS}
            for row in model.objects.order_by("pk").values()
        ]
        for model in models
    }


@pytest.mark.usefixtures("committed_db", "media")
@pytest.mark.sqlite
def test_the_same_day_gives_the_same_data(test_database: Any) -> None:
    load(DAY)
    first = snapshot()
    test_database.restore()
    load(DAY)
    assert snapshot() == first
    assert len(first["Reservation"]) > 200


DATES = st.dates(date(2024, 1, 1), date(2040, 12, 31))


@pytest.mark.django_db
@given(day=DATES)
@example(day=date(2026, 3, 28))
@example(day=date(2026, 10, 24))
@example(day=date(2028, 2, 29))
@example(day=date(2026, 12, 31))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_whatever_the_day_two_days_of_each_week_are_open_for_four_hours(day: date) -> None:
    with transaction.atomic():
        stage = Stage(day, people={"admin": AdminFactory()})
        opening.load(stage)
        spans = [Span(*row) for row in public_openings()]
        firsts = list(Closure.objects.values_list("starts_at", flat=True))
        transaction.set_rollback(True)
    for week in range(4):
        # The day itself may be nearly over, so it does not count.
        days = {day + timedelta(days=week * 7 + number) for number in range(1, 8)}
        long = {clock.today(one.start) for one in clock.merged(spans) if one.minutes >= 240}
        assert len(long & days) >= 2
    assert any(
        span.start <= clock.at(day, time(9)) and clock.at(day, time(20)) <= span.end for span in clock.merged(spans)
    )
    assert min(firsts) >= stage.moment(29, "00:00")


def public_openings() -> list[tuple]:
    rows = OpeningPeriod.objects.filter(kind="open_lab", cancelled=False)
    return list(rows.values_list("starts_at", "ends_at"))


@given(day=DATES, age=st.integers(8, 75), past=st.integers(0, 300))
def test_people_are_as_old_as_told_for_the_whole_demonstration(day: date, age: int, past: int) -> None:
    somebody = User(birth_date=born(day, age, past))
    assert {somebody.age_on(day), somebody.age_on(day + timedelta(days=28))} == {age}


def test_no_workshop_takes_the_third_printer_or_falls_in_a_closure() -> None:
    assert [offer.slug for offer in workshops.OFFERS if "imprimante-3" in offer.machines] == []
    ahead = max(weeks for _slug, _weekday, weeks, _start, _end in workshops.SINGLES) * 7 + 7
    assert max(ahead, (workshops.DATES - workshops.PAST_WEEKS) * 7) <= opening.QUIET_DAYS


@pytest.mark.parametrize("name", pictures.DRAWINGS)
def test_a_picture_is_small_and_opaque(name: str) -> None:
    ground, paint = pictures.DRAWINGS[name]
    canvas = pictures.Canvas(ground)
    paint(canvas)
    drawn = canvas.png()
    assert len(drawn.getvalue()) < 60_000
    with Image.open(drawn) as image:
        assert (image.size, len(image.convert("RGB").getcolors(100)) > 4) == ((1200, 900), True)


def test_the_cutting_plan_has_five_closed_panels() -> None:
    plan = pencil_box_svg()
    paths = re.findall(r' d="([^"]+)"', plan)
    assert len(paths) == 5
    assert all(path.startswith("M") and path.endswith("Z") for path in paths)
