"""What the demonstration holds, looked at once it is loaded: the promises of docs/contract.md §7."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.db import connections
from django.test import Client, override_settings

from booking.availability import day_slots
from booking.models import UPCOMING, Reservation, State
from booking.queries import live_states
from cms.demo import workshops
from cms.demo.load import load
from cms.demo.park import PARK
from cms.demo.stage import Stage
from cms.models import LabImage, MachinePage, ProjectPage, WorkshopPage
from iot_bridge.models import Device
from machines.models import Machine, Outcome, Qualification, UsageSession
from members.models import User
from members.roles import MEMBER, MENTOR
from place import clock
from workshops.models import Registration
from workshops.queries import sessions_between

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 22)
MACHINES = {
    "imprimante-1": "octoprint:octoPrint",
    "imprimante-2": "moonraker:voron1",
    "imprimante-3": "native:imprimante-3",
    "imprimante-4": "bambu:01P00A000000004",
    "decoupe-laser": "tasmota:tasmota_laser1",
}
DRIVEN = {"imprimante-1", "imprimante-3", "decoupe-laser"}
NAMED = {"ines": 13, "karim": 16, "yanis": 17}
ALONE = ("ines", "karim", "lea")


@pytest.fixture(scope="module")
def loaded(
    django_db_setup: None, django_db_blocker: Any, test_database: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """Load it once for all of these tests; each of them only reads, or is rolled back."""
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")), django_db_blocker.unblock():
        load(DAY)
        yield Stage(DAY)
        connections.close_all()
    test_database.restore()


@pytest.fixture
def demo(loaded: Stage, db: None) -> Stage:
    return loaded


def test_the_people_of_the_contract_are_there(demo: Stage) -> None:
    ages = {username: User.objects.get(username=username).age_on(DAY) for username in NAMED}
    assert ages == NAMED
    names = {"lea", "sam", "nora", "fabmanager", "facilitator", "director", "editor", "admin", *NAMED}
    people = User.objects.filter(username__in=names)
    assert {person.username for person in people if person.check_password("demo")} == names
    assert [person.username for person in people if person.is_superuser] == ["admin"]
    assert authenticate(None, username="ines", password="demo") == User.objects.get(username="ines")


def test_levels_are_as_the_contract_says(demo: Stage) -> None:
    held = Qualification.objects.filter(member__username__in=("ines", "karim", "lea", "sam"), withdrawn_reason="")
    assert sorted(held.values_list("member__username", "category__process", "level")) == [
        ("ines", "fdm", 1),
        ("karim", "fdm", 1),
        ("lea", "fdm", 1),
        ("lea", "laser_cut", 2),
    ]


def test_the_invented_members_are_as_many_as_the_domain_says(demo: Stage) -> None:
    members = User.objects.filter(groups__name=MEMBER)
    ages = [member.age_on(DAY) for member in members]
    assert (len(ages), sum(age < 18 for age in ages)) == (60, 38)
    assert (members.filter(email="").count(), members.filter(phone="").count()) == (20, 6)
    assert sorted(user.age_on(DAY) for user in User.objects.filter(groups__name=MENTOR))[:2] == [17, 17]
    assert User.objects.filter(groups__name=MENTOR).count() == 5


def test_nobody_can_be_reached_for_real(demo: Stage) -> None:
    mails = [mail for mail in User.objects.values_list("email", flat=True) if mail]
    assert [mail for mail in mails if not re.search(r"@(example\.org|[a-z]+\.example)$", mail)] == []
    phones = [phone for phone in User.objects.values_list("phone", flat=True) if phone]
    assert [phone for phone in phones if not phone.startswith("06 39 98 ")] == []


def test_the_machines_report_as_the_contract_says(demo: Stage) -> None:
    told = {device.machine.slug: device.source for device in Device.objects.select_related("machine")}
    assert len(told) == Machine.objects.count() == 11
    assert {slug: told[slug] for slug in MACHINES} == MACHINES
    laser = Device.objects.get(base="tasmota_laser1")
    rule = (laser.start_watts, laser.start_hold_seconds, laser.stop_watts, laser.stop_hold_seconds)
    assert rule == (150, 5, 120, 45)


def test_what_nothing_drives_is_offline_and_one_machine_waits_for_a_piece(demo: Stage) -> None:
    machines = {machine.pk: machine.slug for machine in Machine.objects.all()}
    states = {machines[pk]: live.state for pk, live in live_states(demo.moment(0, "10:00")).items()}
    assert {slug for slug, state in states.items() if state == "offline"} == {model.slug for model in PARK} - DRIVEN - {
        "brodeuse"
    }
    assert states["brodeuse"] == "down"


@pytest.mark.parametrize("username", ALONE)
def test_the_third_printer_is_theirs_for_four_hours_twice_a_week(demo: Stage, username: str) -> None:
    member, printer = User.objects.get(username=username), Machine.objects.get(slug="imprimante-3")
    assert (printer.step_minutes, printer.max_upcoming, printer.weekly_quota_minutes) == (30, 6, 240)
    for week in range(4):
        days = [DAY + timedelta(days=week * 7 + number) for number in range(7)]
        free = [longest_free(printer, day, demo, member) for day in days]
        assert sum(minutes >= 240 for minutes in free) >= 2


def longest_free(printer: Machine, day: date, demo: Stage, member: User) -> float:
    spans = [slot.span for slot in day_slots(printer, day, demo.now, member) if slot.available]
    return max((span.minutes for span in clock.merged(spans)), default=0)


def test_they_have_nothing_booked_and_nothing_used_this_week_or_the_one_before(demo: Stage) -> None:
    since = demo.moment(-14, "00:00")
    assert Reservation.objects.filter(member__username__in=ALONE, ends_at__gt=since).count() == 0
    assert Registration.objects.filter(member__username__in=ALONE, session__ends_at__gt=since).count() == 0
    assert Reservation.objects.filter(machine__slug="imprimante-3", ends_at__gt=demo.now).count() == 0


def test_the_weeks_before_hold_every_kind_of_story(demo: Stage) -> None:
    past = Reservation.objects.filter(ends_at__lt=demo.now)
    states = Counter(past.filter(kind="member").values_list("state", flat=True))
    assert set(states) == {State.DONE, State.NO_SHOW, State.CANCELLED}
    assert states[State.DONE] > states[State.CANCELLED] > 0
    uses = UsageSession.objects.all()
    assert set(uses.values_list("outcome", flat=True)) >= {Outcome.COMPLETED, Outcome.FAILED, Outcome.UNKNOWN}
    assert uses.filter(outcome=Outcome.UNKNOWN, estimated=True).count() == 1
    assert uses.filter(attribution="none", member=None).count() == 12
    assert uses.filter(ended_at=None).count() == 0
    incident = Machine.objects.get(slug="decoupe-laser").outages.get()
    assert uses.get(ended_at=incident.starts_at).outcome == Outcome.INTERRUPTED


def test_today_and_later_others_have_booked(demo: Stage) -> None:
    coming = Reservation.objects.filter(state__in=UPCOMING, kind="member", starts_at__gt=demo.now)
    today = coming.filter(starts_at__lt=demo.moment(1, "00:00"))
    assert today.count() >= 6
    assert coming.exclude(pk__in=today).count() >= 6


def test_a_session_is_full_with_a_line_and_others_have_places_this_week(demo: Stage) -> None:
    week = sessions_between(demo.now, demo.moment(7, "23:59"))
    assert [(one.places_left, one.waiting) for one in week if one.waiting] == [(0, 3)]
    assert sum(one.places_left > 0 for one in week) >= 3


def test_every_machine_and_workshop_has_its_page_and_three_projects_are_told(demo: Stage, client: Client) -> None:
    assert MachinePage.objects.live().exclude(body="").count() == 11
    assert WorkshopPage.objects.live().exclude(body="").count() == len(workshops.OFFERS)
    projects = list(ProjectPage.objects.published())
    assert len(projects) == 3
    for project in projects:
        assert (len(project.steps) >= 3, len(project.materials) > 0, bool(project.licence), bool(project.photo)) == (
            True, True, True, True,
        )  # fmt: skip
        assert client.get(project.url).status_code == 200
    assert "Données de démonstration" in client.get("/").content.decode()
    assert "(démonstration)" in client.get("/agenda/").content.decode()
    assert max(image.file.size for image in LabImage.objects.all()) <= 60_000
