from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from booking.problems import Refused
from members.models import AuditEntry, Message
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory, child_of
from tests.factories.place import wall
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory
from workshops import services
from workshops.models import Registration, WorkshopSession

pytestmark = pytest.mark.django_db
NOW = wall(2026, 11, 20, 9)


def session_of(places=2, **workshop):
    return SessionFactory(workshop=WorkshopFactory(places=places, **workshop))


def register(session, member=None, **more):
    member = member or MemberFactory()
    return services.register(session=session, member=member, **{"actor": member, "now": NOW} | more)


def cancel(registration, **more):
    return services.cancel_registration(registration=registration, **{"actor": registration.member, "now": NOW} | more)


def statuses(session):
    return list(session.registrations.order_by("pk").values_list("status", flat=True))


def test_places_are_given_in_order_then_people_wait():
    session = session_of(places=2)
    for _ in range(4):
        register(session)
    assert statuses(session) == ["confirmed", "confirmed", "waitlisted", "waitlisted"]


def test_more_seats_than_are_left_are_refused_with_what_is_left():
    session = session_of(places=10)
    register(session, seats=9)
    with pytest.raises(Refused) as refused:
        register(session, seats=5)
    assert refused.value.codes == ["full"]
    assert refused.value.problems[0].detail == {"places": 10, "places_left": 1}
    register(session, seats=1)
    register(session, seats=5)
    assert statuses(session) == ["confirmed", "confirmed", "waitlisted"]


def test_who_does_not_want_to_wait_is_told_it_is_full():
    session = session_of(places=1)
    register(session)
    with pytest.raises(Refused) as refused:
        register(session, accepts_waiting=False)
    assert refused.value.codes == ["full"]
    assert statuses(session) == ["confirmed"]


def test_the_same_person_registers_once_and_again_after_cancelling():
    session, member = session_of(), MemberFactory()
    first = register(session, member)
    with pytest.raises(Refused) as refused:
        register(session, member)
    assert refused.value.problems[0].detail == {"registration": first.pk}
    cancel(first)
    register(session, member)
    assert statuses(session) == ["cancelled", "confirmed"]


@pytest.mark.parametrize(("birth", "codes"), [(date(2018, 11, 25), []), (date(2018, 11, 26), ["age_out_of_range"])])
def test_age_counts_on_the_day_of_the_session(birth, codes):
    session, member = session_of(age_min=8, age_max=12), MemberFactory(birth_date=birth)
    try:
        register(session, member)
        found = []
    except Refused as refused:
        found = refused.codes
    assert found == codes
    assert session.registrations.count() == (0 if codes else 1)


def test_nobody_registers_once_the_session_has_begun():
    session = session_of()
    with pytest.raises(Refused) as refused:
        register(session, now=session.starts_at)
    assert refused.value.codes == ["registration_closed"]


def test_what_the_page_says_is_what_the_service_decides():
    session, member = session_of(age_min=18), MemberFactory(birth_date=date(2014, 1, 1))
    said = [problem.code for problem in services.problems_for(member, session, NOW)]
    with pytest.raises(Refused) as refused:
        register(session, member)
    assert said == refused.value.codes == ["age_out_of_range"]


def test_no_seat_at_all_is_no_registration():
    session = session_of()
    with pytest.raises(ValidationError):
        register(session, seats=0)
    assert not session.registrations.exists()


def test_registering_somebody_else_needs_the_right():
    session, member, stranger = session_of(), MemberFactory(), MemberFactory()
    with pytest.raises(PermissionDenied):
        register(session, member, actor=stranger)
    staff = StaffFactory(roles=["facilitator"])
    made = register(session, member, actor=staff, channel="phone")
    assert (made.created_by, made.channel, made.status) == (staff, "phone", "confirmed")


def test_cancelling_gives_the_place_to_the_first_who_waits():
    session = session_of(places=1)
    first, second, third = (register(session) for _ in range(3))
    cancel(first)
    assert statuses(session) == ["cancelled", "held", "waitlisted"]
    told = Message.objects.filter(recipient=second.member)
    assert [message.recipient_id for message in told] == [second.member_id]
    assert not Message.objects.filter(recipient=third.member).exists()


def test_the_first_who_fits_goes_before_a_larger_group():
    session = session_of(places=2)
    one, _two = register(session), register(session)
    register(session, seats=2)
    register(session, seats=1)
    cancel(one)
    assert statuses(session) == ["cancelled", "confirmed", "waitlisted", "held"]


def test_one_group_that_leaves_lets_in_all_who_fit_in_order():
    session = session_of(places=3)
    group = register(session, seats=3)
    for seats in (2, 2, 1):
        register(session, seats=seats)
    cancel(group)
    assert statuses(session) == ["cancelled", "held", "waitlisted", "held"]


def test_leaving_the_waiting_line_promotes_nobody():
    session = session_of(places=1)
    register(session)
    waiting, _other = register(session), register(session)
    cancel(waiting)
    assert statuses(session) == ["confirmed", "cancelled", "waitlisted"]


def test_cancelling_twice_or_too_late_is_refused():
    session = session_of()
    made = register(session)
    with pytest.raises(Refused):
        cancel(made, now=session.starts_at + timedelta(minutes=1))
    cancel(made)
    with pytest.raises(Refused) as refused:
        cancel(made)
    assert refused.value.codes == ["registration_closed"]
    assert AuditEntry.objects.filter(action="registration.cancelled").count() == 1


def test_cancelling_for_somebody_else_needs_the_right_and_tells_them():
    made = RegistrationFactory(member=MemberFactory())
    stranger = MemberFactory()
    with pytest.raises(PermissionDenied):
        cancel(made, actor=stranger)
    cancel(made, actor=StaffFactory(roles=["facilitator"]), channel="desk")
    made.refresh_from_db()
    assert made.status == Registration.Status.CANCELLED
    assert Message.objects.filter(recipient=made.member).count() == 1


def test_somebody_with_an_address_gets_one_message_in_their_language(mailoutbox, django_capture_on_commit_callbacks):
    member = MemberFactory(email="ines@example.org", preferred_language="en")
    session = session_of()
    with django_capture_on_commit_callbacks(execute=True):
        register(session, member)
    (mail,) = mailoutbox
    assert mail.to == ["ines@example.org"]
    assert session.workshop.title in mail.subject
    assert f"/seances/{session.pk}/" in mail.body


def test_each_act_is_in_the_log_with_its_channel():
    made = register(session_of())
    cancel(made, channel="phone")
    assert list(
        AuditEntry.objects.filter(subject=f"registration:{made.pk}").order_by("pk").values_list("action", "channel")
    ) == [
        ("registration.made", "online"),
        ("registration.cancelled", "phone"),
    ]


def coming() -> WorkshopSession:
    start = timezone.now() + timedelta(days=2)
    return SessionFactory(starts_at=start, ends_at=start + timedelta(hours=2))


def test_a_guardian_registers_and_cancels_their_child_and_nobody_else(client) -> None:
    parent = AdultFactory()
    child, stranger, session = child_of({"account": parent}), child_of(first_name="Canari"), coming()
    client.force_login(parent)
    page = f"/seances/{session.pk}/inscription/"
    assert client.post(f"{page}?pour={child.pk}").status_code == 302
    row = Registration.objects.get(member=child)
    assert (row.status, row.created_by, row.channel) == ("confirmed", parent, "online")
    theirs = RegistrationFactory(member=stranger, session=session)
    assert client.post(f"/inscriptions/{theirs.pk}/annuler/", {"sure": "1"}).status_code == 404
    assert client.post(f"{page}?pour={stranger.pk}").status_code == 404
    assert client.get(f"/compte/enfants/{stranger.pk}/ateliers/").status_code == 404
    assert "Canari" not in client.get(f"/compte/enfants/{child.pk}/ateliers/").content.decode()
    assert client.post(f"/inscriptions/{row.pk}/annuler/", {"sure": "1"}).status_code == 302
    row.refresh_from_db()
    assert row.status == "cancelled"


def test_the_desk_corrects_a_person_and_no_account_above_its_own(client) -> None:
    member, above = MemberFactory(), StaffFactory()
    client.force_login(StaffFactory(roles=["desk"]))
    data = {
        "first_name": "Zoé", "last_name": "Tamarisse", "birth_date": "2012-03-04", "gender": "f", "phone": "",
        "email": "", "preferred_language": "es", "priority_neighbourhood": "yes",
    }  # fmt: skip
    assert client.post(f"/accueil/personnes/{member.pk}/details/", data).status_code == 302
    assert client.post(f"/accueil/personnes/{above.pk}/details/", data).status_code == 403
    member.refresh_from_db()
    assert (member.first_name, member.search_name.split()[0], member.preferred_language) == ("Zoé", "zoe", "es")
