"""ASGI entry point, for a separate small process that streams events."""

import os
import sys

from django.core.asgi import get_asgi_application

from fablab.settings.environment import SettingError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fablab.settings.dev")
try:
    application = get_asgi_application()
except SettingError as error:
    sys.exit(str(error))
