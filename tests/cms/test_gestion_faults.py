"""Reports of faults in the back office: listed, looked at, answered."""

from datetime import timedelta

import pytest
from django.utils import timezone

from booking.models import Reservation
from cms.gestion.today import parts
from machines.models import FaultReport, Outage
from tests.factories.booking import ReservationFactory
from tests.factories.cms import photo_bytes
from tests.factories.faults import FaultFactory
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory, StaffFactory

pytestmark = pytest.mark.django_db
LIST = "/gestion/signalements/"
NOW = timezone.now()
DONE = {"state": "dismissed", "decision_note": "Rien vu", "decided_at": NOW}


def text(response) -> str:
    return response.content.decode()


def page(report: FaultReport) -> str:
    return f"{LIST}{report.pk}/"


def answer(client, report: FaultReport, **fields):
    return client.post(page(report), {"decision": "outage", "note": "Buse bouchée", **fields})


def test_open_reports_come_first_then_the_newest(client, boss):
    for number, fields in enumerate([{}, DONE, {}, DONE]):
        FaultFactory(what=f"Bruit-{number}.", created_at=NOW - timedelta(hours=9 - number), **fields)
    html = text(client.get(LIST))
    places = [html.index(f"Bruit-{number}.") for number in (2, 0, 3, 1)]
    assert places == sorted(places)


def test_the_list_shows_one_machine_or_one_state(client, boss):
    shown = FaultFactory(what="Canari", **DONE)
    FaultFactory(what="Rossignol", machine=shown.machine)
    FaultFactory(what="Mésange", **DONE)
    html = text(client.get(LIST, {"machine": shown.machine_id, "state": "dismissed"}))
    assert [name in html for name in ("Canari", "Rossignol", "Mésange")] == [True, False, False]


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_takes_the_same_queries_for_one_report_and_many(client, boss, count, django_assert_num_queries):
    for _ in range(count):
        FaultFactory(photo=photo_bytes())
        FaultFactory(decided_by=boss, **DONE)
    client.get(LIST)
    with django_assert_num_queries(12):
        client.get(LIST)


def test_a_long_list_goes_on_after_the_last_open_report(client, boss):
    machine = MachineFactory()
    for number in range(60):
        FaultFactory(machine=machine, what=f"Bruit-{number}.", **(DONE if number % 2 else {}))
    first = client.get(LIST)
    second = client.get(LIST + first.context["next_url"])
    seen = [text(one).count("Bruit-") for one in (first, second)]
    assert (seen, second.context["next_url"]) == ([50, 10], "")


def test_a_report_is_shown_with_its_photo_and_typed_words_stay_words(client, boss):
    report = FaultFactory(what="<script>alert(1)</script>", dangerous=True, photo=photo_bytes())
    for address in (LIST, page(report)):
        html = text(client.get(address))
        assert f"{page(report)}photo/" in html
        assert "<script>alert(1)" not in html
        assert report.photo.name not in html


def test_the_photo_is_handed_to_the_team_and_kept_by_nobody(client, boss):
    report = FaultFactory(photo=photo_bytes())
    response = client.get(f"{page(report)}photo/")
    assert b"".join(response.streaming_content)[:2] == b"\xff\xd8"
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert "no-store" in response["Cache-Control"]


def test_a_photo_that_is_not_there_is_not_found(client, boss):
    gone = FaultFactory(photo=b"x")
    gone.photo.storage.delete(gone.photo.name)
    for report in (gone, FaultFactory()):
        assert client.get(f"{page(report)}photo/").status_code == 404


@pytest.mark.parametrize("address", ["/media/", "/static/", "/private/", "/documents/"])
def test_no_address_of_the_site_leads_to_the_file_itself(client, boss, address):
    report = FaultFactory(photo=photo_bytes())
    assert client.get(address + report.photo.name).status_code == 404


@pytest.mark.parametrize("role", ["member", "desk", "editor"])
def test_neither_the_photo_nor_the_words_are_for_others(client, home, role):
    report = FaultFactory(what="Canari", photo=photo_bytes())
    client.force_login(AdultFactory(roles=[role]))
    for address in (LIST, page(report), f"{page(report)}photo/"):
        response = client.get(address)
        assert (response.status_code, b"Canari" in response.content) == (403, False)
    assert answer(client, report).status_code == 403
    assert Outage.objects.count() == 0


def test_a_facilitator_declares_the_outage(client, home):
    report = FaultFactory()
    client.force_login(StaffFactory(roles=["facilitator"]))
    assert answer(client, report).url == LIST
    report.refresh_from_db()
    assert (report.state, report.outage.reason, report.outage.ends_at) == ("outage", "Buse bouchée", None)


def test_maintenance_while_members_hold_the_time_says_so_and_changes_nothing(client, boss):
    report, day = FaultFactory(), timezone.localdate() + timedelta(days=2)
    start = timezone.localtime().replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=2)
    booked = ReservationFactory(machine=report.machine, starts_at=start, ends_at=start + timedelta(hours=1))
    wanted = {"decision": "maintenance", "first_day": day.isoformat(), "starts": "09:00", "ends": "12:00"}
    response = answer(client, report, **wanted)
    assert (response.status_code, [one.code for one in response.context["problems"]]) == (409, ["overlap"])
    report.refresh_from_db()
    assert (report.state, Outage.objects.count()) == ("new", 0)
    booked.delete()
    assert answer(client, report, **wanted).status_code == 302
    assert Reservation.objects.get().kind == "maintenance"


def test_a_missing_day_or_reason_is_told_in_the_form(client, boss):
    report = FaultFactory()
    for wrong in ({"decision": "maintenance"}, {"note": ""}, {"decision": ""}, {"decision": "new"}):
        response = answer(client, report, **wrong)
        assert (response.status_code, bool(response.context["form"].errors)) == (200, True)
    assert Outage.objects.count() == 0


def test_a_second_answer_is_refused_in_words(client, boss):
    report = FaultFactory(**DONE)
    response = answer(client, report)
    assert "déjà répondu" in text(response)
    assert Outage.objects.count() == 0


def test_the_day_counts_open_reports_for_who_answers_them(client, boss):
    FaultFactory.create_batch(2)
    FaultFactory(**DONE)
    assert parts(boss, NOW)["faults"] == 2
    html = text(client.get("/gestion/"))
    assert f"{LIST}?state=new" in html
    assert "2 signalements attendent une réponse" in html
    assert "faults" not in parts(AdultFactory(roles=["editor"]), NOW)
