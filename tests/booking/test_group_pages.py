"""The pages of groups: who sees them, dates looked at before, skipped, cancelled."""

from datetime import timedelta

import pytest
from django.utils import timezone

from booking.group_models import BookingSeries
from booking.models import Reservation, State
from tests.factories.booking import AgreementFactory, ReservationFactory, SeriesFactory, close_lab, open_lab, wall
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory

pytestmark = pytest.mark.django_db
FIRST = timezone.localdate() + timedelta(days=3)
DAYS = [FIRST + timedelta(weeks=number) for number in range(4)]
PAGE = "/groupes/reserver/"


@pytest.fixture
def animator():
    return AdultFactory(first_name="Odile")


@pytest.fixture
def agreement(animator):
    found = AgreementFactory(partner__name="Club couture")
    found.partner.contacts.add(animator)
    return found


@pytest.fixture
def machine():
    for day in DAYS:
        open_lab(8, 20, day=day)
    return MachineFactory(name="Couture 1")


@pytest.fixture
def wanted(agreement, animator, machine) -> dict:
    return {
        "agreement": agreement.pk,
        "responsible": animator.pk,
        "title": "Club couture",
        "machine": machine.pk,
        "day": FIRST.isoformat(),
        "starts": "14:00",
        "ends": "15:00",
        "people": 3,
        "every_weeks": 1,
        "last_day": DAYS[-1].isoformat(),
    }


def booked_days() -> list:
    rows = Reservation.objects.filter(state=State.CONFIRMED).order_by("starts_at")
    return [timezone.localtime(row.starts_at).date() for row in rows]


def test_looking_writes_nothing_and_says_what_is_in_the_way(client, animator, wanted, machine) -> None:
    close_lab(0, 23, day=DAYS[1], reason="inventaire")
    client.force_login(animator)
    html = client.post(PAGE, wanted).content.decode()
    assert "inventaire" in html
    assert html.count('name="jour"') == 3
    assert not Reservation.objects.exists()


def test_chosen_dates_are_booked_and_shown(client, animator, wanted) -> None:
    client.force_login(animator)
    answer = client.post(PAGE, {**wanted, "dates": "1", "jour": [DAYS[0].isoformat(), DAYS[2].isoformat()]})
    series = BookingSeries.objects.get()
    assert answer.url == f"/groupes/series/{series.pk}/"
    assert booked_days() == [DAYS[0], DAYS[2]]
    assert Reservation.objects.first().channel == "partner"
    page = client.get(answer.url).content.decode()
    assert "Couture 1" in page


def test_what_was_taken_meanwhile_is_told_and_nothing_is_booked(client, animator, wanted, machine) -> None:
    ReservationFactory(machine=machine, starts_at=wall(14, DAYS[2]))
    client.force_login(animator)
    answer = client.post(PAGE, {**wanted, "dates": "1", "jour": [day.isoformat() for day in DAYS]})
    assert answer.status_code == 422
    assert not BookingSeries.objects.exists()


def test_all_that_is_to_come_is_cancelled_by_who_acts_for_the_partner(client, animator, wanted) -> None:
    client.force_login(animator)
    client.post(PAGE, {**wanted, "dates": "1", "jour": [day.isoformat() for day in DAYS]})
    series = BookingSeries.objects.get()
    client.force_login(AdultFactory())
    assert client.post(f"/groupes/series/{series.pk}/annuler/").status_code == 404
    assert len(booked_days()) == 4
    client.force_login(animator)
    assert client.post(f"/groupes/series/{series.pk}/annuler/").status_code == 302
    assert booked_days() == []


def test_a_forged_agreement_or_person_is_refused(client, animator, wanted) -> None:
    theirs, stranger = AgreementFactory(), AdultFactory()
    client.force_login(animator)
    for forged in ({"agreement": theirs.pk}, {"responsible": stranger.pk}):
        answer = client.post(PAGE, {**wanted, **forged, "dates": "1", "jour": [DAYS[0].isoformat()]})
        assert answer.status_code == 200, "the form says that this is no choice"
    assert not Reservation.objects.exists()


def test_the_desk_repeats_a_booking_for_a_member(client, wanted) -> None:
    member = AdultFactory()
    client.force_login(StaffFactory(roles=["facilitator"]))
    fields = {name: wanted[name] for name in wanted if name not in {"agreement", "responsible"}}
    client.post(f"{PAGE}?pour={member.pk}", {**fields, "dates": "1", "jour": [day.isoformat() for day in DAYS]})
    assert set(Reservation.objects.values_list("member", flat=True)) == {member.pk}
    assert len(booked_days()) == 4


def test_nobody_else_sees_these_pages(client, wanted) -> None:
    for person in (AdultFactory(), MemberFactory()):
        client.force_login(person)
        assert client.get("/groupes/").status_code == 403
        assert client.post(PAGE, wanted).status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [("day", "9999-12-31"), ("last_day", "x"), ("ends", "13:00"), ("machine", "0"), ("people", "-1"), ("title", "")],
)
def test_what_makes_no_sense_is_said_in_the_form(client, animator, wanted, field: str, value: str) -> None:
    client.force_login(animator)
    answer = client.post(PAGE, {**wanted, field: value})
    assert answer.status_code == 200
    assert "errors" in answer.content.decode()


def test_the_list_takes_as_many_queries_for_many_rows(client, animator, agreement, django_assert_num_queries) -> None:
    client.force_login(animator)

    def fill(count: int) -> None:
        for number in range(count):
            when = timezone.now() + timedelta(days=2 + number)
            ReservationFactory(agreement=agreement, series=SeriesFactory(), starts_at=when)
            ReservationFactory(agreement=agreement, group="x", starts_at=when)
            AgreementFactory(partner=agreement.partner)

    fill(1)
    client.get("/groupes/")
    with django_assert_num_queries(10) as captured:
        client.get("/groupes/")
    fill(5)
    with django_assert_num_queries(len(captured)):
        client.get("/groupes/")
