"""What people would like, and what they thought of it."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.workshops import SessionFactory, WorkshopFactory
from workshops import services
from workshops.models import SessionFeedback, WorkshopIdea

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return StaffFactory(roles=["fab_manager"])


def idea_of(member, title="Un drone en carton"):
    return services.propose(title=title, text="On le plie, on le lance.", actor=member)


def test_an_idea_is_read_first_then_shown_then_wished_for(boss):
    author, other = MemberFactory(), MemberFactory()
    idea = idea_of(author)
    with pytest.raises(ValidationError):
        services.settle_interest(idea=idea, member=other, wanted=True)
    idea = services.decide(idea=idea, shown=True, actor=boss)
    assert [services.settle_interest(idea=idea, member=other, wanted=True) for _tap in range(2)] == [2, 2]
    assert services.settle_interest(idea=idea, member=other, wanted=False) == 1


def test_taken_up_it_is_a_draft_that_nobody_sees_yet(boss):
    WorkshopFactory(slug="un-drone-en-carton")
    idea = services.decide(idea=idea_of(MemberFactory()), shown=True, actor=boss)
    drafts = [services.take_up(idea=idea, actor=boss) for _tap in range(2)]
    assert drafts[0] == drafts[1]
    assert (drafts[0].draft, drafts[0].title, drafts[0].slug) == (True, "Un drone en carton", "un-drone-en-carton-2")
    with pytest.raises(ValidationError):
        services.decide(idea=idea, shown=False, actor=boss)


def test_a_sixth_unread_idea_waits(boss):
    author = MemberFactory()
    for number in range(5):
        idea_of(author, f"Idée {number}")
    with pytest.raises(ValidationError):
        idea_of(author, "La sixième")
    services.decide(idea=WorkshopIdea.objects.first(), shown=False, actor=boss)
    idea_of(author, "La sixième")


def test_only_who_plans_decides():
    idea, desk = idea_of(MemberFactory()), StaffFactory(roles=["desk"])
    with pytest.raises(PermissionDenied):
        services.decide(idea=idea, shown=True, actor=desk)
    with pytest.raises(PermissionDenied):
        services.take_up(idea=idea, actor=desk)
    idea.refresh_from_db()
    assert idea.state == "sent"


def test_faces_are_totals_and_nobody_stands_behind_them():
    session = SessionFactory()
    services.give_feedback(session=session, faces={"liked": 3, "learnt": 2})
    services.give_feedback(session=session, faces={"liked": 3}, count=4)
    found = SessionFeedback.objects.values_list("question", "face", "count")
    assert sorted(found) == [("learnt", 2, 1), ("liked", 3, 5)]
    assert {field.name for field in SessionFeedback._meta.fields} == {"id", "session", "question", "face", "count"}


@pytest.mark.parametrize(("faces", "count"), [({}, 1), ({"liked": 7}, 1), ({"hated": 1}, 1), ({"liked": 1}, 0)])
def test_a_face_that_is_none_is_refused(faces, count):
    with pytest.raises(ValidationError):
        services.give_feedback(session=SessionFactory(), faces=faces, count=count)
    assert not SessionFeedback.objects.exists()


def test_the_note_is_for_who_runs_the_session_or_plans(boss):
    runner, session = StaffFactory(roles=["facilitator"]), SessionFactory()
    with pytest.raises(PermissionDenied):
        services.write_note(session=session, note="Trop court", actor=runner)
    services.name_facilitator(session=session, facilitator=runner, actor=boss)
    session.refresh_from_db()
    assert services.write_note(session=session, note=" Trop court ", actor=runner).note == "Trop court"
    assert services.write_note(session=session, note="À refaire", actor=boss).note == "À refaire"
