from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from members.models import User
from members.second_factor import forget_second_factor


class Command(BaseCommand):
    help = "Remove the passkeys, code app and rescue codes of a person whose phone is lost; the password stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username__iexact=options["username"]).first()
        if user is None:
            raise CommandError(f"Nobody signs in as {options['username']!r}.")
        forget_second_factor(actor=None, member=user)
