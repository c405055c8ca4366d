"""For the tests: a data root of its own, and the database that `SBEA_TEST_DATABASE` names.

`SBEA_TEST_DATABASE=postgres` takes PostgreSQL from `DATABASE_URL` and Redis from `REDIS_URL`; see
`python -m tests.run_on_server_stack`, which starts both.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

# Each process of pytest-xdist has a data root of its own; what a test starts shares that of the test.
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
_own = "SBEA_DATA_ROOT" not in os.environ or os.environ.get("SBEA_TEST_WORKER", _worker) != _worker
os.environ["SBEA_TEST_WORKER"] = _worker
if _own:
    os.environ["SBEA_DATA_ROOT"] = tempfile.mkdtemp(prefix="sbea-test-")
    atexit.register(shutil.rmtree, os.environ["SBEA_DATA_ROOT"], ignore_errors=True)
os.environ.setdefault("SECRET_KEY", "only-for-tests-only-for-tests-only-for-tests-only-for-tests")

if os.environ.get("SBEA_TEST_DATABASE", "sqlite") == "postgres":
    from webapp.config.settings.server import *  # noqa: F403
else:
    from webapp.config.settings.embedded import *  # noqa: F403

# Pages render without a built bundle.
WEBPACK_LOADER = {"DEFAULT": {"LOADER_CLASS": "webpack_loader.loaders.FakeWebpackLoader"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# A thread of a test that kept its connection would keep the test database from being dropped.
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, not memory: threads and processes of a test must see the same database as the product's do.
    DATABASES["default"]["TEST"] = {"NAME": SBEA_DATA_ROOT / "test.sqlite3"}  # noqa: F405
