"""WSGI entry point: pages and API."""

import os
import sys

from django.core.wsgi import get_wsgi_application

from fablab.settings.environment import SettingError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fablab.settings.dev")
try:
    application = get_wsgi_application()
except SettingError as error:
    sys.exit(str(error))
