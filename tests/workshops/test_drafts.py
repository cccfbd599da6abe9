"""A draft is nowhere in public, even one that has dates and people: each place is asked with one that could leak."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.place import wall
from tests.factories.workshops import DayFactory, SessionFactory, WorkshopFactory, choice
from workshops import queries, services
from workshops.agenda_queries import offered
from workshops.models import Workshop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
SECRET = "Atelier secret"


@pytest.fixture
def draft():
    """A draft with a date, as no service would leave one."""
    session = SessionFactory(workshop=WorkshopFactory(title=SECRET, slug="secret", theme="secrète"))
    Workshop.objects.update(draft=True)
    SessionFactory(workshop=WorkshopFactory(title="Public", theme="bois"))
    return session


@pytest.mark.parametrize(
    "path",
    [
        *("/agenda/", "/agenda/?vue=semaine&from=2026-11-23", "/agenda/imprimer/", "/agenda/integrer/"),
        *("/agenda.ics", "/agenda.rss", "/api/v1/workshop-sessions?from=2026-11-20&to=2026-12-20"),
    ],
)
def test_no_list_shows_a_draft(client, draft, path):
    answer = client.get(path)
    assert answer.status_code == 200
    found = answer.content.decode().lower()
    assert SECRET.lower() not in found
    assert "secrète" not in found
    assert '"secret"' not in found
    assert "public" in found or "atelier-" in found


def test_the_page_of_its_session_is_there_for_who_plans_only(client, draft):
    for role, status in ((None, 404), ("desk", 404), ("fab_manager", 200)):
        if role:
            client.force_login(StaffFactory(roles=[role]))
        assert client.get(f"/seances/{draft.pk}/").status_code == status


def test_nobody_registers_for_a_draft(client, draft):
    client.force_login(MemberFactory())
    assert client.post(f"/seances/{draft.pk}/inscription/").status_code == 404
    answer = client.post(f"/api/v1/workshop-sessions/{draft.pk}/registrations", content_type="application/json")
    assert answer.status_code in {401, 403, 404}
    assert not draft.registrations.exists()


def test_a_draft_is_neither_offered_instead_of_another_nor_a_theme_nor_a_choice_of_a_day(draft, now):
    assert [str(one.workshop) for one in queries.next_joinable(13, now)] == ["Public"]
    WorkshopFactory(theme="couture")
    assert offered().themes == ("bois", "couture")
    day = DayFactory()
    choice(day.bands.first(), title=SECRET)
    Workshop.objects.filter(title=SECRET).update(draft=True)
    assert [one.choices for one in queries.parts_of(day)] == [[], []]


def test_a_workshop_with_dates_to_come_does_not_become_a_draft(now):
    session = SessionFactory()
    session.workshop.draft = True
    with pytest.raises(ValidationError) as refused:
        services.save_workshop(workshop=session.workshop, actor=None, now=now)
    assert set(refused.value.error_dict) == {"draft"}
    services.cancel_session(session=session, reason="plus tard", actor=None, now=now)
    assert services.save_workshop(workshop=session.workshop, actor=None, now=now).draft
    past = SessionFactory(starts_at=wall(2026, 11, 18, 9))
    past.workshop.draft = True
    assert services.save_workshop(workshop=past.workshop, actor=None, now=now + timedelta(1)).draft
