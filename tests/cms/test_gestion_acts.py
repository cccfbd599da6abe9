"""What each screen does, through the services: the row afterwards, or the reason in words."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from booking.models import Reservation, State
from cms.gestion.forms.fields import window_initial
from machines.models import Machine, MachineCategory, Outage, Qualification
from machines.services.usage import open_usage
from members.models import AuditEntry, JoinRequest, Message, User
from members.services import notify
from place.clock import at, local
from place.models import Closure, OpeningPeriod, OpeningSeries
from tests.factories.booking import ReservationFactory, open_lab, wall
from tests.factories.machines import CategoryFactory, MachineFactory, OutageFactory, QualificationFactory
from tests.factories.members import PASSWORD, AdminFactory, AdultFactory, MemberFactory, StaffFactory
from tests.factories.place import ClosureFactory, OpeningPeriodFactory
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory
from workshops.models import Registration, Workshop, WorkshopSession

pytestmark = pytest.mark.django_db

DAY = timezone.localdate() + timedelta(days=3)


@pytest.fixture
def boss(home, client) -> User:
    """A fab manager who is signed in."""
    person = StaffFactory(first_name="Samia")
    client.force_login(person)
    return person


def post(client, name: str, data: dict, *args):
    return client.post(reverse(name, args=args), data)


def hours(start: str, end: str, day: date = DAY) -> dict:
    return {"day": day.isoformat(), "starts": start, "ends": end}


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
    response = post(client, "lab_categories:edit", {"name": "Impression", "slug": "fil", "process": "fdm"}, category.pk)
    assert response.status_code == 302
    assert MachineCategory.objects.get().name == "Impression"
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


def test_planned_maintenance_over_a_booking_is_refused_with_the_reason(client, boss):
    booked = ReservationFactory(starts_at=wall(14, DAY))
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
    data = {"member": "ines", "category": category.pk, "level": "1", "expires_on": "2027-06-30"}
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
    data = hours("14:00", "18:00") | {"kind": "open_lab", "label": "Labo ouvert", "frequency": "weekly"}
    until = DAY + timedelta(days=21)
    assert post(client, "lab_opening_plan", data | {"until": until.isoformat()}).status_code == 302
    days = [local(row.starts_at).date() for row in OpeningPeriod.objects.all()]
    assert days == [DAY + timedelta(days=7 * week) for week in range(4)]


def test_a_pattern_that_contradicts_itself_is_explained(client, boss):
    data = hours("14:00", "18:00") | {"kind": "open_lab", "label": "Labo", "frequency": "monthly"}
    response = post(client, "lab_opening_plan", data)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["frequency"]
    assert not OpeningSeries.objects.exists()


def test_hours_that_go_backwards_are_explained(client, boss):
    data = hours("18:00", "14:00") | {"kind": "open_lab", "label": "Labo", "frequency": "none"}
    assert list(post(client, "lab_opening_plan", data).context["form"].errors) == ["ends"]


@pytest.fixture
def weekly(client, boss) -> list[OpeningPeriod]:
    """Four Wednesdays or so, 14 h to 18 h."""
    data = hours("14:00", "18:00") | {"kind": "open_lab", "label": "Labo", "frequency": "weekly"}
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
    data = {"title": "Bateaux", "slug": "bateaux", "places": 8, "machines": [machine.pk]}
    assert post(client, "lab_workshops:add", data).status_code == 302
    assert list(Workshop.objects.get().machines.all()) == [machine]
    assert client.get("/ateliers/bateaux/").status_code == 200


def test_sessions_are_planned_moved_and_cancelled_with_a_reason(client, boss):
    workshop = WorkshopFactory(places=6)
    data = hours("14:00", "16:00") | {"workshop": workshop.pk, "frequency": "none"}
    assert post(client, "lab_session_plan", data).status_code == 302
    session = WorkshopSession.objects.get()
    assert (session.places, session.starts_at) == (6, wall(14, DAY))
    assert post(client, "lab_session_move", hours("15:00", "17:00"), session.pk).status_code == 302
    session.refresh_from_db()
    assert session.starts_at == wall(15, DAY)
    assert post(client, "lab_session_cancel", {"reason": "animatrice malade"}, session.pk).status_code == 302
    session.refresh_from_db()
    assert (session.state, session.cancel_reason) == ("cancelled", "animatrice malade")
    response = post(client, "lab_session_cancel", {"reason": "encore"}, session.pk)
    assert [problem.code for problem in response.context["problems"]] == ["registration_closed"]


def test_a_series_of_sessions_is_planned(client, boss):
    data = hours("14:00", "16:00") | {"workshop": WorkshopFactory().pk, "frequency": "weekly", "places": 5}
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
    assert waiting.status == "confirmed"


# --- Bookings ---------------------------------------------------------------------------------------------------------


def booking_form(machine: Machine, start: str, end: str, **more) -> dict:
    return hours(start, end) | {"member": "lea", "machine": machine.slug, "channel": "desk"} | more


def test_staff_book_for_a_member(client, boss):
    open_lab(day=DAY)
    lea, machine = AdultFactory(username="lea"), MachineFactory()
    assert post(client, "lab_reservation_book", booking_form(machine, "14:00", "15:00")).status_code == 302
    made = Reservation.objects.get()
    assert (made.member, made.created_by, made.channel, made.starts_at) == (lea, boss, "desk", wall(14, DAY))


def test_a_refusal_is_a_sentence_with_other_times_as_links(client, boss):
    open_lab(day=DAY)
    AdultFactory(username="lea")
    machine = MachineFactory()
    ReservationFactory(machine=machine, starts_at=wall(14, DAY))
    response = post(client, "lab_reservation_book", booking_form(machine, "14:00", "15:00"))
    assert response.status_code == 409
    assert [problem.code for problem in response.context["problems"]] == ["overlap"]
    proposals = response.context["alternatives"]
    assert len(proposals) == 3
    filled = client.get(reverse("lab_reservation_book") + proposals[0]["url"]).context["form"].initial
    assert (filled["member"], filled["machine"], filled["day"]) == ("lea", machine.slug, DAY.isoformat())
    assert "waive" not in response.context["form"].fields


def test_a_rule_is_set_aside_only_with_a_reason(client, boss):
    open_lab(day=DAY)
    AdultFactory(username="lea")
    machine = MachineFactory(level_required=2)
    data = booking_form(machine, "14:00", "15:00")
    refused = post(client, "lab_reservation_book", data)
    assert [code for code, _text in refused.context["form"].fields["waive"].widget.choices] == ["qualification_missing"]
    silent = post(client, "lab_reservation_book", data | {"waive": ["qualification_missing"]})
    assert silent.status_code == 422
    assert not Reservation.objects.exists()
    reason = {"waive": ["qualification_missing"], "waive_reason": "formée au lab voisin"}
    assert post(client, "lab_reservation_book", data | reason).status_code == 302
    made = Reservation.objects.get()
    assert (made.waived, made.waive_reason) == (["qualification_missing"], "formée au lab voisin")


def test_a_reservation_is_moved_and_cancelled_with_a_reason(client, boss):
    open_lab(day=DAY)
    booked = ReservationFactory(starts_at=wall(14, DAY))
    assert post(client, "lab_reservation_move", hours("16:00", "17:00"), booked.pk).status_code == 302
    booked.refresh_from_db()
    assert booked.starts_at == wall(16, DAY)
    refused = post(client, "lab_reservation_move", hours("20:00", "21:00"), booked.pk)
    assert "closed" in [problem.code for problem in refused.context["problems"]]
    assert post(client, "lab_reservation_cancel", {"reason": "machine prêtée"}, booked.pk).status_code == 302
    booked.refresh_from_db()
    assert (booked.state, booked.cancel_reason) == (State.CANCELLED, "machine prêtée")


def test_moving_starts_from_the_present_time(client, boss):
    booked = ReservationFactory(starts_at=wall(14, DAY))
    shown = client.get(reverse("lab_reservation_move", args=[booked.pk])).context["form"].initial
    assert {name: shown[name] for name in ("day", "starts", "ends")} == window_initial(booked.starts_at, booked.ends_at)


def test_reservations_are_found_by_name_and_machine(client, boss):
    lea = AdultFactory(first_name="Léa", last_name="Costa")
    wanted = ReservationFactory(starts_at=wall(14, DAY), member=lea)
    ReservationFactory(starts_at=wall(14, DAY))
    address = f"{reverse('lab_reservations')}?q=costa&machine={wanted.machine_id}"
    assert [row.instance for row in client.get(address).context["table"].rows] == [wanted]


def test_a_long_list_is_read_page_after_page(client, boss, monkeypatch):
    monkeypatch.setattr("cms.gestion.views.PAGE_SIZE", 2)
    made = [ReservationFactory(starts_at=wall(14, DAY)) for _number in range(5)]
    seen, address = [], reverse("lab_reservations")
    while address:
        context = client.get(address).context
        seen += [row.instance for row in context["table"].rows]
        address = context["next_url"] and reverse("lab_reservations") + context["next_url"]
    assert seen == made


@pytest.mark.parametrize("cursor", ["x", "[]", '["2026"]', '["a","b"]', '{"a":1}', "[1,2]", '["2026-01-01", 1e400]'])
def test_a_wrong_cursor_starts_over(client, boss, cursor):
    booked = ReservationFactory(starts_at=wall(14, DAY))
    rows = client.get(reverse("lab_reservations"), {"after": cursor}).context["table"].rows
    assert [row.instance for row in rows] == [booked]


# --- People -----------------------------------------------------------------------------------------------------------


def member_form(**changes) -> dict:
    return {"first_name": "Léa", "last_name": "Costa", "birth_date": "1990-04-01", "roles": ["member"]} | changes


def test_a_new_account_shows_its_password_once(client, boss):
    response = post(client, "lab_member_create", member_form())
    person = User.objects.get(username="leac")
    password = response.context["password"]
    assert "no-store" in response["Cache-Control"]
    assert password in response.content.decode()
    assert person.check_password(password)
    assert password not in str(list(AuditEntry.objects.values_list("detail", flat=True)))
    assert password not in client.get(reverse("lab_members")).content.decode()


def test_nobody_gives_a_role_beyond_their_own_rights(client, boss):
    offered = dict(client.get(reverse("lab_member_create")).context["form"].fields["roles"].choices)
    assert set(offered) <= {"visitor", "member", "mentor", "facilitator", "fab_manager", "director", "editor"}
    client.force_login(helper := StaffFactory(roles=["facilitator"]))
    helper.user_permissions.add(*boss.groups.get().permissions.filter(codename="manage_members"))
    assert "fab_manager" not in dict(client.get(reverse("lab_member_create")).context["form"].fields["roles"].choices)
    response = post(client, "lab_member_create", member_form(roles=["fab_manager"]))
    assert list(response.context["form"].errors) == ["roles"]
    assert not User.objects.filter(first_name="Léa").exists()


def test_hidden_fields_give_no_rights(client, boss):
    post(client, "lab_member_create", member_form(is_superuser="1", is_staff="1", user_permissions="1"))
    person = User.objects.get(username="leac")
    assert (person.is_superuser, person.is_staff, person.user_permissions.count()) == (False, False, 0)


def test_an_account_is_edited_with_its_roles(client, boss):
    person = AdultFactory()
    data = member_form(preferred_language="fr", roles=["member", "mentor"])
    assert post(client, "lab_member_edit", data, person.pk).status_code == 302
    person.refresh_from_db()
    assert str(person) == "Léa Costa"
    assert sorted(person.groups.values_list("name", flat=True)) == ["member", "mentor"]


def test_the_account_of_an_administrator_is_not_a_fab_managers_to_touch(client, boss):
    admin = AdminFactory(first_name="Racine")
    data = member_form(preferred_language="fr")
    assert post(client, "lab_member_edit", data, admin.pk).status_code == 403
    assert post(client, "lab_member_password", {}, admin.pk).status_code == 403
    assert post(client, "lab_member_deactivate", {"reason": "x"}, admin.pk).status_code == 403
    admin.refresh_from_db()
    assert (admin.first_name, admin.is_active, admin.check_password(PASSWORD)) == ("Racine", True, True)


def test_a_taken_e_mail_is_explained(client, boss):
    AdultFactory(email="lea@lab.example")
    response = post(client, "lab_member_create", member_form(email="LEA@lab.example"))
    assert response.status_code == 200
    assert response.context["form"].errors
    assert User.objects.filter(first_name="Léa").count() == 0


def test_a_new_password_replaces_the_old_one(client, boss):
    person = MemberFactory()
    response = post(client, "lab_member_password", {}, person.pk)
    person.refresh_from_db()
    assert person.check_password(response.context["password"])
    assert not person.check_password(PASSWORD)


def test_a_closed_account_leaves_the_list(client, boss):
    person = MemberFactory()
    assert post(client, "lab_member_deactivate", {"reason": "déménage"}, person.pk).status_code == 302
    person.refresh_from_db()
    assert person.is_active is False
    listed = [row.instance for row in client.get(reverse("lab_members")).context["table"].rows]
    assert person not in listed


@pytest.mark.parametrize(
    ("typed", "problem"), [("personne", "nobody"), ("prénom", "several"), ("ines", None), ("Inès Belkacem", None)]
)
def test_a_person_is_found_by_sign_in_name_or_full_name(client, boss, typed, problem):
    MemberFactory(username="ines", first_name="Inès", last_name="Belkacem")
    MemberFactory()
    MemberFactory()
    data = {"member": typed, "category": CategoryFactory().pk, "level": "1"}
    response = post(client, "lab_qualification_grant", data)
    if problem is None:
        assert Qualification.objects.get().member.username == "ines"
    else:
        assert response.context["form"].errors.as_data()["member"][0].code == problem


def test_a_joining_request_becomes_an_account_once(client, boss):
    asked = JoinRequest.objects.create(first_name="Milo", last_name="Andrieu", birth_date=date(2012, 3, 3))
    response = post(client, "lab_join_accept", {}, asked.pk)
    person = User.objects.get(first_name="Milo")
    assert person.check_password(response.context["password"])
    again = post(client, "lab_join_accept", {}, asked.pk)
    assert len(again.context["form"].non_field_errors()) == 1
    assert User.objects.filter(first_name="Milo").count() == 1


def test_a_joining_request_is_declined(client, boss):
    asked = JoinRequest.objects.create(first_name="Milo", last_name="Andrieu", birth_date=date(2012, 3, 3))
    assert post(client, "lab_join_decline", {}, asked.pk).status_code == 302
    asked.refresh_from_db()
    assert (asked.state, asked.decided_by) == ("declined", boss)
    assert client.get(reverse("lab_join_requests")).context["table"] is None


def test_a_call_is_marked_as_made(client, boss):
    message = notify(recipient=MemberFactory(), subject="Demain", body="On ferme.")
    assert post(client, "lab_message_told", {}, message.pk).status_code == 302
    message.refresh_from_db()
    assert message.state == Message.State.SENT
    assert mail.outbox == []


def test_queries_of_a_list_do_not_grow_with_rows(client, boss, django_assert_max_num_queries):
    def count(name: str) -> int:
        client.get(reverse(name))
        with django_assert_max_num_queries(40) as captured:
            client.get(reverse(name))
        return len(captured)

    def grow(number: int) -> None:
        for _one in range(number):
            QualificationFactory(granted_by=boss)
            ReservationFactory(starts_at=wall(14, DAY))
            RegistrationFactory(session=SessionFactory(starts_at=wall(14, DAY)))
            ClosureFactory(starts_at=at(DAY, wall(14).time()), ends_at=wall(20, DAY))

    names = ["lab_members", "lab_reservations", "lab_sessions", "lab_qualifications", "wagtailadmin_home"]
    grow(1)
    before = {name: count(name) for name in names}
    grow(4)
    assert {name: count(name) for name in names} == before
