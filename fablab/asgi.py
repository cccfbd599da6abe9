"""ASGI entry point, for a separate small process that streams events."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fablab.settings.dev")
application = get_asgi_application()
