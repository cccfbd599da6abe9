"""Ask once for the first administrator and the lab's name."""

import getpass
import os
import sys
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from cms.services import ensure_site
from place.models import LabSettings

VARIABLES = ("FABLAB_NAME", "FABLAB_ADMIN", "FABLAB_ADMIN_PASSWORD")


class Command(BaseCommand):
    help = "Ask once for the lab's name and a first administrator (or take them from " + ", ".join(VARIABLES) + ")."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if get_user_model().objects.filter(is_superuser=True, is_active=True).exists():
            return
        name, username, password = self._from_environment() or self._asked()
        self._create(name, username, password)
        self.stdout.write(f"{name} is ready; {username} is its administrator.")

    def _from_environment(self) -> tuple[str, str, str] | None:
        name, username, password = (os.environ.get(variable, "").strip() for variable in VARIABLES)
        return (name or "CAN Lab", username, password) if username and password else None

    def _asked(self) -> tuple[str, str, str]:
        if not sys.stdin.isatty():
            raise CommandError(
                "There is no administrator yet: set FABLAB_ADMIN and FABLAB_ADMIN_PASSWORD, or use a terminal."
            )
        name = input("Name of the lab [CAN Lab]: ").strip() or "CAN Lab"
        username = input("Username of the first administrator [admin]: ").strip() or "admin"
        return name, username, getpass.getpass("Password: ")

    @transaction.atomic
    def _create(self, name: str, username: str, password: str) -> None:
        user = get_user_model()(username=username, is_staff=True, is_superuser=True)
        try:
            validate_password(password, user)
            user.set_password(password)
            user.full_clean()
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from problem
        user.save()
        LabSettings.objects.update_or_create(pk=1, defaults={"name": name})
        ensure_site()
