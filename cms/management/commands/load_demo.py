from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cms.demo.load import load
from members.models import User
from place import clock


def day(text: str) -> date:
    return date.fromisoformat(text)


class Command(BaseCommand):
    help = "Fill an empty database with invented people, machines and bookings around a day. Never outside DEBUG."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--date", type=day, metavar="YYYY-MM-DD", help="the day they are around (default: today)")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demonstration only loads when DEBUG is on: its passwords are public.")
        if User.objects.exists():
            self.stdout.write("Nothing was loaded: this database already has people.")
            return
        chosen = options["date"] or clock.today()
        made = load(chosen)
        if options["verbosity"]:
            self.stdout.write(
                f"Demonstration data around {chosen.isoformat()}, all invented:\n"
                f"  {made.people} people (password: demo), {made.machines} machines, {made.sessions} workshop dates\n"
                f"  {made.coming} bookings to come, {made.past} past ones, {made.uses} machine uses\n"
                f"  {made.projects} documented projects"
            )
