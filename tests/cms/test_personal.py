"""What the lab knows about one: all of it, and nothing of anybody else; and how it is forgotten."""

import io
import json
import zipfile
from datetime import timedelta
from itertools import chain

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from booking.models import Reservation, State
from cms.models import LabImage, PictureSubject
from cms.queries_due import people_due
from cms.services import forgetting
from cms.services.forgetting import FiguresChanged, erase_on_request, purge
from cms.services.personal import SECTIONS, collected, export
from cms.services.pictures import say_who_is_in
from desk.queries.figures import figures
from machines.models import StartRequest
from machines.services.presence import confirm_presence
from machines.services.usage import attribute, open_usage
from members import services
from members.models import AuditEntry, Membership, User
from place.models import WalkIn
from place.services import arrive
from tests.factories.booking import ReservationFactory
from tests.factories.cms import ImageFactory, photo_bytes
from tests.factories.faults import FaultFactory
from tests.factories.machines import MachineFactory, QualificationFactory
from tests.factories.members import AdultFactory, CardFactory, MemberFactory, StaffFactory, child_of, token_for
from tests.factories.presence import overdue
from tests.factories.quiz import passed_quiz
from tests.factories.workshops import RegistrationFactory, SessionFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = timezone.localdate()
# Links from a person's row that are about somebody else's data, or hold nothing to read.
NOT_THEIRS = {
    "LogEntry", "ModelLogEntry", "PageLogEntry", "Revision", "Page", "TaskState", "WorkflowState", "Comment",
    "CommentReply", "PageSubscription", "EditingSession", "UserProfile", "UploadedFile", "FormState", "APIToken",
    "Calendar", "Event", "Occurrence", "CalendarRelation", "EmailAddress", "LabImage", "Document", "Query",
    "Image", "Outage", "PaperSheet", "WalkIn", "MaintenanceTask",
    "StockMovement",  # made or reported by somebody of the team
    "BookingSeries",  # made for others; its dates are in the export of whoever holds them
    "LiveGame",  # a quiz that somebody of the team started: totals, nobody's answers
    "WorkshopSeries",  # run by somebody of the team; its sessions are in the export
    "IdempotencyKey",  # what a request was answered, kept for a day
}  # fmt: skip


def life_of(name: str) -> User:
    """Return somebody about whom the lab knows something of nearly every kind; `name` sings in all of it."""
    desk, director = StaffFactory(roles=["desk"]), StaffFactory(roles=["director"])
    person = child_of(
        {"first_name": f"{name}parent"}, first_name=name, last_name=name, email=f"{name.lower()}@lab.example"
    )
    machine = MachineFactory()
    QualificationFactory(member=person, category=machine.category, motive=name)
    passed_quiz(person, category=machine.category)
    ReservationFactory(machine=machine, member=person, starts_at=NOW - timedelta(days=3))
    ReservationFactory(machine=machine, member=person, starts_at=NOW + timedelta(days=3))
    RegistrationFactory(member=person, session=SessionFactory())
    FaultFactory(machine=machine, reported_by=person, what=name, photo=photo_bytes())
    use = open_usage(
        machine, source=f"t{person.pk}", natural_key="1", started_at=NOW - timedelta(hours=1), job_name=name
    )
    attribute(use, member=person, attribution="staff")
    watched = MachineFactory(presence_minutes=2)
    confirm_presence(actor=person, check=overdue(watched, member=person, key=f"p{person.pk}"))
    StartRequest.objects.create(machine=machine, member=person, channel="page", granted=False, codes=["closed"])
    arrive(actor=desk, person=person)
    services.add_dues(actor=director, membership=Membership.objects.get(person=person), kind="due", cents=500)
    services.notify(recipient=person, subject=name, body=name)
    services.renew_calendar_secret(person=person)
    CardFactory(user=person)
    token_for(person)
    PictureSubject.objects.create(image=ImageFactory(), person=person)
    return person


def test_an_export_holds_all_of_one_s_own_and_nothing_of_anybody_else() -> None:
    mine, theirs = life_of("Canari"), life_of("Rossignol")
    with zipfile.ZipFile(io.BytesIO(export(actor=mine, person=mine, now=NOW))) as archive:
        document = json.loads(archive.read("donnees.json"))
        everything = "".join(archive.read(name).decode("utf-8-sig") for name in archive.namelist())
    filled = {name for name, rows in document.items() if isinstance(rows, list) and rows}
    assert filled >= {
        "identity", "roles", "household", "agreements", "memberships", "dues", "cards", "tokens", "calendar",
        "habilitations", "quizzes", "bookings", "machine_uses", "presences", "starts", "faults", "workshops", "visits",
        "pictures", "messages", "log_about",
    }  # fmt: skip
    assert len(document["bookings"]) == 2
    assert "Rossignol".lower() not in everything.lower()
    assert "Canariparent" not in everything
    assert theirs.username not in everything


def test_every_row_that_points_to_a_person_is_in_the_export_or_is_said_not_to_be_theirs() -> None:
    """Whoever adds a link to a person says here, or in SECTIONS, whose data it is."""
    exported = {section.rows(User(pk=1)).model for section in SECTIONS}
    pointing = {
        field.model
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model is User and not field.many_to_many
        and field.remote_field.get_accessor_name() is not None
    }  # fmt: skip
    left_out = {model.__name__ for model in pointing - exported} - NOT_THEIRS
    assert left_out <= set()


def test_the_page_says_what_is_kept_and_the_file_is_handed_over_once_asked(client: Client) -> None:
    person = life_of("Canari")
    client.force_login(person)
    assert client.get("/compte/mes-donnees/").status_code == 200
    answer = client.post("/compte/mes-donnees/export/")
    assert (answer["Content-Type"], answer["Content-Disposition"].startswith("attachment")) == ("application/zip", True)
    assert AuditEntry.objects.filter(action="data.exported", actor=person).exists()


def test_a_cell_of_the_export_is_never_a_formula() -> None:
    person = life_of("Canari")
    User.objects.filter(pk=person.pk).update(pseudonym="=cmd()")
    with zipfile.ZipFile(io.BytesIO(export(actor=person, person=person, now=NOW))) as archive:
        assert ";=cmd" not in archive.read("identity.csv").decode()


# --- being forgotten ---


def test_who_asks_is_forgotten_everywhere_and_the_figures_stay() -> None:
    person, guardian = life_of("Canari"), AdultFactory()
    person.household.guardians.update(account=guardian)
    life_of("Rossignol")
    before = figures(NOW)
    erase_on_request(actor=guardian, person=person, now=NOW)
    assert figures(NOW) == before
    known = json.dumps(collected(User.objects.get(pk=person.pk)), default=str)
    assert "canari" not in known.lower()
    everywhere = chain.from_iterable(
        model.objects.values()
        for model in apps.get_models()
        if model._meta.app_label in {"members", "place", "booking"}
    )
    assert [row for row in everywhere if "canari" in str(row).lower()] == []
    coming = Reservation.objects.get(member=person, starts_at__gt=NOW)
    assert coming.state == State.CANCELLED
    assert PictureSubject.objects.get(person=person).image.withheld
    assert not Client().login(username=person.username, password="table-lampe-42")


def test_a_stranger_a_child_alone_and_the_team_are_refused() -> None:
    young, worker = MemberFactory(), StaffFactory()
    with pytest.raises(PermissionDenied):
        erase_on_request(actor=AdultFactory(), person=young, now=NOW)
    for person in (young, worker):
        with pytest.raises(ValidationError):
            erase_on_request(actor=person, person=person, now=NOW)
    assert not User.objects.filter(anonymised_at__isnull=False).exists()


# --- in its time ---


def over(days: int, status: str = "active", **fields) -> User:
    """Return somebody whose membership ended some days ago."""
    person = AdultFactory(papers=False, **fields)
    User.objects.filter(pk=person.pk).update(date_joined=NOW - timedelta(days=1000))
    Membership.objects.create(
        person=person, season=2024, kind="adult", status=status,
        starts_on=TODAY - timedelta(days=900), ends_on=TODAY - timedelta(days=days),
    )  # fmt: skip
    return person


def test_people_are_due_after_the_grace_and_at_once_when_they_resigned() -> None:
    in_grace, gone, resigned = over(60), over(120), over(1, "resigned")
    back = over(120)
    Membership.objects.create(
        person=back, season=2026, kind="adult", starts_on=TODAY, ends_on=TODAY + timedelta(days=200)
    )
    assert set(people_due(TODAY)) == {gone, resigned}
    assert in_grace not in people_due(TODAY)


def test_who_still_comes_or_has_asked_to_renew_is_not_due() -> None:
    booked, seated, asked = over(120), over(120), over(120)
    ReservationFactory(member=booked, starts_at=NOW + timedelta(days=2))
    RegistrationFactory(member=seated, session=SessionFactory(starts_at=NOW + timedelta(days=2)))
    Membership.objects.create(
        person=asked, season=2026, kind="adult", status="asked", starts_on=TODAY, ends_on=TODAY + timedelta(days=200)
    )
    assert people_due(TODAY) == []


def test_a_guardian_stays_as_long_as_the_child_and_the_team_always() -> None:
    parent = over(400)
    child_of({"account": parent})
    worker = StaffFactory(papers=False)
    User.objects.filter(pk=worker.pk).update(date_joined=NOW - timedelta(days=2000))
    assert people_due(TODAY) == []


def test_a_dry_run_changes_nothing_the_real_one_forgets_and_a_second_finds_nothing(capsys) -> None:
    gone = over(120, first_name="Canari")
    WalkIn.objects.create(day=TODAY, count=2, age_band="12-14")
    call_command("purge_personal_data")
    assert "people whose time is over: 1" in capsys.readouterr().out
    assert User.objects.get(pk=gone.pk).first_name == "Canari"
    counted = dict(purge(NOW, for_real=True))
    assert counted["people whose time is over"] == 1
    assert User.objects.get(pk=gone.pk).first_name == ""
    assert set(dict(purge(NOW, for_real=True)).values()) == {0}


def test_nothing_is_forgotten_when_a_figure_would_change(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = over(120, first_name="Canari")
    found = iter([{"visits": 1}, {"visits": 2}])
    monkeypatch.setattr(forgetting, "figures", lambda _now: next(found))
    with pytest.raises(FiguresChanged):
        purge(NOW, for_real=True)
    assert User.objects.get(pk=gone.pk).first_name == "Canari"


# --- pictures (T10) ---


def test_a_picture_leaves_the_site_with_the_agreement_of_one_parent_and_its_files_die(client: Client) -> None:
    desk, manager = StaffFactory(roles=["desk"]), StaffFactory()
    child = child_of({"first_name": "Un"}, {"first_name": "Deux"})
    first, second = child.household.guardians.order_by("position")
    for guardian in (None, first, second):
        services.sign(actor=desk, person=child, purpose="photo_web", guardian=guardian)
    image = say_who_is_in(actor=manager, image=ImageFactory(), people=[child])
    assert LabImage.objects.get(pk=image.pk).shown
    rendition = image.get_rendition("width-100")
    services.withdraw(actor=desk, person=child, purpose="photo_web", guardian=second, channel="phone")
    assert not LabImage.objects.get(pk=image.pk).shown
    assert not image.renditions.filter(pk=rendition.pk).exists()
    for guardian in (None, first, second):
        services.sign(actor=desk, person=child, purpose="photo_web", guardian=guardian)
    assert say_who_is_in(actor=manager, image=image, people=[child])
    assert LabImage.objects.get(pk=image.pk).shown


def test_a_picture_of_somebody_who_was_never_asked_is_withheld() -> None:
    image = say_who_is_in(actor=StaffFactory(), image=ImageFactory(), people=[MemberFactory()])
    assert LabImage.objects.get(pk=image.pk).withheld
    with pytest.raises(PermissionDenied):
        say_who_is_in(actor=StaffFactory(roles=["desk"]), image=image, people=[])


# --- at the desk ---


def test_the_desk_hands_over_and_forgets_for_somebody_and_not_for_the_team(client: Client) -> None:
    person, worker = life_of("Canari"), StaffFactory(roles=["facilitator"])
    client.force_login(StaffFactory(roles=["desk"]))
    page = f"/accueil/personnes/{person.pk}/donnees/"
    assert client.post(page, {"export": "1"})["Content-Type"] == "application/zip"
    assert client.post(page, {"username": "autre"}).status_code == 422
    above = StaffFactory(roles=["director"])
    assert client.get(f"/accueil/personnes/{above.pk}/donnees/").status_code == 403
    assert client.post(f"/accueil/personnes/{above.pk}/donnees/", {"export": "1"}).status_code == 403
    of_the_team = f"/accueil/personnes/{worker.pk}/donnees/"
    assert client.post(of_the_team, {"username": worker.username}).status_code == 403
    assert client.post(page, {"username": person.username.upper()}).url == "/accueil/"
    assert User.objects.get(pk=person.pk).anonymised_at is not None
    channels = AuditEntry.objects.filter(action__in=["data.exported", "member.forgotten"])
    assert set(channels.values_list("channel", flat=True)) == {"desk"}


def test_the_desk_answers_who_asked_to_join(client: Client) -> None:
    client.force_login(StaffFactory(roles=["desk"]))
    asked = [services.ask_to_join(first_name=name, last_name="Milou", birth_date=TODAY) for name in ("Zoé", "Malo")]
    assert "Zoé Milou" in client.get("/accueil/demandes/").content.decode()
    client.post("/accueil/demandes/", {"request": asked[0].pk, "accept": "1"})
    client.post("/accueil/demandes/", {"request": asked[1].pk, "decline": "1"})
    assert client.post("/accueil/demandes/", {"request": "x"}).status_code == 404
    assert [User.objects.filter(first_name=name).exists() for name in ("Zoé", "Malo")] == [True, False]
