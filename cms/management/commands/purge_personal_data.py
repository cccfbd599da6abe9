from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cms.services.forgetting import FiguresChanged, purge


class Command(BaseCommand):
    help = "Say what has had its time (RETENTION in the settings); with --yes, forget it. Figures stay what they are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="forget it; without it, nothing is changed")

    def handle(self, *_args: Any, yes: bool, **_options: Any) -> None:
        try:
            counted = purge(timezone.now(), for_real=yes)
        except FiguresChanged as error:
            raise CommandError(f"Nothing was forgotten: these figures would change: {error}.") from error
        for name, count in counted:
            self.stdout.write(f"{name}: {count}")
        done = "Forgotten." if yes else "Nothing was changed. To forget it: purge_personal_data --yes"
        self.stdout.write(f"{done} Every figure is the same.")
