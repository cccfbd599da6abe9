"""Planned against real in the back office: the ledger, its anomalies, the hours by month and machine."""

from datetime import timedelta

import pytest
from django.utils import timezone

from booking.ledger_models import Anomaly, BookingOutcome
from booking.models import Reservation, State
from booking.services import reconcile
from cms.gestion.reckoning import year_to
from machines.models import Machine
from machines.services.usage import close_usage, open_usage
from place.clock import today
from tests.factories.booking import WEDNESDAY, ReservationFactory, anomaly_of
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(minute=0, second=0, microsecond=0)
LIST, LEDGER, HOURS = "/gestion/anomalies/", "/gestion/prevu-reel/", "/gestion/heures/"


def text(client, address: str, **query) -> str:
    return client.get(address, query).content.decode()


def used(machine: Machine, hours_ago: int, minutes: int = 30, key: str = "", **fields) -> Reservation:
    """Return an hour's booking, some minutes of which were used."""
    start = NOW - timedelta(hours=hours_ago)
    row = ReservationFactory(machine=machine, starts_at=start, state=State.CONFIRMED, **fields)
    use = open_usage(machine, source="t", natural_key=f"{hours_ago}{key}", started_at=start)
    close_usage(use, ended_at=start + timedelta(minutes=minutes), outcome="completed")
    Reservation.objects.filter(pk=row.pk).update(state=State.DONE)
    return row


def stray(machine: Machine | None = None, **fields) -> Anomaly:
    start = NOW - timedelta(hours=2)
    machine = machine or MachineFactory()
    key = f"s{Anomaly.objects.count()}"
    use = open_usage(machine, source=key, natural_key=key, started_at=start)
    return anomaly_of(use, **fields)


def answer(client, anomaly: Anomaly, **fields):
    return client.post(f"{LIST}{anomaly.pk}/", {"note": "", **fields})


def test_the_list_shows_one_kind_or_one_state(client, boss):
    stray(MachineFactory(name="Mistral"))
    stray(MachineFactory(name="Cigale"), kind="lost_end")
    stray(MachineFactory(name="Laser"), state="qualified", answer="team", answered_at=NOW)
    shown = text(client, LIST, kind="unbooked_use", state="open")
    table = shown[shown.rindex("<table") :]
    assert [name in table for name in ("Mistral", "Cigale", "Laser")] == [True, False, False]


@pytest.mark.parametrize("count", [1, 12])
@pytest.mark.parametrize(("address", "queries"), [(LIST, 12), (LEDGER, 12), (HOURS, 11)])
def test_lists_take_the_same_queries_for_one_row_and_many(
    client, boss, count, address, queries, django_assert_num_queries
):
    for number in range(count):
        used(MachineFactory(), 20 + number)
        stray(state="qualified", answer="team", answered_at=NOW, answered_by=boss)
    reconcile(NOW)
    client.get(address)
    with django_assert_num_queries(queries):
        client.get(address)


def test_an_answer_gives_the_use_its_name(client, boss):
    anomaly, lina = stray(), AdultFactory(username="lina")
    assert answer(client, anomaly, answer="member", member="lina").status_code == 302
    anomaly.refresh_from_db()
    assert (anomaly.answer, anomaly.usage_session.member, anomaly.answered_by) == ("member", lina, boss)
    assert f"{LIST}{anomaly.pk}/" not in text(client, LIST)


@pytest.mark.parametrize(
    ("sent", "status"),
    [({"answer": "member"}, 422), ({"answer": "spoken"}, 200), ({}, 200), ({"answer": "member", "member": "x"}, 200)],
)
def test_a_wrong_answer_is_said_in_the_form(client, boss, sent, status):
    anomaly = stray()
    assert answer(client, anomaly, **sent).status_code == status
    anomaly.refresh_from_db()
    assert anomaly.state == "open"


def test_a_name_is_asked_only_where_it_may_have_been_somebody(client, boss):
    assert 'name="member"' in text(client, f"{LIST}{stray().pk}/")
    assert 'name="member"' not in text(client, f"{LIST}{stray(kind='over_run').pk}/")


def test_the_ledger_is_read_by_machine_verdict_day_and_name(client, boss):
    mistral, cigale = MachineFactory(name="Mistral"), MachineFactory(name="Cigale")
    used(mistral, 30, member=AdultFactory(first_name="Lina", last_name="Morel"))
    used(cigale, 50, 90)
    reconcile(NOW)
    for query, names in (
        ({"machine": mistral.pk}, [True, False]),
        ({"verdict": "over_run"}, [False, True]),
        ({"q": "lina"}, [True, False]),
        ({"since": today(NOW - timedelta(hours=30)).isoformat()}, [True, False]),
    ):
        shown = text(client, LEDGER, **query)
        table = shown[shown.rindex("<table") :]
        assert [name in table for name in ("Mistral", "Cigale")] == names, query


def test_hours_are_summed_by_month_and_machine_and_taken_away_as_a_file(client, boss):
    machine, quiet = MachineFactory(name="Mistral"), MachineFactory(name="Couture")
    used(machine, 30, 30)
    used(machine, 32, 60)
    ReservationFactory(machine=quiet, starts_at=NOW - timedelta(hours=30), state=State.DONE)
    reconcile(NOW)
    months = {f"{row.starts_at:%Y-%m}" for row in BookingOutcome.objects.all()}
    assert "75 %" in text(client, HOURS) or len(months) > 1
    lines = client.get(f"{HOURS}exporter/csv/").content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("month;machine;bookings;planned_minutes;used_minutes")
    assert sum(int(line.split(";")[4] or 0) for line in lines[1:]) == 90
    assert [line.split(";")[4] for line in lines if "Couture" in line] == [""]
    assert client.get(f"{HOURS}exporter/pdf/").status_code == 404


def test_a_year_ends_with_this_month():
    assert [moment.isoformat() for moment in year_to(WEDNESDAY)] == ["2025-11-01", "2026-12-01"]
    assert [moment.isoformat() for moment in year_to(WEDNESDAY.replace(month=12, day=31))] == [
        "2025-12-01",
        "2027-01-01",
    ]


def test_the_day_counts_what_waits(client, boss):
    stray()
    assert f"{LIST}?state=open" in text(client, "/gestion/")
