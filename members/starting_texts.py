"""The first version of the texts that people sign, so that a new lab can begin; a director publishes the next ones."""

import tomllib
from pathlib import Path

from django.apps.registry import Apps

FIRST = Path(__file__).with_name("texts") / "first.toml"


def ensure_texts(apps: Apps) -> None:
    """Put version 1 of each text where there is none yet; idempotent, run after each migrate."""
    model = apps.get_model("members", "LegalText")
    present = set(model.objects.values_list("purpose", flat=True).distinct())
    bodies = tomllib.loads(FIRST.read_text(encoding="utf-8"))
    model.objects.bulk_create(
        model(purpose=purpose, version=1, language=language, body=body)
        for purpose, languages in bodies.items()
        if purpose not in present
        for language, body in languages.items()
    )
