"""Tests: fast hashers, memory cache, mail kept in memory, a database chosen by TEST_DATABASE_URL."""

import os

os.environ.setdefault("DATABASE_URL", os.environ.get("TEST_DATABASE_URL", "sqlite:///var/test/base.sqlite3"))
os.environ["DEBUG"] = "0"

from fablab.settings.base import *
from fablab.settings.base import BASE_DIR, STORAGES

SECRET_KEY = "a key for tests only"  # noqa: S105 -- never used outside tests
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
MFA_REQUIRED = False
LIVE_SHARED_SECONDS = 0.0
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    **STORAGES,
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": BASE_DIR / "var" / "test" / "private"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True  # every client of a test makes the middleware anew: it must not read all files then
MEDIA_ROOT = BASE_DIR / "var" / "test" / "media"
