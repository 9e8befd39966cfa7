"""A cache file is whole or absent, and nobody else's to read."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


def read_text(path: Path) -> str | None:
    """Return what the file holds, None when it cannot be read: a cache may always be missing."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def write_text(path: Path, text: str) -> None:
    """Replace the file atomically, mode 0600. A cache that cannot be written is done without."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def locked(path: Path | None) -> Iterator[None]:
    """Keep every other process out of ``path`` for the length of the block, which must be short.

    The lock is the kernel's, on a file beside it, and goes with its holder. Where none can be had, it is done without.
    """
    handle = _opened(path.with_name(f".{path.name}.lock")) if path is not None else None
    if handle is not None:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def claim(path: Path) -> int | None:
    """Return a handle that keeps others from claiming ``path`` until ``release``; None where none can be had.

    Raises ``BlockingIOError`` while another has it.
    """
    handle = _opened(path)
    if handle is not None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            if isinstance(error, BlockingIOError):
                raise
            return None
    return handle


def release(handle: int) -> None:
    """Let others claim it."""
    os.close(handle)


def _opened(path: Path) -> int | None:
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    return None
