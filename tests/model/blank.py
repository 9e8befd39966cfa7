"""A new database costs a copy of an empty one: making its tables takes longer than many a run."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from account_cli.storage import open_journal
from tests.model.virtual import MEMORY_DISK


@functools.cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory(dir=MEMORY_DISK) as folder:
        path = Path(folder) / "empty.db"
        open_journal(path).close()
        return path.read_bytes()


def blank(path: Path) -> Path:
    """Put an empty database of the present schema there, where there is none; return where."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(_empty())
    return path
