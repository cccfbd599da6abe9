"""Certificates: who may have whose, what is on them, and that the same facts are the same bytes."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from desk import pdf
from place.queries import lab
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory, child_of
from tests.factories.place import wall
from tests.factories.workshops import SessionFactory, WorkshopFactory
from workshops.attended_queries import course_of
from workshops.models import Attendance, WorkshopSession

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> WorkshopSession:
    return SessionFactory(starts_at=wall(2026, 11, 4, 14), workshop=WorkshopFactory(title="Répare ta manette"))


def certificate(session: WorkshopSession, **names: str) -> bytes:
    person = MemberFactory(**names)
    Attendance.objects.create(session=session, member=person)
    return pdf.attendance(lab(), person, course_of(person, session.pk))


def test_the_same_certificate_is_the_same_bytes_on_another_day(session, monkeypatch):
    person = MemberFactory(first_name="Zoé")
    Attendance.objects.create(session=session, member=person)
    first = pdf.attendance(lab(), person, course_of(person, session.pk))
    later = timezone.now() + timedelta(days=40)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert pdf.attendance(lab(), person, course_of(person, session.pk)) == first
    assert first.startswith(b"%PDF-")


@pytest.mark.parametrize("name", ["Nguyễn", "Çelik Şahin", "Œuvrard", "Łukasiewicz", "Ɐ 漢字 ع", "x" * 150])
def test_any_name_can_be_written(session, name):
    assert certificate(session, last_name=name).startswith(b"%PDF-")


def test_letters_that_the_type_lacks_are_written_in_those_it_has():
    sheet = pdf.Certificate(lab(), "Attestation", wall(2026, 11, 4, 16))
    assert sheet.plain("Nguyễn Łukasz Şahin, « Œuf »") == "Nguyen Łukasz Şahin, « Œuf »"


def test_people_have_their_own_certificate_and_parents_that_of_their_child(client: Client, session):
    parent = AdultFactory()
    child = child_of({"account": parent})
    other = AdultFactory()
    Attendance.objects.create(session=session, member=child)
    own, of_child = f"/compte/attestations/{session.pk}/", f"/compte/enfants/{child.pk}/attestations/{session.pk}/"
    found = {}
    for person in (child, parent, other):
        client.force_login(person)
        found[person] = [client.get(url).status_code for url in (own, of_child)]
    assert found == {child: [200, 404], parent: [404, 200], other: [404, 404]}
    client.force_login(StaffFactory(roles=["desk"]))
    answer = client.get(f"/accueil/personnes/{child.pk}/attestations/{session.pk}/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")


def test_who_was_absent_has_none(client: Client, session):
    person = MemberFactory()
    Attendance.objects.create(session=session, member=person, state="absent")
    client.force_login(person)
    assert client.get(f"/compte/attestations/{session.pk}/").status_code == 404
    assert client.get("/compte/presences/").context["courses"] == []


def test_hours_are_certified_once_they_are_confirmed(client: Client, session):
    helper, boss = AdultFactory(), StaffFactory(roles=["fab_manager"])
    row = Attendance.objects.create(session=session, member=helper, role="volunteer")
    pupil = Attendance.objects.create(session=session, member=MemberFactory())
    client.force_login(helper)
    period = "?du=2026-11-01&au=2026-11-30"
    assert client.get(f"/compte/benevolat/{period}").status_code == 404
    client.force_login(boss)
    assert [one.person for one in client.get(f"/accueil/heures/{period}").context["people"]] == [helper]
    client.post(f"/accueil/heures/{period}", {"attendance": [row.pk, pupil.pk]})
    (shown,) = client.get(f"/accueil/heures/{period}").context["people"]
    assert shown.confirmed == timedelta(hours=2)
    pupil.refresh_from_db()
    assert pupil.hours_confirmed_at is None
    client.force_login(helper)
    assert client.get(f"/compte/benevolat/{period}").content.startswith(b"%PDF-")
    assert client.get("/compte/benevolat/?du=2026-12-01&au=2026-12-30").status_code == 404


def test_the_list_of_hours_takes_as_many_queries_for_one_helper_as_for_forty(
    client: Client, session, django_assert_num_queries
):
    client.force_login(StaffFactory(roles=["fab_manager"]))
    url = "/accueil/heures/?du=2026-11-01&au=2026-11-30"

    def add(number: int) -> None:
        for _ in range(number):
            Attendance.objects.create(session=session, member=AdultFactory(), role="mentor")

    add(1)
    client.get(url)
    with django_assert_num_queries(9):
        assert len(client.get(url).context["people"]) == 1
    add(39)
    with django_assert_num_queries(9):
        assert len(client.get(url).context["people"]) == 40
