from typing import Any

from django.core.management.base import BaseCommand

from cms.services import ensure_site
from place.services import begin_calendar


class Command(BaseCommand):
    help = "Build what is missing of the site (front page, lists, information pages) and of the school calendar."

    def handle(self, *_args: Any, **_options: Any) -> None:
        home = ensure_site()
        begin_calendar()
        self.stdout.write(f"{home.title}: {home.get_descendant_count() + 1} pages.")
