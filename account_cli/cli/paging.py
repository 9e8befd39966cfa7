"""What is longer than the terminal goes through a pager: ``ACCT_PAGER``, else ``PAGER``, else less.

Only where a person looks, and only the data: what is said beside it goes to stderr, after what was written before it.
"""

from __future__ import annotations

import io
import os
import shutil
from typing import TextIO


class Paged(io.StringIO):
    """Stands for a terminal, keeps what is written to it, and shows it at the end or when something is said."""

    def __init__(self, terminal: TextIO) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        """Return what the terminal itself says."""
        return self.terminal.isatty()

    def fileno(self) -> int:
        """Return the terminal's own."""
        return self.terminal.fileno()

    def show(self) -> None:
        """Write what was kept: through the pager where it is longer than the screen."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        if not text:
            return
        if text.count("\n") >= shutil.get_terminal_size().lines and _through_pager(text):
            return
        self.terminal.write(text)
        self.terminal.flush()


def _through_pager(text: str) -> bool:
    """Show ``text`` in the pager; False when there is none, or the person wants none (``cat``, or an empty name)."""
    import shlex
    import subprocess

    named = os.environ.get("ACCT_PAGER", os.environ.get("PAGER", "less"))
    try:
        words = shlex.split(named)
    except ValueError:
        return False
    program = shutil.which(words[0]) if words and words[0] != "cat" else None
    if program is None:
        return False
    environment = {"LESS": "FRX", "LESSSECURE": "1", **os.environ}
    with (
        subprocess.Popen(  # noqa: S603 -- the person's own pager, as words, without a shell
            [program, *words[1:]], stdin=subprocess.PIPE, env=environment, text=True, encoding="utf-8"
        ) as pager
    ):
        try:
            pager.communicate(text)
        except KeyboardInterrupt:
            pager.wait()  # it is the pager's key: it has left, or will
    return True
