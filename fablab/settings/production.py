"""Production: HTTPS only, nothing guessed; what is missing stops the start with one sentence."""

from fablab.settings.base import *
from fablab.settings.base import DEBUG, SECRET_KEY, SITE_URL
from fablab.settings.environment import SettingError, flag

if DEBUG:
    raise SettingError("DEBUG: must be off in production.")
if not SECRET_KEY:
    raise SettingError("SECRET_KEY: required when DEBUG is off (a long random text, the same for every process).")

SECURE_SSL_REDIRECT = flag("SECURE_SSL_REDIRECT", SITE_URL.startswith("https://"))
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_HSTS_SECONDS = 31_536_000
