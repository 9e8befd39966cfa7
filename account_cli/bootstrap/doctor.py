"""``acct doctor``: everything that acct needs on this computer, looked at once, nothing changed.

What is about the exchanges is in ``doctor_exchanges``. A look never raises: what cannot be looked at is a finding.
"""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from account_cli import __version__
from account_cli.bootstrap import REDACTOR
from account_cli.config import EVERY, Config
from account_cli.config.environment import unknown_variables
from account_cli.config.keyrings import SERVICE, which
from account_cli.errors import AcctError
from account_cli.ports.location import named
from account_cli.reports.doctor import Check, DoctorReport, doubtful, failed, fine, summed
from account_cli.storage import has_database
from account_cli.storage.checking import engine_faults
from account_cli.storage.migrating import SCHEMA
from account_cli.storage.opening import schema_number
from account_cli.storage.sqlite import sqlite_version

LIBRARIES = ("ccxt", "aiohttp", "textual", "rich", "typer", "sqlalchemy", "msgspec", "redis")
EXTRAS = {
    "postgres": "psycopg",
    "alerts": "apprise",
    "keyring": "keyring",
    "gcp": "google.auth",
    "otel": "opentelemetry.sdk",
    "parquet": "pyarrow",
}
_ROOM_FAIL, _ROOM_WARN = 100_000_000, 1_000_000_000
_OTHERS_MAY = 0o077


def examine(
    load: Callable[[], Config], *, names: Sequence[str], offline: bool, terminal: Sequence[Check]
) -> DoctorReport:
    """Look at everything; ``load`` reads the configuration, ``terminal`` is what was seen of the terminal.

    ``offline``: nothing is sent to an exchange.
    """
    checks = [*_versions(), *_environment()]
    try:
        config: Config | None = load()
    except AcctError as error:
        config = None
        checks.append(of_error("config", "file", error))
    if config is not None:
        checks += [_config(config), *(of_error("config", "alerts", error) for error in config.alerts.refused)]
        checks += [*_modes(config), *_keys(config, names), *_database(config), *_redis(config)]
        checks += _room(config)
    checks += [_keyring(config), *terminal]
    if config is not None and not offline:
        from account_cli.bootstrap.doctor_exchanges import look_at

        checks += look_at(config, names)
    return summed(checks, version=__version__, now_ns=time.time_ns())


def of_error(subject: str, what: str, error: AcctError) -> Check:
    """Return a failure as the error says it."""
    fix = error.hint or f"acct explain E-{error.code.upper()}"
    return failed(subject, what, error.message, fix, exit_code=error.exit_code)


# ---- this computer -------------------------------------------------------------------------------------------------


def _versions() -> Iterator[Check]:
    python = platform.python_version()
    yield fine("versions", "acct", f"{__version__}, Python {python}, {platform.platform()}")
    found = []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            yield failed("versions", name, "is not installed", f"pip install {name}")
    yield fine("versions", "libraries", f"{', '.join(found)}, SQLite {sqlite_version()}")
    extras = [name for name, module in EXTRAS.items() if _is_there(module)]
    yield fine("versions", "extras", ", ".join(extras) if extras else "none")


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _environment() -> Iterator[Check]:
    """Variables that look as if they were meant for acct, and mean nothing."""
    for name, likely in unknown_variables(os.environ):
        yield doubtful("environment", name, f"means nothing to acct; {likely} does", f"unset {name}")


def _config(config: Config) -> Check:
    if config.path is None:
        return fine("config", "file", f"{config.place} is not there, which is fine: everything has its default")
    profile = "" if config.profile is None else f", profile {config.profile}"
    return fine("config", "file", f"{config.path}: {len(config.accounts)} accounts{profile}")


def _modes(config: Config) -> Iterator[Check]:
    """What is of the owner alone: the folders and files in which money or keys stand."""
    database = config.database
    files = [config.data_dir, config.state_dir / "acct.log", config.place.parent / "keys"]
    if isinstance(database, Path):
        files += [database, database.with_name(f"{database.name}-wal"), database.with_name(f"{database.name}-shm")]
    open_ones = 0
    for path in files:
        try:
            status = path.stat()
        except OSError:
            continue
        if status.st_mode & _OTHERS_MAY:
            open_ones += 1
            mode = "700" if path.is_dir() else "600"
            yield doubtful(
                "modes", str(path), f"others may read it (mode {status.st_mode & 0o777:04o})", f"chmod {mode} {path}"
            )
        if status.st_uid != os.geteuid():
            open_ones += 1
            yield doubtful("modes", str(path), "belongs to another user", f"chown $USER {path}")
    if not open_ones:
        yield fine("modes", "files", "database, log and keys are their owner's alone")


def _room(config: Config) -> Iterator[Check]:
    for what, folder in (("data", config.data_dir), ("cache", config.cache_dir), ("state", config.state_dir)):
        there = next((place for place in (folder, *folder.parents) if place.exists()), Path("/"))
        if not os.access(there, os.W_OK):
            yield failed("disk", what, f"{there} may not be written", f"chown $USER {there}", exit_code=9)
            continue
        free = shutil.disk_usage(there).free
        text = f"{free / 1e9:.1f} GB free at {folder}"
        if free < _ROOM_FAIL:
            yield failed("disk", what, text, "make room, or move data_dir: acct config set data_dir DIR", exit_code=9)
        elif free < _ROOM_WARN:
            yield doubtful("disk", what, text, "make room; acct db stats says what takes it")
        else:
            yield fine("disk", what, text)


# ---- keys ----------------------------------------------------------------------------------------------------------


def _keys(config: Config, names: Sequence[str]) -> Iterator[Check]:
    """Whether each account's key is where it is said to be; it is not used here."""
    wanted = [name for name in names if name != EVERY] or list(config.accounts)
    if not wanted:
        yield doubtful("accounts", "none", "no account is configured", "acct accounts add kraken, or acct demo")
    for name in wanted:
        try:
            settings = config.account(name).reader_settings(redactor=REDACTOR)
        except AcctError as error:
            yield of_error(name, "key is there", error)
        else:
            yield fine(name, "key is there", "read by address" if settings.api_key is None else "found")


def _keyring(config: Config | None) -> Check:
    name, keeps = which()
    needed = config is not None and any(
        value.startswith(f"keyring:{SERVICE}/") for one in config.accounts.values() for value in one.keys.given.values()
    )
    if keeps:
        return fine("keyring", "backend", name)
    fix = "pip install keyring, or keep keys in files: acct accounts key NAME --store file"
    if needed:
        return failed("keyring", "backend", f"keys are in a keyring, and there is {name}", fix, exit_code=5)
    return fine("keyring", "backend", f"{name}; none is needed")


# ---- stores --------------------------------------------------------------------------------------------------------


def _database(config: Config) -> Iterator[Check]:
    where = named(config.database)
    try:
        if not has_database(config.database):
            yield fine("database", "schema", f"{where} is not there yet; the first collecting makes it")
            return
        number = schema_number(config.database)
        if number < SCHEMA:
            yield doubtful("database", "schema", f"{where}: {number}, this acct writes {SCHEMA}", "acct db upgrade")
        else:
            yield fine("database", "schema", f"{where}: {number}")
        faults = engine_faults(config.database)
    except AcctError as error:
        yield of_error("database", "opens", error)
        return
    if faults:
        fix = "acct db restore FILE puts a backup back; acct db check says all that is wrong"
        yield failed("database", "integrity", f"{faults[0].where}: {faults[0].what}", fix, exit_code=9)
    else:
        yield fine("database", "integrity", "the engine finds no fault; acct db check reads every fact")


def _redis(config: Config) -> Iterator[Check]:
    if config.redis is None:
        return
    from account_cli.bootstrap.redis import answers

    try:
        yield fine("redis", "answers", answers(config))
    except AcctError as error:
        yield failed("redis", "answers", error.message, error.hint or "acct outbox list", exit_code=9)
