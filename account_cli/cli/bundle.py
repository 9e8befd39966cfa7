"""What somebody who helps needs to know, in one file: what the doctor found, what holds, and the last of the log.

Every text passes the redaction once more on its way in, whatever it passed before. Figures of accounts are not in it.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from account_cli.cli.session import Session
from account_cli.errors import AcctError, InputError
from account_cli.reports.doctor import DoctorReport

_LINES, _REPORTS = 2000, 3
_LOG_BYTES = 2_000_000


def write_bundle(path: Path, report: DoctorReport, session: Session) -> None:
    """Write the file, its owner's alone. Raises ``InputError`` where one is already, or none can be written."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise InputError(f"{path} is there already", hint="name another file") from None
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}", hint="name a place that you may write to") from None
    with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _parts(report, session):
            archive.writestr(name, session.clean(text))


def _parts(report: DoctorReport, session: Session) -> Iterator[tuple[str, str]]:
    yield "doctor.json", json.dumps(msgspec.to_builtins(report), indent=1)
    yield "config.json", _config(session)
    yield "log.txt", _tail(_log_file(session))
    folder = session.state_dir() / "reports"
    reports = sorted(folder.glob("*.txt"))[-_REPORTS:] if folder.is_dir() else []
    for one in reports:
        yield f"reports/{one.name}", _tail(one)


def _config(session: Session) -> str:
    """Return what holds and where it came from; no secret is among it."""
    from account_cli.cli.session import venue_names
    from account_cli.config.load import read_document
    from account_cli.config.showing import settings

    try:
        document = read_document(session.config_path, os.environ, profile=session.profile)
        found = settings(document, document.config(venue_names))
    except AcctError as error:
        return json.dumps({"error": error.message})
    return json.dumps([msgspec.to_builtins(one) for one in found], indent=1)


def _log_file(session: Session) -> Path:
    try:
        said = session.config.log
    except AcctError:
        return session.state_dir() / "acct.log"
    return Path(said.output).expanduser() if said.is_file else session.state_dir() / "acct.log"


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _LOG_BYTES))
            text = file.read().decode(errors="replace")
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}\n"
    return "".join(f"{line}\n" for line in text.splitlines()[-_LINES:])
