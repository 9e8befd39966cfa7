"""Log records as lines: for people, or as JSON for programs, at a level for each component.

A component is a package of acct: ``storage`` is all that ``account_cli.storage`` says. What a library says is only let
through when something is wrong: its details would bury ours, or hold a key.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import TextIO

from account_cli.reports.render import clean_text

Clean = Callable[[str], str]
_OURS = "account_cli"
_OTHERS = (
    "aiohttp",
    "aiosqlite",
    "alembic",
    "asyncio",
    "ccxt",
    "opentelemetry",
    "redis",
    "sqlalchemy",
    "urllib3",
    "websockets",
)
_MORE = ("account", "trace")
_LONGEST = 4000
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class _Lines(logging.Formatter):
    """What both forms share: the words of a record without secrets, and its traceback where that is wanted."""

    def __init__(self, clean: Clean, *, tracebacks: bool) -> None:
        super().__init__()
        self._clean, self._tracebacks = clean, tracebacks

    def _words(self, record: logging.LogRecord) -> str:
        try:
            text = record.getMessage()
        except Exception:  # the arguments do not fit: the text alone still says something
            text = str(record.msg)
        return clean_text(self._clean(text), _LONGEST)

    def _trace_of(self, record: logging.LogRecord) -> str | None:
        if not self._tracebacks or not record.exc_info:
            return None
        return self._clean(self.formatException(record.exc_info))

    def _more(self, record: logging.LogRecord) -> dict[str, str]:
        found = {name: getattr(record, name, None) for name in _MORE}
        return {name: clean_text(self._clean(str(value)), 200) for name, value in found.items() if value is not None}


class Console(_Lines):
    """``2026-11-21T09:00:00Z INFO engine.writing: written: 3 facts account=main trace=1234``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, and the lines of a traceback where that is wanted."""
        more = "".join(f" {name}={value}" for name, value in self._more(record).items())
        line = f"{_time(record)[:19]}Z {record.levelname} {component(record.name)}: {self._words(record)}{more}"
        trace = self._trace_of(record)
        return line if trace is None else f"{line}\n{trace}"


class Json(_Lines):
    """One object a line: ``time`` (UTC), ``level``, ``component``, ``message``, ``account``, ``trace``, ``error``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line; newlines within a text are escaped, so that no text can make a further one."""
        found = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "component": component(record.name),
            "message": self._words(record),
            **self._more(record),
        }
        trace = self._trace_of(record)
        return json.dumps(found if trace is None else {**found, "error": trace})


def component(logger: str) -> str:
    """Return the name of a component as ``[log.levels]`` says it, below acct's own package."""
    return logger.removeprefix(f"{_OURS}.")


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def begin(
    place: TextIO | Path,
    clean: Clean,
    *,
    level: int,
    form: str,
    levels: Mapping[str, str],
    tracebacks: bool,
) -> bool:
    """Send every record there and nowhere else; False when the file cannot be written, then records are dropped.

    A file is its owner's alone, and is opened again when it was moved away (logrotate).
    """
    handler = _handler(place)
    handler.setFormatter((Json if form == "json" else Console)(clean, tracebacks=tracebacks))
    root = logging.getLogger()
    for old in root.handlers:
        old.close()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _OTHERS:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    for name in list(logging.Logger.manager.loggerDict):
        if name.startswith(f"{_OURS}."):
            logging.getLogger(name).setLevel(logging.NOTSET)
    for name, own in levels.items():
        logging.getLogger(f"{_OURS}.{name}").setLevel(LEVELS[own])
    logging.captureWarnings(True)
    return not isinstance(handler, logging.NullHandler)


def _handler(place: TextIO | Path) -> logging.Handler:
    if not isinstance(place, Path):
        return logging.StreamHandler(place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        opened = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        os.fchmod(opened, 0o600)  # one that is there already may be open to others
        os.close(opened)
        return _Owned(place, encoding="utf-8")
    except OSError:
        return logging.NullHandler()


class _Owned(WatchedFileHandler):
    """A file that its owner alone reads, also when it is made anew."""

    def _open(self) -> TextIOWrapper:
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        return os.fdopen(handle, "a", encoding="utf-8")
