"""What every way to run shares. Nothing here names a database, a broker or a channel layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from webapp.config import env

BASE_DIR = Path(__file__).resolve().parents[3]
SBEA_DATA_ROOT = env.private_folder("SBEA_DATA_ROOT", BASE_DIR / "var")
MEDIA_ROOT = SBEA_DATA_ROOT / "media"
MEDIA_URL = "/media/"
SECRET_KEY = env.secret_key(SBEA_DATA_ROOT)
DEBUG = env.flag("SBEA_DEBUG", default=False)
# This machine is always allowed: health checks and the link that `up` prints come by these names.
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
ALLOWED_HOSTS = list(dict.fromkeys([*env.words("SBEA_ALLOWED_HOSTS"), *_LOOPBACK]))
CSRF_TRUSTED_ORIGINS = env.words("SBEA_TRUSTED_ORIGINS")

# Folders of the server whose files may be registered in place; nothing outside them is ever listed or read.
SBEA_MEDIA_ROOTS = env.folders("SBEA_MEDIA_ROOTS")
# Folders with backbones to train on, each in a folder of its own (docs/adr/0032).
SBEA_BACKBONES = env.folders("SBEA_BACKBONES")
# What computes predictions on the workers; `onnx` needs the extra of that name (docs/adr/0036).
SBEA_POSE_RUNTIME = env.choice("SBEA_POSE_RUNTIME", ("torch", "onnx"))
SBEA_JOBS_ROOT = SBEA_DATA_ROOT / "jobs"
# Further modules with Celery tasks that a worker loads, beside the product's own.
SBEA_TASK_MODULES = env.words("SBEA_TASK_MODULES")
SBEA_MAX_ACTIVE_JOBS = env.integer("SBEA_MAX_ACTIVE_JOBS", 500, low=1, high=100_000)
# A queued job that nobody claimed for this long is sent again.
SBEA_RESEND_AFTER_S = env.integer("SBEA_RESEND_AFTER_S", 60, low=1, high=86_400)
# True where the channel layer crosses processes, so that workers announce changes themselves.
SBEA_ANNOUNCE_BY_CHANNEL = False

INSTALLED_APPS = [
    "webapp.accounts",
    "webapp.projects",
    "webapp.jobs",
    "webapp.recordings",
    "webapp.annotation",
    "webapp.training",
    "webapp.results",
    "webapp.realtime",
    "webapp.api",
    "webapp.pages",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "channels",
    "csp",
    "ninja",
    "webpack_loader",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "webapp.config.urls"
ASGI_APPLICATION = "webapp.config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

# Files: static by WhiteNoise, bundles by webpack's own statistics file.
BUNDLE_DIR = BASE_DIR / "frontend" / "dist"
STATIC_URL = "/static/"
STATIC_ROOT = env.folder("SBEA_STATIC_ROOT", SBEA_DATA_ROOT / "static")
STATICFILES_DIRS = [("bundles", BUNDLE_DIR)] if BUNDLE_DIR.is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Finders serve files where they lie, so that a fresh clone needs no `collectstatic`.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WEBPACK_LOADER: dict[str, dict[str, Any]] = {
    "DEFAULT": {
        "BUNDLE_DIR_NAME": "bundles/",
        "STATS_FILE": str(BUNDLE_DIR / "webpack-stats.json"),
        "CACHE": not DEBUG,
        "POLL_INTERVAL": 0.3,
        "TIMEOUT": 30,
    }
}

# People: sign-in by email, accounts by invitation only.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "webapp.accounts.adapter.ClosedAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "webapp.accounts.adapter.user_display"
# Addresses are vouched for by whoever invited; no mail server is needed to run.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "5/5m/key,20/5m/ip"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

# Browser security.
TLS = env.flag("SBEA_TLS", default=False)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = TLS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = TLS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "worker-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "img-src": [SELF, "blob:", "data:"],
        "media-src": [SELF, "blob:"],
        "style-src": [SELF],
        "style-src-attr": ["'unsafe-inline'"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024

# Celery is transport only; the Job row is the truth, so no result is kept.
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "cpu"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("SBEA_LOG_LEVEL", "INFO").upper()},
    "loggers": {
        # A refused request is an answer, not an event of the server.
        "django.request": {"level": "ERROR"},
        # Says at every start how many threads it would use.
        "numexpr": {"level": "WARNING"},
    },
}
