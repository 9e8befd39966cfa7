"""A file that an export wrote is whole or not there, and ``FILE.meta.json`` beside it says what is in it.

The file is written beside its place under another name, forced to disk and renamed; then its description is, in the
same way. The description holds the settings, acct's version, how complete the history was, how many rows there are and
the SHA-256 of the file. ``through`` says how far this and the exports that it continues have come: so many rows, with
this digest, which the next one must find unchanged.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from account_cli.errors import InputError

SCHEMA = "acct.export/1"
_CHUNK = 1024 * 1024
_LINES = 500
_TOLD = 10_000
Progress = Callable[[int], None]


class Through(msgspec.Struct, frozen=True):
    """So many rows were exported so far, header not counted, and this is the SHA-256 of their lines."""

    rows: int
    sha256: str


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """What ``FILE.meta.json`` says; ``settings`` is what must be the same for an export to be continued."""

    schema: str
    acct_version: str
    file: str
    format: str
    what: str
    settings: dict[str, Any]
    written_at: str
    rows: int
    bytes: int
    sha256: str
    complete: bool
    incomplete: list[str]
    coverage: list[dict[str, Any]]
    through: Through | None = None


class Sink:
    """Where an export is written; counts and digests as it goes."""

    def __init__(self, out: BinaryIO, progress: Progress | None = None) -> None:
        self._out, self._progress = out, progress
        self._digest = hashlib.sha256()
        self.bytes = self.rows = 0
        self._tell_at = _TOLD

    def write(self, data: bytes) -> int:
        """Write bytes."""
        self._out.write(data)
        self._digest.update(data)
        self.bytes += len(data)
        return len(data)

    def flush(self) -> None:
        """Hand on what is buffered."""
        self._out.flush()

    @property
    def closed(self) -> bool:
        """False: whoever opened the place closes it."""
        return False

    @property
    def sha256(self) -> str:
        """The digest of all that was written."""
        return self._digest.hexdigest()

    def counted(self, rows: Iterator[Any]) -> Iterator[Any]:
        """Pass rows on, counting them and saying how far it is."""
        for row in rows:
            self.count()
            yield row

    def count(self, rows: int = 1) -> None:
        """Count so many rows more."""
        self.rows += rows
        if self._progress is not None and self.rows >= self._tell_at:
            self._tell_at = self.rows + _TOLD
            self._progress(self.rows)

    def write_lines(self, lines: Iterator[str]) -> None:
        """Write texts, many at a time."""
        while batch := list(islice(lines, _LINES)):
            self.write("".join(batch).encode())


def write_rows(lines: Iterator[str], sink: Sink, since: Through | None) -> Through:
    """Write and count the lines behind those that were exported before; return how far all of them come.

    Raises ``InputError`` when those before are no longer what they were.
    """
    digest, count = hashlib.sha256(), 0
    if since is not None:
        for line in islice(lines, since.rows):
            digest.update(line.encode())
            count += 1
        if (count, digest.hexdigest()) != (since.rows, since.sha256):
            raise _changed(since.rows)
    while batch := list(islice(lines, _LINES)):
        data = "".join(batch).encode()
        digest.update(data)
        sink.write(data)
        sink.count(len(batch))
        count += len(batch)
    return Through(count, digest.hexdigest())


def _changed(rows: int) -> InputError:
    return InputError(
        f"the {rows} rows exported before are no longer what they were: facts arrived or changed behind them",
        hint="export the whole again, without --append and --since-last",
    )


def meta_path(path: Path) -> Path:
    """Return where the description of ``path`` is."""
    return path.with_name(path.name + ".meta.json")


def read_meta(path: Path) -> Meta | None:
    """Return the description of ``path``; None where there is none. Raises ``InputError`` when it cannot be read."""
    file = meta_path(path)
    try:
        return msgspec.json.decode(file.read_bytes(), type=Meta)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(
            f"{file} does not say what was exported: {error}", hint="export the whole again, without --since-last"
        ) from None


def write_meta(path: Path, meta: Meta) -> None:
    """Write the description of ``path``, one key a line."""
    with whole_file(meta_path(path)) as out:
        out.write((json.dumps(msgspec.to_builtins(meta), indent=1, ensure_ascii=False) + "\n").encode())


def copied(path: Path, sink: Sink, expected: str) -> None:
    """Write the bytes of ``path`` first. Raises ``InputError`` when they are not those that were exported."""
    digest = hashlib.sha256()
    with path.open("rb") as old:
        while chunk := old.read(_CHUNK):
            digest.update(chunk)
            sink.write(chunk)
    if digest.hexdigest() != expected:
        raise InputError(
            f"{path} was changed since it was exported", hint="export into another file, or without --append"
        )


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that appears whole or not at all: the owner's only, written beside its place, then renamed.

    Raises ``InputError`` when the place cannot be written; an error inside the block leaves the old file as it was.
    """
    if path.is_dir():
        raise InputError(f"{path} is a directory", hint="name a file")
    if path.is_symlink():
        raise InputError(
            f"{path} is a link, which would be replaced", hint=f"name {path.resolve()} itself, or leave it out"
        )
    if path.exists() and not path.is_file():
        raise InputError(f"{path} is a device or a pipe", hint="name a file, or leave it out and send stdout there")
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}", hint="name a place that you may write to") from None
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        _keep_name(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def _keep_name(folder: Path) -> None:
    """Force the new name to disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
