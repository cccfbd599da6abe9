"""Bookings made for somebody, and people: the row afterwards, or the reason in words."""

from datetime import date

import pytest
from django.core import mail
from django.urls import reverse

from booking.forms import window_initial
from booking.models import Reservation, State
from machines.models import Machine, Qualification
from members.models import AuditEntry, JoinRequest, Message, User
from members.services import notify
from place.clock import at
from tests.cms.acts import DAY, hours, post
from tests.factories.booking import ReservationFactory, open_lab, wall
from tests.factories.machines import CategoryFactory, MachineFactory, QualificationFactory
from tests.factories.members import PASSWORD, AdminFactory, AdultFactory, MemberFactory, StaffFactory
from tests.factories.place import ClosureFactory
from tests.factories.workshops import RegistrationFactory, SessionFactory

pytestmark = pytest.mark.django_db


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


def test_an_absence_is_excused_with_a_reason(client, boss):
    gone = ReservationFactory(state=State.NO_SHOW, starts_at=wall(14, DAY))
    address = reverse("lab_reservation_excuse", args=[gone.pk])
    assert address in client.get(reverse("lab_reservations")).content.decode()
    assert post(client, "lab_reservation_excuse", {"reason": "malade"}, gone.pk).status_code == 302
    gone.refresh_from_db()
    assert gone.excused
    assert address not in client.get(reverse("lab_reservations")).content.decode()


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
    data = {"member": typed, "category": CategoryFactory().pk, "level": "1", "motive": "appris à Aix"}
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
