"""Invented questions, sheets and results."""

from typing import Any

import factory
from django.utils import timezone

from machines.models import Choice, PaperSheet, Question, QuizAttempt, QuizMode
from members.models import User
from place.clock import today
from tests.factories.machines import CategoryFactory
from tests.factories.members import MemberFactory


class QuestionFactory(factory.django.DjangoModelFactory):
    """A question whose right answer is B of three; `right="A"` says otherwise."""

    class Meta:
        model = Question
        skip_postgeneration_save = True

    category = factory.SubFactory(CategoryFactory)
    text = factory.Sequence(lambda number: f"Question inventée {number} ?")
    explanation = "Parce que c’est ainsi."

    @factory.post_generation
    def right(self, create: bool, extracted: str | None, **_kwargs: Any) -> None:
        if create:
            for letter in "ABC":
                Choice.objects.create(
                    question=self, letter=letter, text=f"réponse {letter}", right=letter == (extracted or "B")
                )


def asked(right: str = "BBA", safety: str = "") -> list[dict[str, Any]]:
    """Return questions as an attempt keeps them, one for each right letter; `safety` marks some, as `x  `."""
    return [
        {
            "id": number,
            "text": f"Question {number}",
            "safety": safety[number - 1 : number] == "x",
            "explanation": f"explication {number}",
            "choices": [["A", "rouge"], ["B", "vert"], ["C", "bleu"]],
            "right": letter,
        }
        for number, letter in enumerate(right, start=1)
    ]


class SheetFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PaperSheet

    category = factory.SubFactory(CategoryFactory)
    questions = factory.LazyFunction(asked)


class AttemptFactory(factory.django.DjangoModelFactory):
    """An attempt on a screen, open since now, of three questions."""

    class Meta:
        model = QuizAttempt

    member = factory.SubFactory(MemberFactory)
    category = factory.SubFactory(CategoryFactory)
    mode = QuizMode.SELF
    questions = factory.LazyFunction(asked)
    out_of = factory.LazyAttribute(lambda attempt: len(attempt.questions))
    taken_on = factory.LazyFunction(today)
    started_at = factory.LazyFunction(timezone.now)


def passed_quiz(member: User, **fields: Any) -> QuizAttempt:
    """Return an attempt that was passed."""
    now = timezone.now()
    result = {"answers": ["B", "B", "A"], "score": 3, "passed": True, "started_at": now, "finished_at": now}
    return AttemptFactory(member=member, **(result | fields))
