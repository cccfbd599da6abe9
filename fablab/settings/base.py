"""Settings shared by every environment; the variables are listed in docs/contract.md §2."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from fablab.settings import environment as env

BASE_DIR = env.ROOT
VAR_DIR = BASE_DIR / "var"

DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.text("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")  # rotated keys: sessions and printed cards made under them
SITE_URL = env.site_url("SITE_URL", "http://localhost:8000")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
INTERNAL_IPS = ["127.0.0.1"]

INSTALLED_APPS = [
    "fablab",  # first: django-scheduler ships a base.html of its own
    "members",
    "place",
    "machines",
    "booking",
    "workshops",
    "iot_bridge",
    "desk",
    "cms",
    "schedule",
    "import_export",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # phones pay for their data; Django masks the CSRF token in each answer
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "fablab.middleware.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "members.second_factor.SecondFactorMiddleware",
    "desk.lock.ShutDeskMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]

ROOT_URLCONF = "fablab.urls"
WSGI_APPLICATION = "fablab.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "fablab.context_processors.lab",
            ],
        },
    },
]

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'fablab.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Several web workers count wrong passwords together, so the default cache is shared between processes.
LIVE_SHARED_SECONDS = 0.5  # parts of pages that follow the machines are made at most this often (place/shared.py)
CACHES = {"default": env.cache("CACHE_URL", f"filecache://{VAR_DIR / 'cache'}")}

AUTH_USER_MODEL = "members.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend", "members.backends.CardBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "first_name", "last_name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/reservations/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_ADAPTER = "members.accounts.LabAccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_USER_DISPLAY = "members.accounts.display_name"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
# Django's own generator: allauth's keeps a list of addresses beside the account, where an old one would stay valid.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_FORMS = {"confirm_login_code": "members.forms.LoginCodeForm"}
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 10 * 60
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_RATE_LIMITS = {
    "login_failed": "30/m/ip,5/5m/key",
    "login": "60/m/ip",
    "reset_password": "20/m/ip,5/m/key",
    "request_login_code": "20/m/ip,3/10m/key,10/d/key",
    "confirm_login_code": "30/m/ip",
}
# How many reverse proxies of ours stand in front: wrong passwords are counted for the address they report.
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXIES", 0)

MFA_ADAPTER = "members.accounts.LabMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "activate_totp": "members.forms.CodeAppForm",
    "add_webauthn": "members.forms.PasskeyForm",
    "edit_webauthn": "members.forms.PasskeyNameForm",
    "authenticate": "members.forms.SecondStepForm",
    "reauthenticate": "members.forms.SecondStepAgainForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the desk writes addresses down, nobody clicks a link
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG  # http://localhost
# Whoever manages members may do nothing else before a second sign-in step is set up (members/second_factor.py).
MFA_REQUIRED = env.flag("MFA_REQUIRED", default=not DEBUG)

LANGUAGES = [("fr", _("French")), ("en", _("English"))]
# Papers that families sign are printed in the languages of the partners too.
FORM_LANGUAGES = [*LANGUAGES, ("es", _("Spanish")), ("it", _("Italian")), ("pt", _("Portuguese"))]
LANGUAGE_CODE = env.language("LANGUAGE_CODE", "fr", [code for code, _name in LANGUAGES])
LOCALE_PATHS = [BASE_DIR / "fablab" / "locale"]
TIME_ZONE = env.time_zone("TIME_ZONE", "Europe/Paris")
USE_I18N = True
USE_TZ = True
FIRST_DAY_OF_WEEK = 1  # read by django-scheduler when it is imported

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": {  # no address leads there: a view hands out what somebody may see
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": VAR_DIR / "private",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

vars().update(env.email("EMAIL_URL", "consolemail://"))
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "CAN Lab <ne-pas-repondre@lab.example>")

MQTT_URL = env.broker_url("MQTT_URL")
MQTT_CA_FILE = env.readable_file("MQTT_CA_FILE")
METRICS_TOKEN = env.text("METRICS_TOKEN")  # empty: /metrics does not exist
FABLAB_MODULES = env.words("FABLAB_MODULES")

# Where a lower room reaches a higher one (docs/architecture.md §2): dotted paths, checked at start.
MACHINE_ACCESS_RULES = [
    "booking.starts.ask_bookings",
    "machines.services.starts.refuse_beside_another_use",
]
USAGE_HANDLERS = [
    "machines.services.starts.name_use",
    "booking.reconciliation.attach_usage",
    "booking.reconciliation.note_use",
    "machines.services.presence.follow_usage",
]
OUTAGE_HANDLERS = ["booking.services.settle_outage"]
TIES_HANDLERS = ["booking.services.settle_ties"]
CONSENT_WITHDRAWN_HANDLERS = [
    "booking.services.settle_consent",
    "workshops.services.settle_consent",
    "cms.services.pictures.settle_consent",
]

# How long personal data are kept (docs/operating.md); to be validated by the director. Consents: 0, as long as the
# person's other data; longer where the insurer asks for their proof (accidents of minors outlive a membership).
RETENTION = {
    "membership_grace_months": 3,
    "never_joined_months": 12,
    "consent_months": 0,
    "waiting_list_days": 30,
    "request_days": 365,
    "message_days": 90,
    "log_months": 12,
    "fault_photo_days": 90,
    "anomaly_note_days": 365,
    "start_days": 90,
    "machine_message_days": 30,
}

# Three different ages, each for its own question (members/standing.py says which law or rule stands behind them).
CONSENT_AGE = 15  # from it on, a young person agrees alone to have an account
LEAVING_AGE = 16  # from it on, one leaves the lab without being fetched
MAJORITY_AGE = 18

TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}

MFA_TOTP_ISSUER = WAGTAIL_SITE_NAME = "CAN Lab"
WAGTAILADMIN_BASE_URL = SITE_URL
WAGTAILADMIN_LOGIN_URL = "account_login"
WAGTAIL_FRONTEND_LOGIN_URL = "/connexion/"
WAGTAILADMIN_PERMITTED_LANGUAGES = [("fr", "Français"), ("en", "English")]
WAGTAIL_GRAVATAR_PROVIDER_URL = None  # nothing is fetched from outside
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_I18N_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False  # people change theirs on the site
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILIMAGES_IMAGE_MODEL = "cms.LabImage"
WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "jpg", "jpeg", "png", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 10 * 1024 * 1024
WAGTAILDOCS_EXTENSIONS = ["stl", "3mf", "obj", "svg", "dxf", "pdf", "png", "jpg", "jpeg"]
WAGTAILDOCS_MAX_UPLOAD_SIZE = 30 * 1024 * 1024
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILDOCS_INLINE_CONTENT_TYPES: list[str] = []
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}

IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_USE_TRANSACTIONS = True

DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
CSRF_COOKIE_SAMESITE = "Lax"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"iot_bridge": {"level": "INFO"}},
}
