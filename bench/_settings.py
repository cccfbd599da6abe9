"""Production settings, with the floors' own addresses beside the site's."""

import os

os.environ.setdefault("DEBUG", "0")
os.environ.setdefault("SECRET_KEY", "a key for benchmarks only")

from fablab.settings.production import *  # noqa: F403 -- settings are names

ROOT_URLCONF = "bench._floors"
ALLOWED_HOSTS = ["*"]
LOGGING = {"version": 1, "disable_existing_loggers": True}

# Pages are measured, not the collected files they name.
STORAGES = {
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
