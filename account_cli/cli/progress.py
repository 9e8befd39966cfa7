"""What takes long says how far it has come, on the last line of a terminal, and leaves nothing behind."""

from __future__ import annotations

import shutil
from typing import TextIO

from account_cli.reports.render import clean_text

_CLEAR = "\r\x1b[K"


class StatusLine:
    """One line of a terminal, written over and over."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._texts: dict[str, str] = {}
        self._shown = ""

    @classmethod
    def on(cls, stream: TextIO) -> StatusLine | None:
        """Return a line on this stream, None where it is no terminal."""
        return cls(stream) if stream.isatty() else None

    def show(self, name: str, text: str | None) -> None:
        """Show ``text`` beside the name of what it is about; None when there is nothing to say of it."""
        self._texts.pop(name, None)
        if text is not None:
            self._texts[name] = text
        whole = " \u00b7 ".join(f"{about}: {said}" for about, said in sorted(self._texts.items()))
        if whole != self._shown:
            width = max(20, shutil.get_terminal_size().columns - 1)
            self._write(_CLEAR + (clean_text(whole, width) if whole else ""))
            self._shown = whole

    def clear(self) -> None:
        """Take the line away, for another one to be written."""
        if self._shown:
            self._write(_CLEAR)
            self._shown = ""

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
