"""A database becomes a file, whole and checked before it has its name, and is put back in the same way.

A backup is itself a database of acct: a single file of SQLite, whatever it was taken from. It is taken while others
read and write, as of one instant. Nothing that is in the way is overwritten unless it is a backup of acct.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from account_cli.errors import Damaged, InputError, SchemaTooNew, StorageError, Unavailable
from account_cli.ports.location import Location, named
from account_cli.storage.copying import Tell, copy, copy_all
from account_cli.storage.failures import translated
from account_cli.storage.files import PRIVATE_FILE, check_file, prepare
from account_cli.storage.migrating import SCHEMA, migrate
from account_cli.storage.opening import connect_reading, schema_number
from account_cli.storage.sqlite import SqliteDatabase

_MAGIC = b"SQLite format 3\0"
_PAGES = 4096
"""Pages copied between two words about it."""


def back_up(source: Location, file: Path, tell: Tell) -> None:
    """Write what ``source`` holds now into ``file``.

    Raises ``InputError`` or ``StorageError``; what lay there is then as it was.
    """
    _must_not_lie_there(source, file)
    with _becoming(file, _nothing) as part:
        if isinstance(source, Path):
            if schema_number(source) == 0:
                raise Unavailable(f"there is no database at {source}", hint="There is nothing to back up yet.")
            _copy_pages(source, part, tell)
        else:
            with closing(connect_reading(source)) as reading, closing(_made(part)) as writing:
                copy_all(reading, writing, tell, name=str(file))
        _check(part, "quick_check")


def restore(file: Path, target: Location, tell: Tell, *, aside: Path, force: bool = False) -> bool:
    """Put what ``file`` holds in place of what ``target`` holds; True when there was something, set aside at ``aside``.

    Nobody may collect into the target meanwhile. Raises ``InputError`` for a file that is no backup, ``SchemaTooNew``,
    ``StorageError`` for one that is damaged, or when the target holds facts and ``force`` was not said; the target is
    then as it was.
    """
    _must_be_ours(file)
    holds = _holds_anything(target)
    if holds and not force:
        raise StorageError(
            f"the database {named(target)} holds facts already",
            hint=f"--force puts {file.name} in its place, and sets what is there aside.",
        )
    if isinstance(target, Path):
        prepare(target)
        there = target.stat().st_size > 0
        with _becoming(target, (lambda: _set_aside(target, aside)) if there else _nothing) as part:
            _take(file, part, tell)
        return there
    with tempfile.TemporaryDirectory(prefix="acct-restore-") as folder:
        part = Path(folder) / "acct.db"
        _take(file, part, tell)
        if holds:
            back_up(target, aside, tell)
        copy(part, target, tell, replace=force)
    return holds


def _take(file: Path, part: Path, tell: Tell) -> None:
    """Copy a backup to ``part``, check it, and bring it to the present schema."""
    _copy_pages(file, part, tell)
    _check(part, "integrity_check")
    with closing(SqliteDatabase(part, "rw")) as database:
        if database.number("PRAGMA user_version") < SCHEMA:
            migrate(database.raw)
        database.run("PRAGMA journal_mode = WAL")


def _copy_pages(source: Path, part: Path, tell: Tell) -> None:
    """Copy a file page by page as of one instant; what others write meanwhile is not in it, and does not disturb."""

    def progress(_status: int, remaining: int, total: int) -> None:
        tell(f"copying {source.name}", (total - remaining) * 4096, total * 4096)

    with closing(SqliteDatabase(source, "ro")) as reading, translated(part):
        reading.begin(writing=False)
        reading.row("SELECT count(*) FROM sqlite_master")  # from here on it is one instant
        with closing(sqlite3.connect(part)) as writing:
            writing.execute("PRAGMA synchronous = OFF")  # whoever gives it its name makes it last
            reading.raw.backup(writing, pages=_PAGES, progress=progress)


def _made(part: Path) -> SqliteDatabase:
    """Return a new database of the present schema, which need not last before it is whole."""
    database = SqliteDatabase(part, "rw")
    with translated(part):
        database.run("PRAGMA journal_mode = WAL")
        migrate(database.raw)
        database.run("PRAGMA synchronous = OFF")
    return database


def _check(part: Path, pragma: str) -> None:
    with closing(SqliteDatabase(part, "rw")) as database:
        answer = database.row(f"PRAGMA {pragma}(1)")
        database.row("PRAGMA journal_mode = DELETE")  # one file, to be read from where nothing can be written
    if answer != ("ok",):
        raise Damaged(f"the copy is damaged: {answer[0] if answer else '?'}", hint="Take another backup.")


@contextmanager
def _becoming(file: Path, before: Callable[[], None]) -> Iterator[Path]:
    """Yield a place beside ``file`` that takes its name when the block has ended well, and ``before`` was done."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW, PRIVATE_FILE))
    except OSError as error:
        raise InputError(
            f"cannot write {file}: {error.strerror}", hint="Name a place that you may write to."
        ) from error
    try:
        yield part
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        before()
        part.replace(file)
        _make_last(file.parent)
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)


def _nothing() -> None:
    """Do nothing."""


def _set_aside(path: Path, kept: Path) -> None:
    """Make one file of a database, and call it ``kept`` too: another one must not find its write-ahead log.

    Raises ``Unavailable`` while any other process has it open.
    """
    try:
        with closing(SqliteDatabase(path, "rw")) as database:
            database.row("PRAGMA journal_mode = DELETE")  # folds the write-ahead log in; only who is alone may do so
    except Unavailable as error:
        if not _is_damage(error):
            raise Unavailable(
                f"the database {path} is open in another process", hint="End every other acct, then try again."
            ) from error
        for suffix in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                path.with_name(path.name + suffix).rename(kept.with_name(kept.name + suffix))
    try:
        os.link(path, kept)
    except OSError:  # a file system without second names: for a moment there is none at all
        path.rename(kept)


def _is_damage(error: Unavailable) -> bool:
    cause = error.__cause__
    codes = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
    return isinstance(cause, sqlite3.Error) and getattr(cause, "sqlite_errorcode", 0) & 0xFF in codes


def _make_last(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _holds_anything(target: Location) -> bool:
    """True when a fact is stored there, or when nobody can tell because the file is damaged."""
    if isinstance(target, Path) and (not target.exists() or not target.stat().st_size):
        return False
    try:
        number = schema_number(target)
        if number != SCHEMA:
            return number > 0
        with closing(connect_reading(target)) as reading:
            return bool(reading.number("SELECT count(*) FROM (SELECT 1 FROM journal LIMIT 1) AS any_row"))
    except Unavailable as error:
        if isinstance(target, Path) and _is_damage(error):
            return True
        raise


def _must_not_lie_there(source: Location, file: Path) -> None:
    """Refuse to overwrite the database itself, one in use, or what is no backup of acct."""
    if not file.parent.is_dir():
        raise InputError(f"there is no directory {file.parent}", hint="Make it first.")
    if not file.exists() and not file.is_symlink():
        return
    if isinstance(source, Path) and source.exists() and file.samefile(source):
        raise InputError(f"{file} is the database itself", hint="Name another file.")
    _must_be_ours(file)
    if file.with_name(file.name + "-wal").exists():
        raise InputError(f"{file} is a database in use", hint="Name another file.")


def _must_be_ours(file: Path) -> None:
    """Refuse what is no database of this acct or an older one, by its first hundred bytes (sqlite.org/fileformat)."""
    from account_cli.storage.schema import APPLICATION_ID

    if not file.is_symlink() and not file.exists():
        raise InputError(f"there is no file {file}", hint="acct db backup FILE writes one.")
    check_file(file)
    try:
        with file.open("rb") as opened:
            head = opened.read(100)
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}") from error
    if head[:16] != _MAGIC or int.from_bytes(head[68:72]) != APPLICATION_ID:
        raise InputError(f"{file} is not a database of acct", hint="Name a file that acct db backup has written.")
    version = int.from_bytes(head[60:64])
    if version > SCHEMA:
        raise SchemaTooNew(
            f"{file} is of schema {version}; this acct knows schema {SCHEMA} and older",
            hint="Use the acct that wrote it, or a newer one.",
        )
