"""Databases for tests and benchmarks: one migrated template for each set of migrations, and cheap copies of it.

Migrating takes about 20 s of processor time, a copy some milliseconds.
"""

import fcntl
import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from scripts.fingerprint import fingerprint
from tests.services import ROOT, WORK

NUMBERS = itertools.count(1)
"""Of the databases that this process made on a server."""


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let one process make the template while the others wait for it."""
    WORK.mkdir(parents=True, exist_ok=True)
    with (WORK / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def migrate(url: str) -> None:
    """Migrate the database of an address, in a process of its own."""
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "fablab.settings.test"}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


class Database(Protocol):
    """A database of its own for one test process."""

    vendor: str

    @property
    def name(self) -> str: ...

    @property
    def url(self) -> str: ...

    def restore(self) -> None:
        """Bring every table back to the template, also while stray connections are open."""

    def drop(self) -> None: ...


class SqliteDatabase:
    """A file copied from the template, shared by threads and processes."""

    vendor = "sqlite"

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fablab-test-"))
        self.template = self.folder / "template.sqlite3"  # its own: another run may replace the shared one
        self.path = self.folder / "db.sqlite3"
        _copy_template(self.template)
        shutil.copyfile(self.template, self.path)

    @property
    def name(self) -> str:
        return str(self.path)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def restore(self) -> None:
        source, target = sqlite3.connect(self.template), sqlite3.connect(self.path, timeout=20)
        try:
            target.execute("BEGIN IMMEDIATE")  # fails after the timeout, where backup() would wait for ever
            target.rollback()
            source.backup(target)
        finally:
            source.close()
            target.close()

    def drop(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _copy_template(target: Path) -> None:
    path = WORK / f"template-{fingerprint()}.sqlite3"
    with one_at_a_time():
        if not path.exists():
            _build_sqlite(path)
        shutil.copyfile(path, target)


def _build_sqlite(path: Path) -> None:
    for old in WORK.glob("template-*.sqlite3*"):
        old.unlink()
    draft = path.with_suffix(".draft")
    for leftover in WORK.glob("*.draft*"):
        leftover.unlink()
    migrate(f"sqlite:///{draft}")
    with sqlite3.connect(draft) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    draft.rename(path)


class PostgresDatabase:
    """A database made from the template inside the server of TEST_DATABASE_URL."""

    vendor = "postgresql"

    def __init__(self, server: str) -> None:
        self.server = server
        self.template = _postgres_template(server)
        self.name = f"fablab_{os.getpid()}_{next(NUMBERS)}"
        self.restore()

    @property
    def url(self) -> str:
        return _with_name(self.server, self.name)

    def restore(self) -> None:
        self.drop()
        _command(self.server, "CREATE DATABASE {} TEMPLATE {}", self.name, self.template)

    def drop(self) -> None:
        _command(self.server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)


def _postgres_template(server: str) -> str:
    name = f"fablab_template_{fingerprint()}"
    with one_at_a_time():
        if not _exists(server, name):
            _build_postgres(server, name)
    return name


def _build_postgres(server: str, name: str) -> None:
    draft = "fablab_draft"
    _command(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", draft)
    _command(server, "CREATE DATABASE {} TEMPLATE template0", draft)
    migrate(_with_name(server, draft))
    _command(server, "ALTER DATABASE {} RENAME TO {}", draft, name)


def _with_name(server: str, name: str) -> str:
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def _exists(server: str, name: str) -> bool:
    with psycopg.connect(server) as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _command(server: str, statement: Any, *names: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))


def database(server: str = "") -> Database:
    """Return a fresh migrated database: on a PostgreSQL server when its address is given, else a SQLite file."""
    return PostgresDatabase(server) if server.startswith("postgres") else SqliteDatabase()
