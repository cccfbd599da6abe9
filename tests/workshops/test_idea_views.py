import pytest

from tests.factories.members import MemberFactory
from tests.factories.workshops import IdeaFactory
from workshops.models import WorkshopIdea
from workshops.services import settle_interest

pytestmark = pytest.mark.django_db
State = WorkshopIdea.State


@pytest.fixture
def member(client):
    member = MemberFactory()
    client.force_login(member)
    return member


def shown(response):
    return [(idea.title, idea.interested, idea.mine) for idea in response.context["ideas"]]


def test_only_ideas_the_team_has_shown_are_public_the_most_wished_for_first(client):
    for state in (State.SENT, State.DISMISSED, State.TAKEN_UP):
        IdeaFactory(title=f"Caché {state}", state=state)
    IdeaFactory(title="Un drone", state=State.SHOWN)
    wished = IdeaFactory(title="Un four solaire", state=State.SHOWN)
    settle_interest(idea=wished, member=MemberFactory(), wanted=True)
    response = client.get("/idees/")
    assert shown(response) == [("Un four solaire", 1, False), ("Un drone", 0, False)]
    assert "Caché" not in response.content.decode()


def test_no_author_is_shown_to_anybody(client):
    author = MemberFactory(first_name="Zénobie", last_name="Quidam", username="zenobie")
    idea = IdeaFactory(state=State.SHOWN, proposed_by=author)
    for reader in (None, MemberFactory()):
        if reader:
            client.force_login(reader)
        text = client.get("/idees/").content.decode()
        assert idea.title in text
        assert not [word for word in ("Zénobie", "Quidam", "zenobie") if word in text]


def test_saying_it_interests_me_twice_is_once_and_can_be_taken_back(client, member):
    idea = IdeaFactory(title="Un drone", state=State.SHOWN)
    for _ in range(2):
        response = client.post(f"/idees/{idea.pk}/interet/", {"wanted": "1"})
        assert (response.status_code, response["Location"]) == (302, f"/idees/#idea-{idea.pk}")
    assert shown(client.get("/idees/")) == [("Un drone", 1, True)]
    client.post(f"/idees/{idea.pk}/interet/", {"wanted": "0"})
    assert shown(client.get("/idees/")) == [("Un drone", 0, False)]


def test_an_idea_that_is_not_shown_cannot_be_wished_for(client, member):
    hidden = IdeaFactory()
    assert client.post(f"/idees/{hidden.pk}/interet/", {"wanted": "1"}).status_code == 404
    assert not hidden.interests.filter(member=member).exists()


def test_an_idea_is_sent_to_be_read_first(client, member):
    response = client.post("/idees/", {"title": "Un luth en carton", "text": "On découpe, on colle."})
    assert (response.status_code, response["Location"]) == (302, "/idees/")
    idea = WorkshopIdea.objects.get()
    assert (idea.title, idea.proposed_by, idea.state) == ("Un luth en carton", member, State.SENT)
    response = client.get("/idees/")
    assert shown(response) == []
    assert [one.title for one in response.context["own"]] == ["Un luth en carton"]


def test_somebody_elses_idea_is_not_among_mine(client, member):
    IdeaFactory()
    assert list(client.get("/idees/").context["own"]) == []


def test_a_sixth_unread_idea_and_an_empty_one_are_refused_with_words(client, member):
    IdeaFactory.create_batch(5, proposed_by=member)
    response = client.post("/idees/", {"title": "Encore une", "text": ""})
    assert (response.status_code, WorkshopIdea.objects.count()) == (422, 5)
    assert "Encore une" in response.content.decode()
    assert "pas encore lu" in response.content.decode()
    response = client.post("/idees/", {"title": "  "})
    assert (response.status_code, "title" in response.context["form"].errors) == (422, True)


def test_a_visitor_is_sent_to_sign_in_and_nothing_is_kept(client):
    idea = IdeaFactory(state=State.SHOWN)
    for address, sent in (("/idees/", {"title": "Un luth"}), (f"/idees/{idea.pk}/interet/", {"wanted": "1"})):
        response = client.post(address, sent)
        assert (response.status_code, response["Location"]) == (302, "/connexion/?next=/idees/")
    assert (WorkshopIdea.objects.count(), idea.interests.count()) == (1, 0)
    assert client.get("/idees/").context["sign_in_url"] == "/connexion/?next=/idees/"


@pytest.mark.parametrize("number", [1, 90])
def test_the_ideas_take_the_same_queries_whatever_their_number(client, number, django_assert_num_queries):
    IdeaFactory.create_batch(number, state=State.SHOWN)
    with django_assert_num_queries(2):  # the ideas, the lab
        assert len(shown(client.get("/idees/"))) == number
