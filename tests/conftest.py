"""Fixtures every room uses: databases, broker, browser, site; and an honest list of what was not run."""

import gc
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.cache import cache
from django.db import connection, connections
from django.test.testcases import LiveServerThread
from django.utils import translation
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, Page

from cms.models import HomePage
from cms.services import ensure_site
from scripts.compile_messages import compile_all
from tests.services import ServiceMissing, databases
from tests.services.broker import Broker, running_broker
from tests.services.browser import DESKTOP, PHONE, opened_page, running_browser

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
SOAK = os.environ.get("FABLAB_SOAK") == "1"
SERVER = os.environ.get("TEST_DATABASE_URL", "")
ON_POSTGRES = SERVER.startswith("postgres")

hypothesis_settings.register_profile("test", max_examples=60, deadline=None, derandomize=True, database=None)
hypothesis_settings.register_profile("soak", max_examples=4000, deadline=None, print_blob=True)
hypothesis_settings.load_profile("soak" if SOAK else "test")


# --- What is run, and what was not -----------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        compile_all()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse fixtures that would empty the template, leave out what this database says nothing about, browsers last."""
    for item in items:
        _refuse_flush(item)
    kept = [item for item in items if _belongs_to_this_pass(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = sorted(kept, key=lambda item: item.get_closest_marker("e2e") is not None)


def pytest_collection_finish() -> None:
    """What is loaded stays: the collector need not walk through all of Django and all tests again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _belongs_to_this_pass(item: pytest.Item) -> bool:
    """Tell whether a test says anything on this database; what touches none is run once, on SQLite.

    So are the screens, click by click: on PostgreSQL the table of access opens each of them, by every role, and the
    services, queries, rules and the API behind them are tested there in full.
    """
    if not ON_POSTGRES:
        return item.get_closest_marker("postgresql") is None
    uses = {"db", "committed_db", "test_database"} & set(getattr(item, "fixturenames", ()))
    touches = bool(uses or item.get_closest_marker("django_db"))
    return touches and not _is_screen(item) and item.get_closest_marker("sqlite") is None


def _is_screen(item: pytest.Item) -> bool:
    """Tell whether a test drives a page with Django's client, and neither the API nor writers at once."""
    drives = "client" in getattr(item, "fixturenames", ()) or "/cms/test_gestion_" in str(item.path)
    return drives and "api" not in item.path.name and item.get_closest_marker("parallel") is None


def _refuse_flush(item: pytest.Item) -> None:
    marker = item.get_closest_marker("django_db")
    flushes = bool(marker and marker.kwargs.get("transaction"))
    if flushes or {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ())):
        raise pytest.UsageError(f"{item.nodeid}: use committed_db or site; a flush would drop the migrated rows.")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2] if isinstance(report.longrepr, tuple) else "") for report in skipped)
    lines = [f"{count} test(s), because {reason.removeprefix('Skipped: ')}" for reason, count in reasons.items()]
    for line in lines:
        terminalreporter.write_line(f"Not run: {line}")
    if lines and "FABLAB_NOT_RUN" in os.environ:
        with Path(os.environ["FABLAB_NOT_RUN"]).open("a", encoding="utf-8") as notes:
            notes.writelines(f"{line}\n" for line in lines)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a test that was not run is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if IN_CI and reporter and reporter.stats.get("skipped") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def soak() -> bool:
    """Tell whether full counts are asked for (`make soak`)."""
    return SOAK


# --- Databases --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def test_database() -> Iterator[databases.Database]:
    """This process's own copy of the migrated template."""
    database = databases.database(SERVER)
    yield database
    database.drop()


@pytest.fixture(scope="session")
def django_db_setup(test_database: databases.Database) -> Iterator[None]:
    """Point Django at the copy, instead of migrating an empty test database."""
    _point_at(test_database)
    if test_database.vendor == "sqlite":
        connection.settings_dict["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
    yield
    connections.close_all()


def _point_at(database: databases.Database) -> None:
    connection.close()
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = database.name


@pytest.fixture(scope="session")
def site_database(
    django_db_setup: None, test_database: databases.Database, django_db_blocker
) -> Iterator[databases.Database]:
    """A second copy, in which the starting site stands already: building it takes longer than most tests."""
    database = databases.database(SERVER)
    with django_db_blocker.unblock():
        _point_at(database)
        ensure_site()
        _point_at(test_database)
    yield database
    database.drop()


@pytest.fixture
def _site_stands(site_database: databases.Database, test_database: databases.Database) -> Iterator[None]:
    _point_at(site_database)
    yield
    _point_at(test_database)


@pytest.fixture
def committed_db(
    django_db_setup: None, django_db_blocker, test_database: databases.Database
) -> Iterator[databases.Database]:
    """Give a database without a wrapping transaction (`.url` for other processes), restored from the template after."""
    with django_db_blocker.unblock():
        yield test_database
        connections.close_all()
    test_database.restore()


@pytest.fixture
def _django_db_helper(request: pytest.FixtureRequest) -> None:
    """Let `db` mean the committed database in a test that asked for that one, the site's in one that asked for `home`.

    What such a test changes is rolled back like anything else.
    """
    if "committed_db" in request.fixturenames:
        request.getfixturevalue("committed_db")
        return
    if "home" in request.fixturenames:
        request.getfixturevalue("_site_stands")
    request.getfixturevalue("_django_db_helper")


@pytest.fixture
def home(db: None) -> HomePage:
    """The starting site."""
    return HomePage.objects.first() or ensure_site()


@pytest.fixture(autouse=True)
def _same_start() -> Iterator[None]:
    """Every test starts in French with an empty cache."""
    cache.clear()
    with translation.override("fr"):
        yield


# --- Broker -----------------------------------------------------------------------------------------------------------


def _service(manager):
    """Enter a service's context; a missing program is reported at the end (and fails in CI)."""
    try:
        yield from _entered(manager)
    except ServiceMissing as missing:
        pytest.skip(str(missing))


def _entered(manager):
    with manager as service:
        yield service


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """One Mosquitto for the session: `.host`, `.port`, `.url`. Use client ids and topics of your own."""
    yield from _service(running_broker())


@pytest.fixture
def own_broker() -> Iterator[Broker]:
    """Give a test that stops, kills or fills its broker one of its own."""
    yield from _service(running_broker())


# --- Browser ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    yield from _service(running_browser())


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A 360×740 page."""
    yield from _entered(opened_page(browser, PHONE))


@pytest.fixture
def desktop(browser: Browser) -> Iterator[Page]:
    """A 1280×800 page."""
    yield from _entered(opened_page(browser, DESKTOP))


@pytest.fixture
def no_js(browser: Browser) -> Iterator[Page]:
    """A 360×740 page with JavaScript off."""
    yield from _entered(opened_page(browser, PHONE, scripts=False))


class Site:
    """The running site: `.url` has no final slash."""

    def __init__(self, url: str, database: databases.Database) -> None:
        self.url, self.database = url, database


@pytest.fixture
def site(committed_db: databases.Database) -> Iterator[Site]:
    """Serve the site from threads of this process on the committed database."""
    server = LiveServerThread("127.0.0.1", StaticFilesHandler, connections_override={})
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    yield Site(f"http://127.0.0.1:{server.port}", committed_db)
    server.terminate()
