"""Screens of the school calendar, and the page that shows what a change of hours does to bookings."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from booking.models import Kind, Reservation, State
from machines.models import Outage, Supervision
from members.models import Message
from place.models import Closure, During, LabSettings, OpeningPeriod, OpeningSeries, SchoolHoliday
from place.services import plan_openings
from tests.cms.acts import DAY, hours, post
from tests.factories.booking import ReservationFactory, open_lab, wall
from tests.factories.machines import MachineFactory, OutageFactory
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory
from tests.factories.place import ClosureFactory, DutyShiftFactory, SchoolHolidayFactory
from tests.place.test_school_calendar import event, ics

pytestmark = pytest.mark.django_db
LATER = timezone.localdate() + timedelta(days=200)
CLOSING = {"first_day": DAY.isoformat(), "starts": "14:00", "ends": "16:00", "reason": "fuite d'eau"}
PAGE_QUERIES, LIST_QUERIES = 34, 23
HOLIDAY = {"name": "Pont", "zone": "B", "first_day": DAY.isoformat(), "last_day": DAY.isoformat()}


@pytest.fixture
def client(client):
    client.force_login(StaffFactory())
    return client


@pytest.fixture
def booked() -> Reservation:
    """Somebody has a machine from 14 to 15 on a day that is open from 14 to 20."""
    open_lab(14, 20, day=DAY)
    return ReservationFactory(starts_at=wall(14, DAY), ends_at=wall(15, DAY), member=MemberFactory(first_name="Milo"))


def sealed(response, row: Reservation, fate: str, data: dict) -> dict:
    return data | {"seal": response.context["seal"], f"fate-{row.pk}": fate}


def state(row: Reservation) -> str:
    return Reservation.objects.get(pk=row.pk).state


# --- what a change hits ---


def test_a_change_that_hits_nobody_is_saved_straight_away(client):
    assert post(client, "lab_closure_add", CLOSING).status_code == 302
    assert Closure.objects.count() == 1


def test_a_change_that_hits_somebody_shows_it_and_saves_nothing(client, booked):
    response = post(client, "lab_closure_add", CLOSING)
    page = response.content.decode()
    assert response.status_code == 200
    assert "Milo" in page
    assert "fuite d&#x27;eau" in page
    assert (Closure.objects.count(), state(booked), Message.objects.count()) == (0, State.CONFIRMED, 0)
    assert ("reason", "fuite d'eau") in response.context["typed"]


@pytest.mark.parametrize(
    ("fate", "expected"),
    [("to_confirm", State.TO_CONFIRM), ("kept", State.CONFIRMED), ("cancelled", State.CANCELLED)],
)
def test_then_it_is_done_as_chosen(client, booked, fate, expected):
    data = sealed(post(client, "lab_closure_add", CLOSING), booked, fate, CLOSING)
    assert post(client, "lab_closure_add", data).status_code == 302
    assert (state(booked), Closure.objects.count()) == (expected, 1)


def test_a_booking_is_moved_to_a_time_that_was_proposed(client, booked):
    data = sealed(post(client, "lab_closure_add", CLOSING), booked, "moved-0", CLOSING)
    assert post(client, "lab_closure_add", data).status_code == 302
    booked.refresh_from_db()
    assert (booked.state, booked.starts_at) == (State.CONFIRMED, wall(16, DAY))


def test_the_person_cancelled_is_told_why(client, booked):
    post(client, "lab_closure_add", sealed(post(client, "lab_closure_add", CLOSING), booked, "cancelled", CLOSING))
    assert "fuite d'eau" in Message.objects.get(recipient=booked.member).body


def test_an_answer_that_was_not_offered_is_refused_and_nothing_is_saved(client, booked):
    data = sealed(post(client, "lab_closure_add", CLOSING), booked, "moved-9", CLOSING)
    assert post(client, "lab_closure_add", data).status_code == 422
    assert Closure.objects.count() == 0


def test_another_booking_made_meanwhile_is_shown_before_anything_is_saved(client, booked):
    data = sealed(post(client, "lab_closure_add", CLOSING), booked, "cancelled", CLOSING)
    ReservationFactory(starts_at=wall(15, DAY), ends_at=wall(16, DAY))
    response = post(client, "lab_closure_add", data)
    assert (response.status_code, len(response.context["fates"].hits)) == (409, 2)
    assert (Closure.objects.count(), state(booked)) == (0, State.CONFIRMED)


def test_a_time_taken_twice_is_explained_on_the_same_page(client, booked):
    other = ReservationFactory(machine=booked.machine, starts_at=wall(15, DAY), ends_at=wall(16, DAY))
    data = sealed(post(client, "lab_closure_add", CLOSING), booked, "moved-0", CLOSING) | {
        f"fate-{other.pk}": "moved-0"
    }
    response = post(client, "lab_closure_add", data)
    assert response.status_code == 409
    assert response.context["problems"]
    assert (Closure.objects.count(), state(booked)) == (0, State.CONFIRMED)


def test_going_back_shows_the_form_as_it_was_filled_in(client, booked):
    response = post(client, "lab_closure_add", CLOSING | {"seal": "x", "back": "1"})
    assert response.context["form"]["reason"].value() == "fuite d'eau"
    assert Closure.objects.count() == 0


def test_every_screen_that_changes_hours_looks_first(client, booked):
    period = OpeningPeriod.objects.get()
    shift = DutyShiftFactory(starts_at=wall(12, DAY), ends_at=wall(20, DAY))
    watched = ReservationFactory(
        machine=MachineFactory(supervision=Supervision.ALWAYS), starts_at=wall(17, DAY), member=AdultFactory()
    )
    pattern = plan_openings(
        kind="open_lab", label="Demain", starts_at=wall(9, DAY), ends_at=wall(11, DAY), actor=None
    ).periods.get()
    early = ReservationFactory(starts_at=wall(9, DAY), ends_at=wall(10, DAY))
    outage = {"machine": booked.machine_id, "reason": "buse", "first_day": DAY.isoformat(), "starts": "13:00"}
    asked = {
        booked: [("lab_opening_edit", hours("15:00", "20:00"), period.pk), ("lab_opening_cancel", {}, period.pk),
                 ("lab_outage_declare", outage)],
        watched: [("lab_duty_off", {}, shift.pk)],
        early: [("lab_opening_pattern", {"label": "x", "kind": "open_lab", "during": "summer"}, pattern.pk),
                ("lab_opening_pattern", {"label": "x", "kind": "staff_only", "during": "always"}, pattern.pk)],
    }  # fmt: skip
    for row, acts in asked.items():
        for act in acts:
            response = post(client, *act)
            assert response.template_name == "cms/gestion/foreseen.html", act
            assert str(row.pk) in response.context["fates"].hits, act
    assert Message.objects.count() == 0


def test_planned_work_asks_bookings_to_leave_then_takes_the_time(client, booked):
    data = {"machine": booked.machine_id, "reason": "révision", "first_day": DAY.isoformat(), "starts": "13:00"}
    data |= {"last_day": DAY.isoformat(), "ends": "16:00", "planned": "on"}
    response = post(client, "lab_outage_declare", data)
    field = response.context["fates"][str(booked.pk)]
    assert [value for value, _label in field.field.choices] == ["moved-0", "moved-1", "moved-2", "cancelled"]
    unanswered = post(client, "lab_outage_declare", data | {"seal": response.context["seal"]})
    assert (unanswered.status_code, Outage.objects.exists()) == (422, False)
    assert post(client, "lab_outage_declare", sealed(response, booked, "moved-0", data)).status_code == 302
    booked.refresh_from_db()
    assert (booked.state, booked.starts_at) == (State.CONFIRMED, wall(16, DAY))
    assert Reservation.objects.get(kind=Kind.MAINTENANCE).starts_at == wall(13, DAY)


def test_good_news_asks_nothing(client, booked):
    Reservation.objects.update(state=State.TO_CONFIRM, doubt="closed")
    closure = ClosureFactory(starts_at=wall(14, DAY), ends_at=wall(16, DAY))
    assert post(client, "lab_closure_remove", {"scope": "this"}, closure.pk).status_code == 302
    assert state(booked) == State.CONFIRMED


@pytest.mark.parametrize("number", [1, 5])
def test_the_page_takes_the_same_number_of_queries_whatever_is_hit(client, number, django_assert_num_queries):
    open_lab(14, 20, day=DAY)
    outage = OutageFactory.build()
    for _ in range(number):
        ReservationFactory(starts_at=wall(14, DAY), ends_at=wall(15, DAY))
    post(client, "lab_closure_add", CLOSING | {"reason": outage.reason})  # what a first request alone reads
    with django_assert_num_queries(PAGE_QUERIES):
        post(client, "lab_closure_add", CLOSING)


# --- the school calendar ---


def test_holidays_are_added_changed_and_removed(client):
    assert post(client, "lab_holiday_add", HOLIDAY).status_code == 302
    row = SchoolHoliday.objects.get()
    assert post(client, "lab_holiday_edit", HOLIDAY | {"name": "Ascension"}, row.pk).status_code == 302
    assert SchoolHoliday.objects.get().name == "Ascension"
    assert post(client, "lab_holiday_remove", {}, row.pk).status_code == 302
    assert not SchoolHoliday.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"last_day": (DAY - timedelta(days=1)).isoformat()}, {"name": ""}, {"zone": "D"}, {"first_day": "x"}]
)
def test_holidays_that_make_no_sense_are_explained(client, wrong):
    response = post(client, "lab_holiday_add", HOLIDAY | wrong)
    assert response.context["form"].errors
    assert not SchoolHoliday.objects.exists()


def test_holidays_that_close_a_booked_day_show_it_first(client):
    series = plan_openings(
        kind="open_lab", label="Lab", starts_at=wall(14, DAY), ends_at=wall(18, DAY), during=During.TERM, actor=None
    )
    row = ReservationFactory(starts_at=wall(14, DAY), ends_at=wall(15, DAY))
    response = post(client, "lab_holiday_add", HOLIDAY)
    assert list(response.context["fates"].hits) == [str(row.pk)]
    assert post(client, "lab_holiday_add", sealed(response, row, "to_confirm", HOLIDAY)).status_code == 302
    assert (series.periods.get().off_calendar, state(row)) == (True, State.TO_CONFIRM)


def test_the_shipped_dates_are_shown_then_taken_over(client):
    page = client.get(reverse("lab_holidays_shipped")).content.decode()
    assert "Vacances de printemps" in page
    assert not SchoolHoliday.objects.exists()
    assert post(client, "lab_holidays_shipped", {}).status_code == 302
    assert SchoolHoliday.objects.count() == 6
    assert not client.get(reverse("lab_holidays_shipped")).context["due"]


def test_a_lab_of_another_zone_is_told_that_no_dates_are_shipped(client):
    LabSettings.objects.create(school_zone="C")
    response = client.get(reverse("lab_holidays_shipped"))
    assert (response.status_code, response.context["lines"], response.context["due"]) == (200, [], False)


def upload(client, content: bytes):
    return client.post(reverse("lab_holidays_import"), {"file": SimpleUploadedFile("zone-b.ics", content)})


def test_an_official_file_is_read_shown_and_stored_on_a_yes(client):
    SchoolHolidayFactory(first_day=date(2027, 2, 21), last_day=date(2027, 3, 7), name="Hiver")
    content = ics(
        event("20270220", "20270308", "Vacances d'Hiver - Zone B"),
        event("20270417", "20270503", "Vacances de Printemps"),
    )
    shown = client.get(upload(client, content).url)
    assert [bool(line["before"]) for line in shown.context["lines"]] == [True, False]
    assert SchoolHoliday.objects.count() == 1
    token = shown.context["form"]["token"].value()
    assert post(client, "lab_holidays_confirm", {"token": token}).status_code == 302
    assert [row.first_day for row in SchoolHoliday.objects.all()] == [date(2027, 2, 20), date(2027, 4, 17)]


@pytest.mark.parametrize("content", [b"x", b"PK\x03\x04zip", ics(), b"x" * 1_000_001])
def test_a_bad_file_is_explained(client, content):
    response = upload(client, content)
    assert response.status_code == 200
    assert response.context["form"].errors["file"]


def test_what_waits_is_for_who_sent_it_only(client):
    address = upload(client, ics(event("20270220", "20270308", "Vacances d'Hiver"))).url
    client.force_login(StaffFactory())
    assert client.get(address).context["lines"] == []


@pytest.mark.parametrize("number", [1, 40])
def test_the_lists_take_the_same_number_of_queries(client, number, django_assert_num_queries):
    for days in range(number):
        SchoolHolidayFactory(first_day=LATER + timedelta(days=days), last_day=LATER + timedelta(days=days))
        plan_openings(kind="open_lab", label="Lab", starts_at=wall(14, DAY), ends_at=wall(18, DAY), actor=None)
    for name in ("lab_holidays", "lab_openings"):
        client.get(reverse(name))
    with django_assert_num_queries(LIST_QUERIES):
        for name in ("lab_holidays", "lab_openings"):
            client.get(reverse(name))


def test_openings_are_planned_for_a_part_of_the_school_year_and_changed(client):
    SchoolHolidayFactory(first_day=DAY, last_day=DAY)
    data = hours("14:00", "18:00") | {"kind": "open_lab", "label": "Lab", "frequency": "none", "during": "term"}
    assert post(client, "lab_opening_plan", data).status_code == 302
    period = OpeningPeriod.objects.get()
    assert period.off_calendar
    words = {"label": "Stage", "kind": "workshop", "during": "holidays"}
    assert post(client, "lab_opening_pattern", words, period.pk).status_code == 302
    period.refresh_from_db()
    series = OpeningSeries.objects.get()
    assert (period.off_calendar, period.kind, period.label, series.during) == (False, "workshop", "Stage", "holidays")


def test_the_zone_is_chosen_on_the_page_of_the_lab(client):
    data = {"name": "Lab", "horizon_days": 400, "school_zone": "A"}
    assert post(client, "lab_settings", data).status_code == 302
    assert LabSettings.objects.get().school_zone == "A"
