"""An error of any kind becomes one line, its report a file, and no secret is in either."""

from __future__ import annotations

import errno
import json
import logging
from pathlib import Path

import pytest

from account_cli.cli import diagnostics
from account_cli.cli.session import Session
from account_cli.errors import AcctError, ConfigError, InternalError, LockHeld, RateLimited

CANARY = "canary-4f1d9b7e55aa"


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    for name in ("ACCT_CONFIG", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "ACCT_STATE_DIR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KRAKEN_API_SECRET", CANARY)
    return Session()


def said(session: Session, error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = diagnostics.show_error(error, session)
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (
            ConfigError("unknown key", file="c.toml", line=3, key="x", hint="did you mean 'y'?"),
            8,
            "c.toml:3 [x]: unknown key. hint: did you",
        ),
        (RateLimited("too many requests", retry_after=3), 6, "error: too many requests. hint: wait a moment"),
        (LockHeld("another acct collects kraken"), 7, "another acct"),
        (
            PermissionError(errno.EACCES, "Permission denied", "/data/acct.db"),
            9,
            "/data/acct.db: permission denied. hint:",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), 9, "no space left on device. hint: make room"),
        (
            ExceptionGroup("tasks", [ExceptionGroup("more", [AcctError("deep inside")])]),
            1,
            "error: deep inside [E-ERROR]\n",
        ),
        (InternalError("impossible", hint="report it"), 1, "error: impossible. hint: report it"),
    ],
)
def test_every_kind_has_its_status(
    session: Session, capsys: pytest.CaptureFixture[str], error: Exception, code: int, words: str
) -> None:
    status, text = said(session, error, capsys)
    assert status == code
    assert words in text
    assert text.count("\n") == 1


def test_json_errors_have_id_code_message_and_hint(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    session.wants_json = True
    status, text = said(session, LockHeld("another acct collects kraken", hint="it is process 7"), capsys)
    assert status == 7
    assert json.loads(text) == {
        "error": {
            "id": "E-LOCK-HELD",
            "code": "lock-held",
            "message": "another acct collects kraken",
            "hint": "it is process 7",
        }
    }


def test_an_unforeseen_error_leaves_a_report_of_the_owners(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        raise ZeroDivisionError(f"with {CANARY} in it\nand a second line")
    except ZeroDivisionError as error:
        status, text = said(session, error, capsys)
    assert status == 1
    assert text.count("\n") == 1
    assert "a bug in acct: ZeroDivisionError" in text
    path = Path(text.split("the report is in ")[1].split(";")[0])
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    report = path.read_text()
    assert "test_cli_diagnostics.py" in report
    assert CANARY not in report + text


def test_a_traceback_is_shown_only_when_asked_for_and_without_secrets(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    def failed() -> str:
        try:
            raise ValueError(f"api_key={CANARY}")
        except ValueError as error:
            return said(session, error, capsys)[1]

    assert "Traceback" not in failed()
    session.verbosity = 2
    shown = failed()
    assert "Traceback" in shown
    assert CANARY not in shown


def test_control_characters_of_an_exchange_are_not_printed(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    _, text = said(session, AcctError("bad \x1b[31m answer\nwith lines\u202e"), capsys)
    assert text == "error: bad [31m answer with lines [E-ERROR]\n"


def test_notes_and_warnings_can_be_silenced(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    diagnostics.note("useful", session)
    diagnostics.warn("incomplete", session)
    assert capsys.readouterr().err == "note: useful\nwarning: incomplete\n"
    session.quiet = True
    diagnostics.note("useful", session)
    diagnostics.warn("incomplete", session)
    assert capsys.readouterr().err == ""


def test_the_log_holds_no_secret_and_no_traceback(session: Session, tmp_path: Path) -> None:
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    try:
        path = diagnostics.log_to_file(session)
        try:
            raise ValueError(CANARY)
        except ValueError:
            logging.getLogger("ccxt").exception("sign %s", CANARY)
        assert path is not None
        text = path.read_text()
        assert oct(path.stat().st_mode & 0o777) == "0o600"
        assert "sign [redacted]" in text
        assert CANARY not in text
        assert "Traceback" not in text
    finally:
        for handler in root.handlers[:]:
            handler.close()
        root.handlers[:] = kept
        root.setLevel(level)
