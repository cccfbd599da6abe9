"""Development and demonstration: a key kept in var/, debug on unless DEBUG says otherwise."""

import os

os.environ.setdefault("DEBUG", "1")

from fablab.settings.base import *
from fablab.settings.base import DEBUG, SECRET_KEY, STORAGES, VAR_DIR
from fablab.settings.environment import SettingError, kept_secret_key

if not SECRET_KEY:
    if not DEBUG:
        raise SettingError("SECRET_KEY: required when DEBUG is off (a long random text, the same for every process).")
    SECRET_KEY = kept_secret_key(VAR_DIR)

if DEBUG:
    STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    WHITENOISE_USE_FINDERS = True
    WHITENOISE_AUTOREFRESH = False
