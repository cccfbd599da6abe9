"""The roll on a tablet: what it shows, what a tap does to session and lab, and what is asked before."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from desk import roll as acts
from desk.lock import SEEN
from desk.roll_lines import roll_of
from members.models import User
from members.services import households
from place.models import Visit
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory, child_of, signed
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory
from workshops import services
from workshops.models import Attendance
from workshops.services import Tap

pytestmark = pytest.mark.django_db
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def desk() -> User:
    return StaffFactory(roles=["desk"])


@pytest.fixture
def session():
    start = timezone.now() - timedelta(minutes=5)
    workshop = WorkshopFactory(places=60, minors_per_adult=2, agreements=["machines"])
    return SessionFactory(workshop=workshop, starts_at=start, ends_at=start + timedelta(hours=2))


@pytest.fixture
def tablet(client: Client, desk: User) -> Client:
    client.force_login(desk)
    return client


def url(session) -> str:
    return f"/accueil/seances/{session.pk}/appel/"


def tapped(tablet: Client, session, **fields):
    return tablet.post(url(session), fields)


def test_one_tap_notes_presence_and_the_coming_to_the_lab(tablet, session):
    child = RegistrationFactory(session=session).member
    answer = tapped(tablet, session, act="present", person=child.pk, version=0)
    assert (answer.status_code, answer["Location"]) == (302, f"{url(session)}#p-{child.pk}")
    row, visit = Attendance.objects.get(), Visit.objects.get()
    assert (row.member, row.state, visit.person, visit.left_at) == (child, "present", child, None)
    assert visit.came_at == row.arrived_at


def test_a_tap_by_mistake_taken_back_leaves_no_visit_but_an_earlier_arrival_stays(tablet, desk, session):
    child, known = (RegistrationFactory(session=session).member for _ in range(2))
    earlier = Visit.objects.create(person=known, came_at=timezone.now() - timedelta(minutes=30))
    for person, undo in ((child, "absent"), (known, "back")):
        tapped(tablet, session, act="present", person=person.pk)
        tapped(tablet, session, act=undo, person=person.pk)
    assert list(Visit.objects.all()) == [earlier]
    assert list(Attendance.objects.values_list("member", "state", "arrived_at")) == [(child.pk, "absent", None)]


def test_all_the_others_are_present_with_one_tap_and_who_was_called_stays(tablet, session):
    away, *others = (RegistrationFactory(session=session).member for _ in range(3))
    RegistrationFactory(session=session, status="waitlisted")
    tapped(tablet, session, act="excused", person=away.pk)
    tapped(tablet, session, act="all")
    states = dict(Attendance.objects.values_list("member", "state"))
    assert states == {away.pk: "excused", **{one.pk: "present" for one in others}}


def test_the_screen_says_what_is_missing_and_with_whom_a_child_may_leave(tablet, desk, session):
    child = child_of({"first_name": "Ana", "last_name": "Roche"}, papers=False, first_name="Inès")
    households.let_fetch(actor=desk, household=child.household, name="Mamie Rose", phone="06 39 98 00 02")
    grown = AdultFactory()
    for one in (child, grown):
        RegistrationFactory(session=session, member=one)
        acts.call(session=session, person=one, state="present", actor=desk)
    found = roll_of(session.pk)
    line, free = found.line(child.pk), found.line(grown.pk)
    assert (line.missing, line.fetched) == (["machines"], True)
    assert [(way.leaving, way.with_whom) for way in line.ways] == [("guardian", "Ana Roche"), ("fetched", "Mamie Rose")]
    assert ([way.leaving for way in free.ways], free.missing, free.fetched) == (["freely"], [], False)
    page = tablet.get(url(session)).content.decode()
    assert "Mamie Rose" in page
    assert "06 39 98 00 02" not in page


def test_leaving_follows_the_rule_of_the_desk_and_ends_the_visit(tablet, session):
    child = child_of({"first_name": "Ana", "last_name": "Roche"})
    RegistrationFactory(session=session, member=child)
    tapped(tablet, session, act="present", person=child.pk)
    refused = tapped(tablet, session, act="left", person=child.pk, how="home_alone:")
    assert refused.status_code == 422
    assert Visit.objects.get().left_at is None
    assert Attendance.objects.get().left_at is None
    tapped(tablet, session, act="left", person=child.pk, how="guardian:Ana Roche")
    row, visit = Attendance.objects.get(), Visit.objects.get()
    assert (row.leaving, row.left_with, visit.leaving, visit.left_with) == ("guardian", "Ana Roche") * 2
    assert visit.left_at == row.left_at


def test_with_the_parents_agreement_a_child_goes_home_alone(tablet, session):
    child = child_of()
    signed(child, "home_alone")
    RegistrationFactory(session=session, member=child)
    tapped(tablet, session, act="present", person=child.pk)
    assert roll_of(session.pk).line(child.pk).ways[0].leaving == "home_alone"
    assert tapped(tablet, session, act="left", person=child.pk, how="home_alone:").status_code == 302
    assert Visit.objects.get().leaving == "home_alone"


def test_the_ratio_counts_who_is_there_and_turns(desk, session):
    helper = AdultFactory()
    services.name_facilitator(session=session, facilitator=helper, actor=None)
    for _ in range(3):
        RegistrationFactory(session=session)
    grown = RegistrationFactory(session=session, member=AdultFactory()).member
    first, second, *_others = [line.person for line in roll_of(session.pk).registered if line.minors]
    for person in (first, second, grown):
        acts.call(session=session, person=person, state="present", actor=desk)
    found = roll_of(session.pk)
    assert (found.now.minors, found.now.grown, found.now.missing) == (2, 0, 1)
    assert (found.expected.minors, found.expected.grown, found.expected.missing) == (3, 1, 1)
    acts.call(session=session, person=helper, state="present", role="facilitator", actor=desk)
    assert roll_of(session.pk).now.missing == 0
    services.count_walk_ins(session=session, people=1, band="12-14", gender="", actor=desk)
    services.count_walk_ins(session=session, people=5, band="25-39", gender="", actor=desk)
    assert (roll_of(session.pk).now.minors, roll_of(session.pk).now.missing) == (3, 1)


def test_the_grown_up_of_a_duo_is_nobodys_minor_and_no_supervisor(desk):
    start = timezone.now()
    session = SessionFactory(workshop=WorkshopFactory(kind="duo"), starts_at=start, ends_at=start + timedelta(hours=1))
    child = RegistrationFactory(session=session, seats=2).member
    acts.call(session=session, person=child, state="present", actor=desk)
    assert (roll_of(session.pk).now.minors, roll_of(session.pk).now.grown) == (1, 0)


def test_somebody_found_by_name_and_people_without_one_are_walk_ins(tablet, session):
    registered = RegistrationFactory(
        session=session, member=MemberFactory(first_name="Zoé", last_name="Inscrite")
    ).member
    passer = MemberFactory(first_name="Zoé", last_name="Passante")
    page = tablet.get(url(session), {"q": "zoe"})
    assert [one.pk for one in page.context["people"]] == [passer.pk]
    tapped(tablet, session, act="present", person=passer.pk, role="participant", version=0)
    for _ in range(2):
        tapped(tablet, session, act="count", people=3, band="15-17", gender="f", key="abc")
    assert set(Attendance.objects.values_list("member", "people", "walk_in")) == {(passer.pk, 1, True), (None, 3, True)}
    assert registered.attendances.count() == 0
    counted = Attendance.objects.get(member=None)
    tapped(tablet, session, act="back", row=counted.pk, version=1)
    assert not Attendance.objects.filter(member=None).exists()


@pytest.mark.parametrize("wrong", [{"act": "count", "people": 0}, {"act": "dance"}, {"act": "present", "version": -1}])
def test_a_tap_that_makes_no_sense_is_said_and_changes_nothing(tablet, session, wrong):
    assert tapped(tablet, session, **wrong).status_code == 422
    assert not Attendance.objects.exists()


def test_what_was_kept_arrives_late_with_its_time_whatever_the_tablets_clock_says(tablet, session):
    child = RegistrationFactory(session=session).member
    fields = {"act": "present", "person": child.pk, "version": 0, "key": "k1", "ago": 120}
    for _ in range(2):
        answer = tablet.post(url(session), fields, **JSON)
        assert (answer.status_code, json.loads(answer.content)["version"]) == (200, 1)
    late = timezone.now() - Attendance.objects.get().arrived_at
    assert timedelta(seconds=119) < late < timedelta(seconds=130)


def test_a_departure_sent_twice_is_one_and_on_an_older_state_is_a_conflict(tablet, session):
    grown = RegistrationFactory(session=session, member=AdultFactory()).member
    tapped(tablet, session, act="present", person=grown.pk)
    fields = {"act": "left", "person": grown.pk, "how": "freely:", "version": 1, "key": "k2"}
    assert [tablet.post(url(session), fields, **JSON).status_code for _ in range(2)] == [200, 200]
    assert Attendance.objects.get().version == 2
    assert tablet.post(url(session), fields | {"key": "k3"}, **JSON).status_code == 409


def test_a_conflict_shows_both_and_keeping_mine_changes_it(tablet, desk, session):
    child = RegistrationFactory(session=session).member
    acts.call(session=session, person=child, state="excused", actor=desk)
    answer = tapped(tablet, session, act="absent", person=child.pk, version=0)
    assert answer.status_code == 409
    assert Attendance.objects.get().state == "excused"
    assert (answer.context["clash"]["word"], answer.context["about"]) == ("absent·e", child.pk)
    tapped(tablet, session, act="absent", person=child.pk, version=1)
    assert Attendance.objects.get().state == "absent"


def test_what_somebody_took_away_meanwhile_is_said(tablet, desk, session):
    passer = MemberFactory()
    acts.call(session=session, person=passer, state="present", actor=desk)
    services.unmark(attendance=Attendance.objects.get(), actor=desk, tap=Tap(version=1))
    answer = tablet.post(url(session), {"act": "absent", "person": passer.pk, "version": 1}, **JSON)
    assert (answer.status_code, json.loads(answer.content)["gone"]) == (422, True)


def test_a_shut_desk_keeps_nothing_of_a_page_that_keeps_itself_and_says_so(tablet, session):
    tablet.get(url(session))
    browser = tablet.session
    browser[SEEN] = timezone.now().timestamp() - 61
    browser.save()
    fields = {"act": "present", "person": RegistrationFactory(session=session).member_id}
    kept_here = {**JSON, "HTTP_X_KEPT_HERE": "1"}
    assert [tablet.post(url(session), fields, **kept_here).status_code for _ in range(2)] == [423, 423]
    assert "desk_kept" not in tablet.session
    assert not Attendance.objects.exists()


def test_the_roll_takes_as_many_queries_for_one_person_as_for_forty(tablet, desk, session, django_assert_num_queries):
    def add(number: int) -> None:
        for _ in range(number):
            child = child_of()
            RegistrationFactory(session=session, member=child)
            acts.call(session=session, person=child, state="present", actor=desk)

    add(1)
    tablet.get(url(session))
    with django_assert_num_queries(16):
        assert len(tablet.get(url(session)).context["roll"].present) == 1
    add(39)
    with django_assert_num_queries(16):
        assert len(tablet.get(url(session)).context["roll"].present) == 40
