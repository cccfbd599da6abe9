"""A quiz played together: drawn names, answers until they are shown, totals and nothing else afterwards."""

from datetime import timedelta
from random import Random

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.games import free_quiz, game_of
from tests.factories.machines import CategoryFactory
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.quiz import QuestionFactory
from tests.workshops.test_parallel import all_at_once
from workshops import game_queries, game_rules
from workshops.models import FreeQuiz, GameTotal, LiveGame, Player, PlayerAnswer
from workshops.services import games

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return StaffFactory(roles=["facilitator"])


def joined(game, name="Loutre indigo"):
    return games.join(pin=game.pin, name=name)[0]


def go_on(game, actor):
    game.refresh_from_db()
    return games.advance(game=game, seen=(game.state, game.current), actor=actor)


def test_a_game_goes_from_lobby_to_over_and_keeps_totals_only(desk):
    game = game_of()
    one, two = joined(game), joined(game, "Renard safran")
    game = go_on(game, desk)
    games.answer(player=one, number=0, letter="A")
    games.answer(player=one, number=0, letter="B")
    games.answer(player=two, number=0, letter="A")
    games.count_cards(game=game, number=0, counts={"B": 5, "C": 1}, actor=desk)
    for _step in range(4):
        game = go_on(game, desk)
    assert (game.state, game.players_count) == ("over", 2)
    assert not Player.objects.exists()
    assert not PlayerAnswer.objects.exists()
    kept = GameTotal.objects.values_list("number", "letter", "source", "count")
    assert sorted(kept) == [(0, "A", "phone", 1), (0, "B", "paper", 5), (0, "B", "phone", 1), (0, "C", "paper", 1)]
    assert game_queries.on_screen(game)["right"] == 6
    assert game_queries.on_screen(game)["answers"] == 8


def test_an_answer_after_it_was_shown_or_to_another_question_is_too_late(desk):
    game = game_of()
    player = joined(game)
    with pytest.raises(ValidationError):
        games.answer(player=player, number=0, letter="A")
    go_on(game, desk)
    with pytest.raises(ValidationError):
        games.answer(player=player, number=1, letter="A")
    with pytest.raises(ValidationError):
        games.answer(player=player, number=0, letter="D")
    go_on(game, desk)
    with pytest.raises(ValidationError):
        games.answer(player=player, number=0, letter="B")
    assert not PlayerAnswer.objects.exists()


@pytest.mark.parametrize("name", ["Inès", "Loutre", "Loutre rouge", "<b>Loutre</b> indigo", ""])
def test_nobody_writes_a_name_of_their_own(name):
    game = game_of()
    with pytest.raises(ValidationError):
        games.join(pin=game.pin, name=name)
    assert not Player.objects.exists()


def test_a_name_is_taken_once_in_a_game_and_free_in_another():
    game, other = game_of(), game_of()
    joined(game)
    with pytest.raises(ValidationError):
        joined(game)
    joined(other)


def test_a_button_pressed_twice_goes_on_once(desk):
    game = game_of()
    for _tap in range(2):
        games.advance(game=game, seen=("lobby", -1), actor=desk)
    game.refresh_from_db()
    assert (game.state, game.current) == ("asking", 0)


def test_a_game_over_lets_nobody_in_and_its_pin_is_free_again(desk):
    game = game_of()
    games.end_game(game=game, actor=desk)
    with pytest.raises(ValidationError):
        joined(game)
    LiveGame.objects.create(pin=game.pin, title="Autre", questions=game.questions)


def test_a_forgotten_game_ends_by_itself():
    game = game_of()
    joined(game)
    soon = timezone.now() + timedelta(hours=2)
    assert games.end_forgotten_games(soon) == 0
    assert games.end_forgotten_games(soon + timedelta(hours=2)) == 1
    assert games.end_forgotten_games(soon + timedelta(hours=2)) == 0
    assert not Player.objects.exists()


def test_the_bank_of_the_machines_is_played_as_it_is(desk):
    category = CategoryFactory()
    QuestionFactory(category=category)
    game = games.start_game(actor=desk, category=category)
    assert (game.title, len(game.questions)) == (str(category), 1)
    with pytest.raises(ValidationError):
        games.start_game(actor=desk, category=CategoryFactory())


@pytest.mark.parametrize("text", ["", "Une question sans réponse", "Q\nA. un\nANSWER: B\n"])
def test_a_free_quiz_that_cannot_be_read_is_told_and_not_kept(desk, text):
    with pytest.raises(ValidationError):
        games.save_free_quiz(quiz=FreeQuiz(title="X", text=text), actor=desk)
    assert not FreeQuiz.objects.exists()


def test_only_the_team_runs_a_quiz():
    game, member = game_of(), MemberFactory()
    player = joined(game)
    acts = [
        lambda: games.start_game(actor=member, quiz=free_quiz("Autre")),
        lambda: games.advance(game=game, seen=("lobby", -1), actor=member),
        lambda: games.end_game(game=game, actor=member),
        lambda: games.remove_player(player=player, actor=member),
        lambda: games.count_cards(game=game, number=0, counts={"A": 1}, actor=member),
    ]
    for act in acts:
        with pytest.raises(PermissionDenied):
            act()
    game.refresh_from_db()
    assert (game.state, game.players.count()) == ("lobby", 1)


@given(st.integers(0, 2**32), st.integers(0, 240))
def test_names_offered_are_ours_free_and_few(seed, how_many):
    dice = Random(seed)
    everything = [f"{animal} {colour}" for animal in game_rules.ANIMALS for colour in game_rules.COLOURS]
    taken = set(dice.sample(everything, how_many))
    offered = game_rules.names_to_choose(taken, dice)
    assert not taken & set(offered)
    assert all(game_rules.is_drawn_name(name) for name in offered)
    assert len(offered) == min(6, 240 - how_many)


def play(phone, game, **data):
    return phone.post(f"/quiz/{game.pin}/", data)


def test_a_phone_plays_without_an_account_and_without_a_script(desk):
    game, phone = game_of(), Client()
    assert phone.get("/quiz/", {"pin": game.pin}).headers["Location"] == f"/quiz/{game.pin}/"
    assert play(phone, game, name="Loutre indigo").status_code == 302
    assert "Loutre indigo" in phone.get(f"/quiz/{game.pin}/").content.decode()
    go_on(game, desk)
    page = phone.get(f"/quiz/{game.pin}/").content.decode()
    assert "hexagone" in page
    assert play(phone, game, number="0", letter="B").status_code == 302
    assert PlayerAnswer.objects.get().letter == "B"
    go_on(game, desk)
    late = play(phone, game, number="0", letter="A")
    assert late.status_code == 422
    assert "Bravo" in phone.get(f"/quiz/{game.pin}/telephone/").content.decode()
    games.end_game(game=game, actor=desk)
    assert phone.get(f"/quiz/{game.pin}/").status_code == 200
    assert "sessionid" not in phone.cookies


def test_the_right_answer_is_on_no_page_before_it_is_shown(desk):
    game, phone = game_of(), Client()
    play(phone, game, name="Loutre indigo")
    go_on(game, desk)
    for address in ("", "telephone/", "ecran/", "ecran/maintenant/"):
        page = phone.get(f"/quiz/{game.pin}/{address}").content.decode()
        assert "juste" not in page
        assert "hexagone" in page


def test_a_screen_that_has_it_all_is_sent_nothing(desk):
    game = game_of()
    first = Client().get(f"/quiz/{game.pin}/ecran/maintenant/")
    again = Client().get(f"/quiz/{game.pin}/ecran/maintenant/", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_a_wrong_pin_says_so():
    answer = Client().get("/quiz/", {"pin": "123456"})
    assert answer.status_code == 404
    assert "123456" in answer.content.decode()
    assert Client().get("/quiz/999999/").status_code == 404


@pytest.mark.parallel
def test_thirty_phones_answer_while_the_answer_is_shown(committed_db):
    game, desk = game_of(), StaffFactory(roles=["facilitator"])
    names = [f"{animal} indigo" for animal in game_rules.ANIMALS]
    players = [joined(game, name) for name in names]
    go_on(game, desk)
    acts = [lambda one=one: games.answer(player=one, number=0, letter="B").letter for one in players]
    acts.insert(12, lambda: games.advance(game=game, seen=("asking", 0), actor=desk).state)
    results = all_at_once(acts)
    taken = results.count("B")
    assert PlayerAnswer.objects.count() == taken
    assert {type(one) for one in results if isinstance(one, Exception)} <= {ValidationError}
    game.refresh_from_db()
    assert game.state == "shown"
