"""The database belongs to its owner alone: a directory 0700, files 0600, and no symbolic link in between."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from account_cli.errors import StorageError, Unavailable

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700
_OTHERS = 0o077
_OTHERS_WRITE = 0o022


def prepare(path: Path) -> None:
    """Create the directory and an empty file at ``path`` where they are missing, and close both to others.

    A file that others could read is closed to them. Raises ``StorageError`` for a symbolic link, a file or directory
    of somebody else's, or one that cannot be written.
    """
    _prepare_directory(path.parent)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW, PRIVATE_FILE))
    except FileExistsError:
        pass
    except OSError as error:
        raise _closed(path, error) from error
    check_file(path)
    for name in (path, _beside(path, "-wal"), _beside(path, "-shm")):
        _close_to_others(name)
    if not os.access(path, os.W_OK):
        raise Unavailable(f"the database {path} is not writable", hint=f"Run `chmod u+w {path}`.")


def check_file(path: Path) -> None:
    """Refuse what is not a plain file of this user; raises ``Unavailable`` when there is none."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        raise Unavailable(
            f"there is no database at {path}",
            hint="Run `acct watch` or `acct poll` first, or `acct demo` to look around.",
        ) from None
    except OSError as error:
        raise _closed(path, error) from error
    for part in (path, _beside(path, "-wal"), _beside(path, "-shm")):
        if part.is_symlink():
            raise StorageError(f"{part} is a symbolic link", hint="Give the path of the file itself.")
    if not stat.S_ISREG(status.st_mode):
        raise StorageError(f"{path} is not a file", hint="Give the path of a file, not of a directory or device.")
    if status.st_uid not in {os.geteuid(), 0} and os.geteuid() != 0:
        raise StorageError(f"{path} belongs to another user", hint="Use a database of your own.")


def _prepare_directory(folder: Path) -> None:
    try:
        folder.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        mode = folder.stat().st_mode
    except OSError as error:
        raise _closed(folder, error) from error
    if mode & _OTHERS_WRITE and not mode & stat.S_ISVTX:
        raise StorageError(f"others may write in {folder}", hint=f"Run `chmod 700 {folder}`.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Unavailable(
            f"the directory {folder} is not writable", hint=f"Run `chmod u+wx {folder}`, or set data_dir."
        )


def _close_to_others(path: Path) -> None:
    try:
        if path.stat().st_mode & _OTHERS:
            path.chmod(PRIVATE_FILE)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _closed(path, error) from error


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _closed(path: Path, error: OSError) -> Unavailable:
    return Unavailable(
        f"{path} cannot be used: {error.strerror or error}", hint="Check that the directory exists and is writable."
    )
