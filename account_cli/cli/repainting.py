"""An answer that is given again and again on a terminal takes the place of the last, without a flicker.

A frame is written whole, by one call, over the one before: every line clears the old one in its place, and the rest of
the screen is cleared behind the last. What is higher than the terminal is cut to it, and the last line of it says
how much that was; what is said beside the data (stderr) stays below it. Where stderr goes elsewhere it is left alone.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from account_cli.cli.session import is_terminal

_HOME, _REST_OF_LINE, _REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"
_TOGETHER, _SHOWN = "\x1b[?2026h\x1b[?7l", "\x1b[?7h\x1b[?2026l"
"""Show it all at once, where the terminal can; and never let a line run over into the next."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class _Part(io.StringIO):
    """Stands for a stream to the terminal, and keeps what is written to it."""

    def __init__(self, terminal: TextIO) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal.isatty()

    def fileno(self) -> int:
        return self._terminal.fileno()


@contextmanager
def repainted() -> Iterator[None]:
    """Show what is written within this block as one frame; also what there is of it when the block fails."""
    terminal, talk_to = sys.stdout, sys.stderr
    body, talk = _Part(terminal), _Part(talk_to)
    sys.stdout = body
    if is_terminal(talk_to):
        sys.stderr = talk
    try:
        yield
    finally:
        sys.stdout, sys.stderr = terminal, talk_to
        columns, lines = shutil.get_terminal_size()
        terminal.write(frame(body.getvalue(), talk.getvalue(), columns, lines))
        terminal.flush()


def frame(body: str, talk: str, columns: int, lines: int) -> str:
    """Return what paints this answer over the last one, on a terminal of so many columns and lines."""
    said = _wrapped(talk, columns)[: max(lines - 2, 0)]
    data = _wrapped(body, columns)
    room = max(lines - len(said), 1)
    if len(data) > room:
        data = [*data[: room - 1], f"… {len(data) - room + 1} more rows do not fit on the terminal"]
    # Cleared before it is written: behind a full line the cursor stands on its last letter.
    lines_shown = [_REST_OF_LINE + line for line in (*data, *said)]
    below = f"\n{_REST_OF_SCREEN}" if len(lines_shown) < lines else ""
    return f"{_TOGETHER}{_HOME}{chr(10).join(lines_shown)}{below}{_SHOWN}"


def _wrapped(text: str, columns: int) -> list[str]:
    """Return the lines as they stand on the screen; of what is too long only the beginning is ever coloured."""
    from rich.cells import cell_len, chop_cells

    lines: list[str] = []
    for line in text.splitlines():
        plain = _COLOUR.sub("", line)
        if cell_len(plain) <= columns:
            lines.append(line)
        else:
            first, *rest = chop_cells(plain, columns)
            lines += [line[: len(first) + len(line) - len(plain)], *rest]
    return lines
