"""A throwaway PostgreSQL cluster on loopback, stopped with the process that started it.

    python -m tests.services.postgres COMMAND …

runs a command with TEST_DATABASE_URL naming such a cluster.
"""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.services import ServiceMissing, free_port, program, wait_until

PR_SET_PDEATHSIG = 1
UNSAFE_BUT_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
SETTINGS = ("listen_addresses=127.0.0.1", "max_connections=200", "log_min_messages=fatal", "timezone=UTC")


def _bin_folders() -> list[str]:
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    return [str(folder) for folder in sorted(versions, key=lambda path: -float(path.parent.name))]


def _identity() -> dict:
    """Return whom the server runs as: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        raise ServiceMissing("the system user postgres is missing (Debian: apt install postgresql)") from None
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


class Cluster:
    """One server process over a folder of its own; `durable` keeps fsync on, for benchmarks and fault drills."""

    def __init__(self, *, durable: bool = False) -> None:
        self.programs = {name: program(name, *_bin_folders(), install="postgresql") for name in ("initdb", "postgres")}
        self.identity = _identity()
        self.durable = durable
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="fablab-postgres-"))
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        """Address of the maintenance database."""
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        """Make the empty cluster."""
        if self.identity:
            os.chown(self.folder, self.identity["user"], self.identity["group"])
        command = [self.programs["initdb"], "-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust"]
        command += ["--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **self.identity)

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        settings = [*SETTINGS, f"port={self.port}", f"unix_socket_directories={self.folder}"]
        settings += [] if self.durable else UNSAFE_BUT_FAST
        options = [word for setting in settings for word in ("-c", setting)]
        self.process = subprocess.Popen(
            [self.programs["postgres"], "-D", str(self.folder / "data"), *options],
            cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=_die_with_parent,  # noqa: PLW1509 -- one thread here
            start_new_session=True, **self.identity,
        )  # fmt: skip
        wait_until(self.accepts, what="PostgreSQL")

    def accepts(self) -> bool:
        """Tell whether a session can be opened: the port answers while the server still says "starting up"."""
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT is a fast shutdown, SIGQUIT an immediate one (a crash)."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=30)
            self.process = None

    def destroy(self) -> None:
        """Stop the server and remove everything."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """Run a throwaway cluster for the length of a block."""
    server = Cluster(durable=durable)
    try:
        server.create()
        server.start()
        yield server
    finally:
        server.destroy()


def main(command: list[str]) -> int:
    """Run a command beside a throwaway cluster; return its exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with cluster() as server:
            return subprocess.run(command, env={**os.environ, "TEST_DATABASE_URL": server.url}, check=False).returncode
    except ServiceMissing as missing:
        sys.stderr.write(f"Not run: PostgreSQL, because {missing}.\n")
        return 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
