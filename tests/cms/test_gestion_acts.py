"""What each screen does, through the services: the row afterwards, or the reason in words."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from booking.models import Kind
from machines.models import Machine, MachineCategory, Outage, Qualification
from machines.services.usage import open_usage
from members.models import AuditEntry
from place.clock import local
from place.models import Closure, OpeningPeriod, OpeningSeries
from tests.cms.acts import DAY, THIS, hours, offer, post
from tests.factories.booking import ReservationFactory, wall
from tests.factories.machines import CategoryFactory, MachineFactory, OutageFactory
from tests.factories.members import MemberFactory
from tests.factories.place import OpeningPeriodFactory
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory
from workshops.models import Registration, Workshop, WorkshopSession

pytestmark = pytest.mark.django_db


# --- The park ---------------------------------------------------------------------------------------------------------


def machine_form(**changes) -> dict:
    fields = [field for field in Machine._meta.concrete_fields if field.editable and not field.primary_key]
    blank = Machine(slug="tour", name="Tour", category=CategoryFactory())
    values = {field.name: field.value_from_object(blank) for field in fields}
    return {name: value for name, value in values.items() if value is not None and value is not False} | changes


def test_a_manager_creates_a_machine_and_its_page(client, boss):
    assert post(client, "lab_machines:add", machine_form()).status_code == 302
    assert Machine.objects.get().slug == "tour"
    assert client.get("/machines/tour/").status_code == 200
    assert AuditEntry.objects.filter(action="machine.created", actor=boss).count() == 1


def test_a_machine_whose_ages_contradict_is_explained_and_not_stored(client, boss):
    response = post(client, "lab_machines:add", machine_form(min_age=14, min_age_alone=10))
    assert response.status_code == 200
    assert not Machine.objects.exists()


def test_the_form_of_a_machine_cannot_set_what_the_machine_measures(client, boss):
    post(client, "lab_machines:add", machine_form(measured_state="down", progress=50))
    machine = Machine.objects.get()
    assert (machine.measured_state, machine.progress) == ("", None)


def test_a_manager_edits_a_category(client, boss):
    category = CategoryFactory(slug="fil", name="Fil")
    quiz = {"quiz_length": 6, "quiz_pass_percent": 90, "quiz_valid_months": 24}
    quiz |= {"valid_months": 24, "unused_months": 12}
    data = {"name": "Impression", "slug": "fil", "process": "fdm"} | quiz
    assert post(client, "lab_categories:edit", data, category.pk).status_code == 302
    row = MachineCategory.objects.get()
    assert (row.name, row.quiz_length, row.quiz_pass_percent, row.quiz_valid_months) == ("Impression", 6, 90, 24)
    assert AuditEntry.objects.filter(action="category.updated", actor=boss).exists()


def test_an_outage_without_an_end_lasts_until_somebody_ends_it(client, boss):
    machine = MachineFactory()
    data = {"machine": machine.pk, "reason": "buse bouchée", "first_day": timezone.localdate().isoformat()}
    assert post(client, "lab_outage_declare", data).status_code == 302
    outage = Outage.objects.get()
    assert (outage.ends_at, outage.reported_by) == (None, boss)
    assert post(client, "lab_outage_end", {}, outage.pk).status_code == 302
    outage.refresh_from_db()
    assert outage.ends_at is not None


def test_planned_maintenance_over_a_workshop_is_refused_with_the_reason(client, boss):
    booked = ReservationFactory(starts_at=wall(14, DAY), kind=Kind.WORKSHOP, member=None)
    data = {"machine": booked.machine_id, "reason": "courroie", "planned": "on", "first_day": DAY, "last_day": DAY}
    response = post(client, "lab_outage_declare", data)
    assert response.status_code in {200, 409, 422}
    assert not Outage.objects.exists()
    assert len(response.context.get("problems") or response.context["form"].non_field_errors()) == 1


def test_an_outage_that_is_over_says_so(client, boss):
    outage = OutageFactory(starts_at=timezone.now() - timedelta(days=2), ends_at=timezone.now() - timedelta(days=1))
    response = post(client, "lab_outage_end", {}, outage.pk)
    assert response.status_code == 200
    assert len(response.context["form"].non_field_errors()) == 1


def test_a_manager_signs_and_withdraws_a_habilitation(client, boss):
    young, category = MemberFactory(username="ines"), CategoryFactory()
    data = {"member": "ines", "category": category.pk, "level": "1", "expires_on": "2027-06-30", "motive": "à Aix"}
    assert post(client, "lab_qualification_grant", data).status_code == 302
    given = Qualification.objects.get()
    assert (given.member, given.level, given.granted_by, given.expires_on) == (young, 1, boss, date(2027, 6, 30))
    assert post(client, "lab_qualification_withdraw", {"reason": "imprudence"}, given.pk).status_code == 302
    given.refresh_from_db()
    assert given.withdrawn_reason == "imprudence"


def test_staff_say_who_used_a_machine(client, boss):
    session = open_usage(MachineFactory(), source="test", natural_key="1", started_at=timezone.now())
    young = MemberFactory(username="ines")
    assert post(client, "lab_use_attribute", {"member": "ines"}, session.pk).status_code == 302
    session.refresh_from_db()
    assert (session.member, session.attribution) == (young, "staff")
    assert AuditEntry.objects.filter(action="usage.attributed", actor=boss).count() == 1


# --- The place --------------------------------------------------------------------------------------------------------


def test_openings_every_week_are_laid_out(client, boss):
    data = hours("14:00", "18:00") | {
        "kind": "open_lab",
        "during": "always",
        "label": "Labo ouvert",
        "frequency": "weekly",
    }
    until = DAY + timedelta(days=21)
    assert post(client, "lab_opening_plan", data | {"until": until.isoformat()}).status_code == 302
    days = [local(row.starts_at).date() for row in OpeningPeriod.objects.all()]
    assert days == [DAY + timedelta(days=7 * week) for week in range(4)]


def test_a_pattern_that_contradicts_itself_is_explained(client, boss):
    data = hours("14:00", "18:00") | {"kind": "open_lab", "during": "always", "label": "Labo", "frequency": "monthly"}
    response = post(client, "lab_opening_plan", data)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["frequency"]
    assert not OpeningSeries.objects.exists()


def test_hours_that_go_backwards_are_explained(client, boss):
    data = hours("18:00", "14:00") | {"kind": "open_lab", "during": "always", "label": "Labo", "frequency": "none"}
    assert list(post(client, "lab_opening_plan", data).context["form"].errors) == ["ends"]


@pytest.fixture
def weekly(client, boss) -> list[OpeningPeriod]:
    """Four Wednesdays or so, 14 h to 18 h."""
    data = hours("14:00", "18:00") | {"kind": "open_lab", "during": "always", "label": "Labo", "frequency": "weekly"}
    post(client, "lab_opening_plan", data | {"until": (DAY + timedelta(days=21)).isoformat()})
    return list(OpeningPeriod.objects.all())


def starts() -> list[int]:
    return [local(row.starts_at).hour for row in OpeningPeriod.objects.filter(cancelled=False)]


@pytest.mark.parametrize(
    ("scope", "expected"), [("this", [14, 15, 14, 14]), ("following", [14, 15, 15, 15]), ("all", [15, 15, 15, 15])]
)
def test_changing_the_hours_goes_as_far_as_asked(client, weekly, scope, expected):
    second = weekly[1]
    data = hours("15:00", "19:00", local(second.starts_at).date()) | {"scope": scope}
    assert post(client, "lab_opening_edit", data, second.pk).status_code == 302
    assert starts() == expected


@pytest.mark.parametrize(("scope", "left"), [("this", 3), ("following", 1)])
def test_cancelling_an_opening_goes_as_far_as_asked(client, weekly, scope, left):
    assert post(client, "lab_opening_cancel", {"scope": scope}, weekly[1].pk).status_code == 302
    assert len(starts()) == left


def test_an_opening_that_stands_alone_is_not_asked_how_far(client, boss):
    period = OpeningPeriodFactory(starts_at=wall(14, DAY), ends_at=wall(18, DAY))
    assert "scope" not in client.get(reverse("lab_opening_edit", args=[period.pk])).context["form"].fields
    assert post(client, "lab_opening_edit", hours("15:00", "18:00"), period.pk).status_code == 302
    assert starts() == [15]


def test_a_closure_covers_whole_days_and_can_be_removed(client, boss):
    last = DAY + timedelta(days=2)
    data = {"reason": "Inventaire", "first_day": DAY.isoformat(), "last_day": last.isoformat()}
    assert post(client, "lab_closure_add", data).status_code == 302
    closure = Closure.objects.get()
    assert (local(closure.starts_at).date(), local(closure.ends_at).date()) == (DAY, last + timedelta(days=1))
    assert post(client, "lab_closure_remove", {"scope": "this"}, closure.pk).status_code == 302
    assert not Closure.objects.exists()


# --- Workshops --------------------------------------------------------------------------------------------------------


def test_a_manager_creates_a_workshop_with_its_machines_and_page(client, boss):
    machine = MachineFactory()
    data = offer(title="Bateaux", slug="bateaux", machines=[machine.pk])
    assert post(client, "lab_workshops:add", data).status_code == 302
    assert list(Workshop.objects.get().machines.all()) == [machine]
    assert client.get("/ateliers/bateaux/").status_code == 200


def test_sessions_are_planned_moved_and_cancelled_with_a_reason(client, boss):
    workshop = WorkshopFactory(places=6)
    data = hours("14:00", "16:00") | {"workshop": workshop.pk, "frequency": "none", "during": "always"}
    assert post(client, "lab_session_plan", data).status_code == 302
    session = WorkshopSession.objects.get()
    assert (session.places, session.starts_at) == (6, wall(14, DAY))
    assert post(client, "lab_session_move", hours("15:00", "17:00") | THIS, session.pk).status_code == 302
    session.refresh_from_db()
    assert session.starts_at == wall(15, DAY)
    assert post(client, "lab_session_cancel", {"reason": "animatrice malade"} | THIS, session.pk).status_code == 302
    session.refresh_from_db()
    assert (session.state, session.cancel_reason) == ("cancelled", "animatrice malade")
    response = post(client, "lab_session_cancel", {"reason": "encore"} | THIS, session.pk)
    assert [problem.code for problem in response.context["problems"]] == ["registration_closed"]


def test_a_series_of_sessions_is_planned(client, boss):
    data = hours("14:00", "16:00") | {
        "workshop": WorkshopFactory().pk,
        "frequency": "weekly",
        "places": 5,
        "during": "always",
    }
    until = {"until": (DAY + timedelta(days=14)).isoformat()}
    assert post(client, "lab_session_plan", data | until).status_code == 302
    assert list(WorkshopSession.objects.values_list("places", flat=True)) == [5, 5, 5]


def test_somebody_is_registered_at_the_desk_and_given_up_again(client, boss):
    session = SessionFactory(starts_at=wall(14, DAY))
    MemberFactory(username="ines")
    data = {"member": "ines", "seats": 1, "channel": "phone"}
    assert post(client, "lab_session_register", data, session.pk).status_code == 302
    made = Registration.objects.get()
    assert (made.member.username, made.status, made.channel, made.created_by) == ("ines", "confirmed", "phone", boss)
    assert "Prénom" in client.get(reverse("lab_registrations", args=[session.pk])).content.decode()
    assert post(client, "lab_registration_cancel", {}, made.pk).status_code == 302
    made.refresh_from_db()
    assert made.status == "cancelled"


def test_more_places_let_in_who_waits(client, boss):
    session = SessionFactory(starts_at=wall(14, DAY), places=1)
    RegistrationFactory(session=session)
    waiting = RegistrationFactory(session=session, status="waitlisted")
    assert post(client, "lab_session_places", {"places": 2}, session.pk).status_code == 302
    waiting.refresh_from_db()
    assert waiting.status == "held"
