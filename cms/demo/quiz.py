"""Questions for the two machines that need a quiz most."""

from typing import Any

from cms.demo import texts
from cms.demo.stage import Stage
from machines.models import MachineCategory, Question
from machines.models.quiz import LETTERS
from machines.services.quiz import save_question


def load(stage: Stage) -> list[Question]:
    """Write the questions of texts/quiz.toml; the park is there already."""
    return [
        _question(stage, MachineCategory.objects.get(slug=slug), number, told)
        for slug, questions in texts.read("quiz").items()
        for number, told in enumerate(questions)
    ]


def _question(stage: Stage, category: MachineCategory, number: int, told: dict[str, Any]) -> Question:
    """Put the right answer, which the file names first, at a place that changes from question to question."""
    right, *others = told["choices"]
    place = (number * 5 + 1) % len(told["choices"])
    return save_question(
        actor=stage.admin,
        category=category,
        text=told["text"],
        choices=[*others[:place], right, *others[place:]],
        right=LETTERS[place],
        safety=told.get("safety", False),
        explanation=told["explanation"],
    )
