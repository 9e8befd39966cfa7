"""A file a person named, as lines of text, or a complaint that names it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from account_cli.errors import FileWrong

_LONGEST_LINE = 1024 * 1024


@contextmanager
def open_lines(path: Path) -> Iterator[Iterator[str]]:
    """Open ``path`` (``-`` is standard input) as UTF-8 lines, each with its end; a byte order mark is taken off.

    Raises ``InputError`` when it cannot be opened or, while iterating, at the line that is not UTF-8 or too long.
    """
    if str(path) == "-":
        yield _lines(sys.stdin.buffer, "standard input")
        return
    try:
        stream = path.open("rb")
    except OSError as error:
        raise FileWrong(f"cannot be read: {error.strerror}", file=str(path), hint="Check the path.") from error
    with stream:
        yield _lines(stream, str(path))


def _lines(stream: BinaryIO, file: str) -> Iterator[str]:
    number = 0
    try:
        while line := stream.readline(_LONGEST_LINE + 1):
            number += 1
            if len(line) > _LONGEST_LINE:
                raise FileWrong("is longer than a mebibyte", file=file, line=number)
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            yield line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileWrong(f"is not UTF-8 (byte {error.start + 1})", file=file, line=number) from None
    except OSError as error:
        raise FileWrong(f"cannot be read: {error.strerror}", file=file) from error
