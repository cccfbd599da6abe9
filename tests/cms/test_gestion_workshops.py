"""What the team does with workshops: offers, dates of a series, days, ideas, files."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from members.models import Message, Partner
from place.clock import local
from place.patterns import RuleSpec
from tests.cms.acts import DAY, hours, offer, post
from tests.cms.test_imports import reasons, send, store, totals
from tests.factories.machines import CategoryFactory, MachineFactory
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.place import SchoolHolidayFactory, wall
from tests.factories.workshops import (
    DayFactory,
    IdeaFactory,
    RegistrationFactory,
    SessionFactory,
    WorkshopFactory,
    choice,
)
from workshops import services
from workshops.models import Attendance, Programme, Registration, Workshop, WorkshopIdea, WorkshopSession

pytestmark = pytest.mark.django_db


def planned(weeks=3, **workshop):
    start = wall(DAY.year, DAY.month, DAY.day, 14)
    series = services.schedule_series(
        workshop=WorkshopFactory(**workshop), starts_at=start, ends_at=start + timedelta(hours=2),
        rule=RuleSpec(frequency="weekly", count=weeks), actor=None,
    )  # fmt: skip
    return list(series.sessions.order_by("starts_at"))


def test_an_offer_keeps_all_that_was_said_of_it(client, boss):
    runner, partner = StaffFactory(roles=["facilitator"]), Partner.objects.create(name="Club")
    data = offer(
        kind="training", category=CategoryFactory().pk, level=2, agreements=["machines", "photo_web"],
        facilitators=[runner.pk], partner=partner.pk, funding_line="QPV 2026", least=3, stations=4,
    )  # fmt: skip
    assert post(client, "lab_workshops:add", data).status_code == 302
    made = Workshop.objects.get()
    assert (made.kind, made.level, made.agreements, made.partner) == ("training", 2, ["machines", "photo_web"], partner)
    assert (list(made.facilitators.all()), made.least, made.stations) == ([runner], 3, 4)


def test_a_member_cannot_be_named_to_run_a_workshop(client, boss):
    response = post(client, "lab_workshops:add", offer(facilitators=[MemberFactory().pk]))
    assert response.status_code == 200
    assert not Workshop.objects.exists()


def test_work_on_machines_of_adults_asks_for_a_reference(client, boss):
    data = offer(regime="training", machines=[MachineFactory(min_age_alone=18, name="Laser").pk])
    response = post(client, "lab_workshops:add", data)
    assert "Laser" in response.content.decode()
    assert not Workshop.objects.exists()
    assert post(client, "lab_workshops:add", data | {"regime_reference": "2026-14"}).status_code == 302


def test_prices_and_questions_are_set_changed_and_taken_away(client, boss):
    workshop = WorkshopFactory()
    terms = {"price_": "4", "price_1": "0", "price_2": "1,50", "text_1": "Taille ?", "purpose_1": "Tabliers"}
    assert post(client, "lab_workshop_terms", terms, workshop.pk).status_code == 302
    assert dict(workshop.prices.values_list("band", "cents")) == {"": 400, "1": 0, "2": 150}
    question = workshop.questions.get()
    page = client.get(reverse("lab_workshop_terms", args=[workshop.pk])).content.decode()
    assert "Taille ?" in page
    assert post(client, "lab_workshop_terms", terms | {"required_1": "on"}, workshop.pk).status_code == 302
    assert (workshop.questions.get().pk, workshop.questions.get().required) == (question.pk, True)
    assert post(client, "lab_workshop_terms", {}, workshop.pk).status_code == 302
    assert not workshop.prices.exists()
    assert not workshop.questions.exists()


def test_a_question_without_its_purpose_is_refused_and_nothing_changes(client, boss):
    workshop = WorkshopFactory()
    response = post(client, "lab_workshop_terms", {"price_": "4", "text_1": "Ton âge ?"}, workshop.pk)
    assert response.status_code == 200
    assert not workshop.prices.exists()
    assert not workshop.questions.exists()


def test_a_series_leaves_the_holidays_out(client, boss):
    SchoolHolidayFactory(first_day=DAY + timedelta(days=5), last_day=DAY + timedelta(days=9), name="Vacances")
    data = hours("14:00", "16:00") | {
        "workshop": WorkshopFactory().pk, "frequency": "weekly", "during": "term",
        "until": (DAY + timedelta(days=14)).isoformat(),
    }  # fmt: skip
    assert post(client, "lab_session_plan", data).status_code == 302
    assert [local(one.starts_at).date() for one in WorkshopSession.objects.all()] == [DAY, DAY + timedelta(days=14)]


def test_the_following_dates_move_together(client, boss):
    first, second, third = planned()
    day = DAY + timedelta(weeks=1)
    change = hours("15:00", "17:00", day) | {"scope": "following"}
    assert post(client, "lab_session_move", change, second.pk).status_code == 302
    for one in (first, second, third):
        one.refresh_from_db()
    assert [local(one.starts_at).hour for one in (first, second, third)] == [14, 15, 15]


def test_all_dates_are_cancelled_and_who_has_no_mail_is_to_be_called(client, boss):
    sessions = planned()
    told = RegistrationFactory(session=sessions[1]).member
    response = client.post(
        reverse("lab_session_cancel", args=[sessions[0].pk]), {"reason": "Travaux", "scope": "all"}, follow=True
    )
    assert reverse("desk:calls") in response.content.decode()
    assert set(WorkshopSession.objects.values_list("state", flat=True)) == {"cancelled"}
    assert Message.objects.get(recipient=told).via == "call"


def test_who_runs_two_workshops_at_once_is_shown(client, boss, django_assert_num_queries):
    runner = StaffFactory(roles=["facilitator"])
    one, two = (planned(weeks=1, title=title)[0] for title in ("Bateaux", "Robots"))
    for session in (one, two):
        assert post(client, "lab_session_facilitator", {"facilitator": runner.pk}, session.pk).status_code == 302
    page = client.get(reverse("lab_sessions")).content.decode()
    assert f"{runner.short_name}, qui anime aussi « Bateaux » à ce moment" in page
    assert f"{runner.short_name}, qui anime aussi « Robots » à ce moment" in page
    services.cancel_session(session=two, reason="x", actor=None)
    assert "qui anime aussi" not in client.get(reverse("lab_sessions")).content.decode()


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_of_sessions_takes_the_same_queries(client, boss, count, django_assert_max_num_queries):
    planned(weeks=count)
    client.get(reverse("lab_sessions"))
    with django_assert_max_num_queries(12):
        client.get(reverse("lab_sessions"))


DAY_TYPED = {
    "title": "Journée robots", "slug": "journee-robots", "places": 40,
    "parts": "9:00 – 9:30 Accueil\n9h30-11h30 Ateliers du matin\n14:00 - 16:00 Ateliers de l’après-midi",
}  # fmt: skip


def test_a_day_is_typed_as_one_would_write_it(client, boss):
    assert post(client, "lab_day_new", DAY_TYPED | hours("9:00", "17:00")).status_code == 302
    day = Programme.objects.get()
    parts = [(local(band.starts_at).strftime("%H:%M"), band.title) for band in day.bands.all()]
    assert parts == [("09:00", "Accueil"), ("09:30", "Ateliers du matin"), ("14:00", "Ateliers de l’après-midi")]
    band = day.bands.get(title="Ateliers du matin")
    data = {"part": band.pk, "workshop": WorkshopFactory(places=6).pk}
    assert post(client, "lab_day_choice", data, day.pk).status_code == 302
    session = WorkshopSession.objects.get()
    assert (session.band, session.starts_at, session.places) == (band, band.starts_at, 6)
    changed = DAY_TYPED | hours("9:00", "18:00") | {"parts": DAY_TYPED["parts"] + "\n16:00 – 17:30 Bilan"}
    assert post(client, "lab_day_edit", changed, day.pk).status_code == 302
    assert (day.bands.count(), day.bands.get(title="Ateliers du matin").pk) == (4, band.pk)


@pytest.mark.parametrize("line", ["Accueil", "25:00 – 26:00 Nuit", "18:00 – 19:00 Trop tard"])
def test_a_line_that_does_not_fit_is_said(client, boss, line):
    response = post(client, "lab_day_new", DAY_TYPED | hours("9:00", "17:00") | {"parts": line})
    assert response.status_code == 200
    assert line.rpartition(" ")[2] in response.content.decode()
    assert not Programme.objects.exists()


def test_a_day_is_called_off_with_its_workshops(client, boss):
    start = timezone.now() + timedelta(days=3)
    day = DayFactory(starts_at=start)
    session = choice(day.bands.first())
    assert post(client, "lab_day_cancel", {"reason": "Neige"}, day.pk).status_code == 302
    session.refresh_from_db()
    assert session.state == "cancelled"


def test_an_idea_is_read_shown_and_made_a_workshop(client, boss):
    idea, other = IdeaFactory(title="Un drone en carton"), IdeaFactory()
    assert post(client, "lab_idea_show", {}, idea.pk).status_code == 302
    assert post(client, "lab_idea_dismiss", {}, other.pk).status_code == 302
    response = post(client, "lab_idea_take_up", {}, idea.pk)
    draft = Workshop.objects.get()
    assert response.headers["Location"] == reverse("lab_workshops:edit", args=[draft.pk])
    states = dict(WorkshopIdea.objects.values_list("pk", "state"))
    assert (states[idea.pk], states[other.pk], draft.draft) == ("taken_up", "dismissed", True)
    assert client.get(reverse("lab_ideas")).status_code == 200


def test_workshops_and_their_dates_come_from_a_file_once(client, boss):
    store(client, "ateliers", "slug;title;places;age_min\nrobots;Robots;6;9\n")
    text = f"workshop;starts_at;ends_at;places\nrobots;{DAY} 14:00;{DAY} 16:00;5\n"
    store(client, "seances", text)
    session = WorkshopSession.objects.get()
    assert (session.workshop.slug, session.places, local(session.starts_at).hour) == ("robots", 5, 14)
    assert totals(send(client, "seances", text)) == {"ligne inchangée": 1}
    store(client, "seances", text.replace(";5\n", ";7\n"))
    assert WorkshopSession.objects.get().places == 7


def test_registrations_of_a_file_pass_the_rules_line_by_line(client, boss):
    session = SessionFactory(starts_at=wall(DAY.year, DAY.month, DAY.day, 14), workshop=WorkshopFactory(age_min=18))
    young, other = MemberFactory(username="ines"), SessionFactory(starts_at=wall(DAY.year, DAY.month, DAY.day, 17))
    text = f"session;member;channel\n{session.pk};ines;paper\n"
    refused = send(client, "inscriptions", text)
    assert "18" in reasons(refused)[2]
    store(client, "inscriptions", text.replace(str(session.pk), str(other.pk)))
    made = Registration.objects.get()
    assert (made.member, made.session, made.channel, made.created_by) == (young, other, "paper", boss)
    cancelled = f"session;member;status\n{other.pk};ines;cancelled\n"
    store(client, "inscriptions", cancelled)
    made.refresh_from_db()
    assert made.status == "cancelled"


def test_a_sheet_of_who_came_is_stored_once_with_its_true_time(client, boss):
    start = timezone.now() - timedelta(days=2)
    session = SessionFactory(starts_at=start, ends_at=start + timedelta(hours=2))
    MemberFactory(username="ines")
    text = (
        f"session;member;state;people;age_band;gender\n{session.pk};ines;present;1;;\n{session.pk};;present;4;12-14;f\n"
    )
    for _time in range(2):
        store(client, "presences", text)
    rows = Attendance.objects.order_by("pk")
    assert [(row.member and row.member.username, row.people, row.channel) for row in rows] == [
        ("ines", 1, "paper"),
        (None, 4, "paper"),
    ]
    assert rows[0].arrived_at == session.starts_at


@pytest.mark.parametrize("kind", ["ateliers", "seances", "inscriptions", "presences"])
def test_every_kind_goes_out_and_comes_in_again_unchanged(client, boss, kind):
    start = timezone.now().replace(microsecond=0, second=0) - timedelta(days=1)
    past = SessionFactory(starts_at=start, ends_at=start + timedelta(hours=1))
    coming = SessionFactory(starts_at=start + timedelta(days=9), ends_at=start + timedelta(days=9, hours=1))
    RegistrationFactory(session=coming)
    services.mark(session=past, member=MemberFactory(), state="present", actor=boss)
    content = client.get(reverse("lab_export", args=[kind, "csv"])).content.decode("utf-8-sig")
    assert len(content.splitlines()) >= 2
    answer = send(client, kind, content)
    assert answer.status_code == 200, list(answer.context["complaints"])
    assert set(totals(answer)) <= {"ligne inchangée", "lignes inchangées"}


def test_the_desk_does_not_take_the_lists_away(client, home):
    client.force_login(StaffFactory(roles=["facilitator"]))
    for kind in ("inscriptions", "presences"):
        assert client.get(reverse("lab_export", args=[kind, "csv"])).status_code == 403
