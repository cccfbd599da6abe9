import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from fablab.timed import run_all


class Command(BaseCommand):
    help = "Do once what is due: send messages, close bookings, lay out dates, turn pages. Safe at any time, twice too."

    def handle(self, *_args: Any, **_options: Any) -> None:
        failed = False
        for outcome in run_all(timezone.now()):
            failed = failed or bool(outcome.problem)
            self.stdout.write(str(outcome))
        if failed:
            sys.exit(1)
