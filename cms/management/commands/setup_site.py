from typing import Any

from django.core.management.base import BaseCommand

from cms.services import ensure_site


class Command(BaseCommand):
    help = "Build what is missing of the site: front page, lists, legal and information pages. Safe to run again."

    def handle(self, *_args: Any, **_options: Any) -> None:
        home = ensure_site()
        self.stdout.write(f"{home.title}: {home.get_descendant_count() + 1} pages.")
