"""A quiz about something else than machines, and a game on it."""

from tests.factories.members import StaffFactory
from workshops.models import FreeQuiz, LiveGame
from workshops.services import games

TEXT = """Combien de côtés a un hexagone ?
A. 5
B. 6
C. 8
ANSWER: B

Quelle couleur donne jaune et bleu ?
A. Vert
B. Violet
ANSWER: A
"""


def free_quiz(title: str = "Formes et couleurs") -> FreeQuiz:
    return games.save_free_quiz(quiz=FreeQuiz(title=title, text=TEXT), actor=StaffFactory(roles=["facilitator"]))


def game_of(quiz: FreeQuiz | None = None) -> LiveGame:
    """Return a game that people may join."""
    quiz = quiz or free_quiz(f"Quiz {FreeQuiz.objects.count()}")
    return games.start_game(actor=StaffFactory(roles=["facilitator"]), quiz=quiz)
