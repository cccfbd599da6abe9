"""Sheets of paper typed in afterwards: true times, the channel, counts, and what somebody else noted meanwhile."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from place.clock import local
from place.models import Visit
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.place import wall
from tests.factories.workshops import RegistrationFactory, SessionFactory
from workshops import services
from workshops.models import Attendance, WorkshopSession

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> WorkshopSession:
    day = local(timezone.now() - timedelta(days=3))
    return SessionFactory(starts_at=wall(day.year, day.month, day.day, 14))


@pytest.fixture
def tablet(client: Client) -> Client:
    client.force_login(StaffFactory(roles=["desk"]))
    return client


def keyed(tablet: Client, session: WorkshopSession, query: str = "", **typed: object):
    """Open the page, type over some of it, and send it all."""
    url = f"/accueil/seances/{session.pk}/saisie/{query}"
    form = tablet.get(url).context["form"]
    fields = {field.html_name: field.value() for field in form}
    return tablet.post(url, {name: value for name, value in (fields | typed).items() if value is not None})


def test_a_sheet_is_typed_in_with_its_true_times_and_channel(tablet, session):
    child, other, uncalled = (RegistrationFactory(session=session).member for _ in range(3))
    answer = keyed(
        tablet,
        session,
        **{
            f"state_{child.pk}": "present",
            f"came_{child.pk}": "14:05",
            f"left_{child.pk}": "15:30",
            f"with_{child.pk}": "Mamie Rose",
            f"state_{other.pk}": "excused",
            "n_12-14_f": 3,
        },
    )
    assert answer.status_code == 302
    row = Attendance.objects.get(member=child)
    assert (row.channel, row.arrived_at - session.starts_at) == ("paper", timedelta(minutes=5))
    assert (row.left_at - session.starts_at, row.leaving, row.left_with) == (
        timedelta(minutes=90),
        "fetched",
        "Mamie Rose",
    )
    assert Attendance.objects.get(member=other).state == "excused"
    assert not Attendance.objects.filter(member=uncalled).exists()
    counted = Attendance.objects.get(member=None)
    assert (counted.people, counted.age_band, counted.gender, counted.channel) == (3, "12-14", "f", "paper")
    visit = Visit.objects.get()
    assert (visit.person, visit.came_at, visit.channel) == (child, row.arrived_at, "paper")


def test_the_same_sheet_sent_twice_counts_once_and_a_later_one_corrects_the_hour(tablet, session):
    child = RegistrationFactory(session=session).member
    first = {f"state_{child.pk}": "present", "n_12-14_f": 3, "key": "a" * 32}
    for _ in range(2):
        keyed(tablet, session, **first)
    assert Attendance.objects.get(member=child).arrived_at == session.starts_at
    keyed(tablet, session, **{f"came_{child.pk}": "14:40"})
    assert Attendance.objects.get(member=child).arrived_at == session.starts_at + timedelta(minutes=40)
    assert Visit.objects.get().came_at == session.starts_at + timedelta(minutes=40)
    assert sum(Attendance.objects.filter(member=None).values_list("people", flat=True)) == 3


def test_who_wrote_their_name_on_a_blank_line_is_added(tablet, session):
    passer = MemberFactory(first_name="Zoé")
    assert tablet.get(f"/accueil/seances/{session.pk}/saisie/", {"q": "zoe"}).context["people"] == [passer]
    keyed(tablet, session, f"?avec={passer.pk}", **{f"state_{passer.pk}": "present", f"came_{passer.pk}": "14:10"})
    assert Attendance.objects.get(member=passer).walk_in


def test_what_somebody_noted_meanwhile_is_not_typed_over(tablet, session):
    child, other = (RegistrationFactory(session=session).member for _ in range(2))
    services.mark(session=session, member=child, state="absent", actor=StaffFactory())
    typed = {f"state_{one.pk}": "present" for one in (child, other)} | {f"version_{child.pk}": 0}
    answer = keyed(tablet, session, **typed)
    assert answer.status_code == 422
    assert str(child) in answer.context["form"].non_field_errors()[0]
    assert list(Attendance.objects.values_list("member", "state")) == [(child.pk, "absent")]


def test_the_sheets_to_print_are_blank_or_say_what_was_noted(tablet, session):
    child = RegistrationFactory(session=session).member
    services.mark(session=session, member=child, state="absent", actor=StaffFactory())
    blank, filled = (
        tablet.get(f"/accueil/feuilles/seances/{session.pk}/{query}").content.decode() for query in ("", "?rempli")
    )
    assert (blank.count("☒"), filled.count("☒")) == (0, 1)
    assert blank.count("<tr>") == 1 + 1 + 6
    assert filled.count("<tr>") == 1 + 1
