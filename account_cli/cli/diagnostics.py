"""Everything that acct says beside its data: one line what is wrong, one step what to do, one exit status.

Owns stderr. An error ends with its id (``acct explain ID``). With ``--json`` it is
``{"error":{"id","code","message","hint"}}``. Whatever the text, secrets are taken out of it, and control characters, so
that an exchange's words cannot steer a terminal. A traceback is shown only with ``-vv``; an unforeseen error is written
to a file, and the line says where.

Exit status: 0 fine, 1 a bug, 2 usage or input, 3 findings, 4 not all could be verified, 5 credentials, 6 exchange
unreachable, 7 another instance holds the lock, 8 configuration, 9 storage, 130 and 143 by signal.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, TextIO

from account_cli.cli.error_pages import id_of
from account_cli.errors import AcctError, InternalError

if TYPE_CHECKING:
    from account_cli.cli.session import Session
    from account_cli.config.log import LogConfig

_LONGEST_LINE = 2000
_FULL_DISK = {errno.ENOSPC, errno.EDQUOT}


_HINTS = {
    "config": "acct config show --origin says what holds, docs/configuration.md what may",
    "secret-not-found": "docs/secrets.md says what each kind of reference means",
    "credentials": "check the key at the exchange; a key that may only read is enough",
    "key-rejected": "check the key and its secret; a key that may only read is enough",
    "key-can-trade": "make a key at the exchange that may only read",
    "exchange": "try again; -v says more",
    "temporary": "try again in a moment",
    "rate-limited": "wait a moment, and ask less often",
    "unreachable": "check the network and the address, then try again",
    "maintenance": "try again later",
    "permanent": "-v says more",
    "not-supported": "acct accounts shows what is followed, and how",
    "bad-answer": "-v says more; what was received is kept",
    "storage": "check the data directory",
    "storage-unavailable": "check the data directory and its rights",
    "schema-too-new": "use the newer acct that wrote it, or another data directory",
    "disk-full": "make room, then try again",
    "lock-held": "end the other acct, or let it do the work",
}
"""The next step where an error brings none of its own, by its code."""


class Diagnosis(NamedTuple):
    """What is said of an error."""

    exit_code: int
    code: str
    message: str
    hint: str | None


def diagnose(error: BaseException, session: Session) -> Diagnosis:
    """Return what to say of ``error``; for one that nobody foresaw a report is written first."""
    if isinstance(error, InternalError):
        return Diagnosis(error.exit_code, error.code, error.message, error.hint or _report(error, session))
    if isinstance(error, AcctError):
        return Diagnosis(error.exit_code, error.code, error.message, error.hint or _HINTS.get(error.code))
    if (usage := _usage(error)) is not None:
        return usage
    if isinstance(error, OSError) and error.errno is not None:
        where = f"{error.filename}: " if isinstance(error.filename, str) else ""
        reason = (error.strerror or type(error).__name__).lower()
        code = "disk-full" if error.errno in _FULL_DISK else "system"
        return Diagnosis(
            9, code, f"{where}{reason}", "make room" if code == "disk-full" else "check the path and its rights"
        )
    return Diagnosis(1, "internal", f"a bug in acct: {type(error).__name__}: {error}", _report(error, session))


def _usage(error: BaseException) -> Diagnosis | None:
    """Read an error of the command line's own parser."""
    import typer

    if not isinstance(error, typer.TyperException):
        return None
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "acct"
    message = error.format_message().rstrip(".")
    return Diagnosis(2, "usage", message[:1].lower() + message[1:], f"{path} --help")


def show_error(error: BaseException, session: Session, *, about: str | None = None) -> int:
    """Say what went wrong, ``about`` which account where there are several, and return the exit status."""
    error = innermost(error)
    found = diagnose(error, session)
    if session.verbosity >= 2:
        _write(traceback_of(error, session))
    if session.wants_json:
        import json

        _write(json.dumps({"error": _body(found, session)}))
        return found.exit_code
    message = one_line(found.message, session).rstrip(".")
    if about is not None:
        message = f"{about}: {message}"
    hint = f". hint: {one_line(found.hint, session)}" if found.hint else ""
    _write(f"{session.paint('error:', 'red')} {message}{hint} [{id_of(found.code)}]")
    return found.exit_code


def error_body(error: BaseException, session: Session) -> dict[str, str | None]:
    """Return ``id``, ``code``, ``message`` and ``hint`` of an error, for JSON."""
    return _body(diagnose(innermost(error), session), session)


def _body(found: Diagnosis, session: Session) -> dict[str, str | None]:
    return {
        "id": id_of(found.code),
        "code": found.code,
        "message": one_line(found.message, session),
        "hint": one_line(found.hint, session) if found.hint else None,
    }


def innermost(error: BaseException) -> BaseException:
    """Return the first error of a group of tasks that failed; any other error itself."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def note(text: str, session: Session) -> None:
    """Say something useful that is no error; silent with ``-q`` and with ``--json``."""
    if _is_news(text, session):
        _write(f"{session.paint('note:', 'cyan')} {one_line(text, session)}")


def warn(text: str, session: Session) -> None:
    """Say that a figure is not all of it; silent with ``-q`` and with ``--json``, whose data says so itself."""
    if _is_news(text, session):
        _write(f"{session.paint('warning:', 'yellow')} {one_line(text, session)}")


def _is_news(text: str, session: Session) -> bool:
    """True for what is to be said, and was not said already by an earlier answer of ``--watch`` to a pipe."""
    if session.quiet or session.wants_json:
        return False
    said = session.shape.said
    if session.shape.round and text in said:
        return False
    said.add(text)
    return True


def one_line(text: str, session: Session) -> str:
    """Return ``text`` as one harmless line without secrets."""
    from account_cli.reports.render import clean_text

    return clean_text(session.clean(text), _LONGEST_LINE)


def traceback_of(error: BaseException, session: Session) -> str:
    """Return the traceback as text, without values of variables and without secrets."""
    import traceback

    return session.clean("".join(traceback.format_exception(error)))


def _report(error: BaseException, session: Session) -> str:
    """Write what happened to a file of the owner's and return where it is."""
    import platform
    import time

    from account_cli import __version__

    folder = session.state_dir() / "reports"
    path = folder / f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.getpid()}.txt"
    head = f"acct {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(head + traceback_of(error, session))
    except OSError:
        return "run it again with -vv to see where; nothing that was stored is lost"
    return f"the report is in {path}; nothing that was stored is lost"


def _write(line: str) -> None:
    paging = sys.modules.get("account_cli.cli.paging")
    if paging is not None and isinstance(sys.stdout, paging.Paged):
        sys.stdout.show()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()  # what was written before stands before, where both go to one place too
    try:
        sys.stderr.write(line.rstrip("\n") + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return  # nobody listens any more: there is nowhere left to say so


def log_to_stderr(session: Session) -> None:
    """Send the log to stderr, or where ``[log]`` says: with ``-v`` what happens, with ``-vv`` every detail."""
    said = _log_config(session)
    _log(Path(said.output).expanduser() if said.is_file else sys.stderr, said, session)


def log_to_file(session: Session) -> Path | None:
    """Send the log to a file of the owner's, for a command that fills the screen; None when it cannot be written."""
    said = _log_config(session)
    path = Path(said.output).expanduser() if said.is_file else session.state_dir() / "acct.log"
    return path if _log(path, said, session, at_least="info") else None


def _log_config(session: Session) -> LogConfig:
    """Return what ``[log]`` says; a configuration that cannot be read is told by whoever needs it."""
    from account_cli.config.log import LogConfig

    try:
        return session.config.log
    except AcctError:
        return LogConfig()


def _log(place: TextIO | Path, said: LogConfig, session: Session, *, at_least: str | None = None) -> bool:
    """Begin the log. ``-v`` and ``-vv`` let through more than the configuration says, ``-q`` less."""
    from account_cli.observability.logs import LEVELS, begin

    wanted = [LEVELS[said.level], *((LEVELS[at_least],) if at_least else ())]
    if session.verbosity:
        wanted.append(LEVELS["info" if session.verbosity == 1 else "debug"])
    level = LEVELS["error"] if session.quiet and not session.verbosity and at_least is None else min(wanted)
    done = begin(
        place, session.clean, level=level, form=said.format, levels=said.levels, tracebacks=session.verbosity >= 2
    )
    _catch_all(session)
    return done


def _catch_all(session: Session) -> None:
    """Let what Python itself would write of an exception, in threads and destructors too, pass the redaction."""
    import threading
    import traceback

    def say(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        _write(session.clean("".join(traceback.format_exception(kind, error, trace))))

    sys.excepthook = say
    sys.unraisablehook = lambda what: say(what.exc_type, what.exc_value, what.exc_traceback)
    threading.excepthook = lambda what: say(what.exc_type, what.exc_value, what.exc_traceback)
