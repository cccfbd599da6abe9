"""After a session: two questions, a note, and who has completed a training."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from machines.models import PracticeObservation, Qualification
from members.models import User
from tests.factories.machines import CategoryFactory, QualificationFactory
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory
from tests.factories.workshops import SessionFactory, WorkshopFactory
from workshops import kiosk_views as kiosk
from workshops import services
from workshops.models import Attendance, SessionFeedback, WorkshopSession

pytestmark = pytest.mark.django_db


def begun(**workshop: object) -> WorkshopSession:
    start = timezone.now() - timedelta(hours=1)
    return SessionFactory(workshop=WorkshopFactory(**workshop), starts_at=start)


@pytest.fixture
def desk() -> User:
    return StaffFactory(roles=["desk"])


@pytest.fixture
def tablet(client: Client, desk: User) -> Client:
    client.force_login(desk)
    return client


def counts() -> dict[tuple[str, int], int]:
    return {(row.question, row.face): row.count for row in SessionFeedback.objects.all()}


def test_handing_the_tablet_over_shuts_the_desk_and_leaves_the_questions_open(tablet):
    session = begun()
    address = tablet.post(f"/accueil/seances/{session.pk}/avis/")["Location"]
    assert address == kiosk.address(session)
    assert tablet.get(address).status_code == 200
    assert tablet.post(address, {"liked": "3", "learnt": "2"})["Location"] == f"{address}?merci"
    assert counts() == {("liked", 3): 1, ("learnt", 2): 1}
    assert tablet.get("/accueil/").url == "/accueil/verrou/"


def test_nobody_answers_with_a_made_up_address_or_that_of_another_session(client: Client):
    session, other = begun(), begun()
    token = kiosk.address(other).split("/")[-2]
    for wrong in ("x", token):
        assert client.post(f"/seances/{session.pk}/avis/{wrong}/", {"liked": "1"}).status_code == 404
    assert counts() == {}


@pytest.mark.parametrize(("hours", "opened"), [(-2, False), (1, True), (25, True), (27, False)])
def test_the_questions_are_asked_from_the_start_until_the_day_after(client: Client, hours, opened):
    session = SessionFactory(starts_at=timezone.now() - timedelta(hours=hours))
    answer = client.post(kiosk.address(session), {"liked": "3"})
    assert (answer.status_code, counts()) == ((302, {("liked", 3): 1}) if opened else (200, {}))


def test_no_more_faces_than_people_who_could_be_there(client: Client):
    session = begun(places=2)
    for _ in range(4):
        client.post(kiosk.address(session), {"liked": "3"})
    assert counts() == {("liked", 3): 2}


@pytest.mark.parametrize("wrong", [{}, {"liked": "9"}])
def test_no_face_or_an_unknown_one_is_asked_again(client: Client, wrong):
    assert client.post(kiosk.address(begun()), wrong).status_code == 422
    assert counts() == {}


def test_faces_on_paper_are_added_to_the_totals_and_shown(tablet):
    session = begun()
    services.give_feedback(session=session, faces={"liked": 3})
    url = f"/accueil/seances/{session.pk}/apres/"
    tablet.post(url, {"act": "faces", "liked_3": 4, "learnt_1": 2})
    tablet.post(url, {"act": "faces", "liked_3": 501})
    assert counts() == {("liked", 3): 5, ("learnt", 1): 2}
    assert [[count for _face, _word, count in row] for _question, row in tablet.get(url).context["after"].feedback] == [
        [0, 0, 5],
        [2, 0, 0],
    ]


def test_the_note_is_written_by_who_runs_the_session(tablet, desk):
    session = begun()
    url = f"/accueil/seances/{session.pk}/apres/"
    tablet.post(url, {"act": "note", "note": "Refusé"})
    services.name_facilitator(session=session, facilitator=desk, actor=None)
    tablet.post(url, {"act": "note", "note": "Prévoir plus de colle"})
    session.refresh_from_db()
    assert session.note == "Prévoir plus de colle"


def training() -> WorkshopSession:
    return begun(kind="training", category=CategoryFactory(quiz_length=0), level=1)


def test_a_trainer_signs_who_has_completed_a_training_and_that_gives_the_habilitation(tablet, desk):
    session = training()
    pupil, away = MemberFactory(), MemberFactory()
    Attendance.objects.create(session=session, member=pupil)
    Attendance.objects.create(session=session, member=away, state="absent")
    QualificationFactory(member=desk, category=session.workshop.category, level=3)
    url = f"/accueil/seances/{session.pk}/apres/"
    assert tablet.post(url, {"act": "practice", "person": away.pk}).status_code == 404
    tablet.post(url, {"act": "practice", "person": pupil.pk})
    assert list(PracticeObservation.objects.values_list("member", "level", "observed_by")) == [(pupil.pk, 1, desk.pk)]
    assert Qualification.objects.get(member=pupil).level == 1
    assert tablet.get(url).context["after"].signed == {pupil.pk}


def test_who_is_no_trainer_is_told_so_and_signs_nothing(tablet):
    session = training()
    pupil = MemberFactory()
    Attendance.objects.create(session=session, member=pupil)
    url = f"/accueil/seances/{session.pk}/apres/"
    assert "niveau 3" in tablet.get(url).content.decode()
    answer = tablet.post(url, {"act": "practice", "person": pupil.pk}, follow=True)
    assert "niveau 3" in str(next(iter(answer.context["messages"])))
    assert not PracticeObservation.objects.exists()


def test_a_session_takes_as_many_queries_with_one_person_as_with_forty(tablet, django_assert_num_queries):
    session = training()
    url = f"/accueil/seances/{session.pk}/apres/"

    def add(number: int) -> None:
        for _ in range(number):
            Attendance.objects.create(session=session, member=AdultFactory())

    add(1)
    tablet.get(url)
    with django_assert_num_queries(14):
        tablet.get(url)
    add(39)
    with django_assert_num_queries(14):
        tablet.get(url)
