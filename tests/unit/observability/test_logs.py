"""A log record is one line, without secrets, at the level of its component, in a file of its owner."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from account_cli.observability.logs import begin
from account_cli.redaction import Redactor

CANARY = "canary-4f1d9b7e55aa"
NASTY = f'secret="{CANARY}" \n2026-01-01 ERROR forged \x1b]52;c;x\x07 \u202e {{"a": 1}}'


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    root.handlers[:] = []
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = kept
    root.setLevel(level)
    logging.captureWarnings(False)
    for name in ("storage", "engine.writing"):
        logging.getLogger(f"account_cli.{name}").setLevel(logging.NOTSET)


def started(place: io.StringIO | Path, form: str, level: int = logging.INFO, **levels: str) -> bool:
    redactor = Redactor()
    redactor.learn(CANARY)
    names = {name.replace("_", "."): value for name, value in levels.items()}
    return begin(place, redactor.clean, level=level, form=form, levels=names, tracebacks=True)


def raised() -> Exception:
    try:
        raise ValueError(f"api_key={CANARY}\nand more")
    except ValueError as error:
        return error


@pytest.mark.parametrize("form", ["console", "json"])
def test_no_secret_no_forged_line_and_nothing_that_steers_a_terminal(form: str) -> None:
    text = io.StringIO()
    started(text, form)
    logging.getLogger("account_cli.engine").warning(NASTY)
    logging.getLogger("account_cli.engine").warning("%s", NASTY, extra={"account": NASTY, "trace": 7})
    logging.getLogger("other.library").error("Authorization: Bearer %s", CANARY)
    lines = text.getvalue().splitlines()
    assert len(lines) == 3
    assert CANARY not in text.getvalue()
    for letter in ("\x1b", "\x07", "\u202e"):
        assert letter not in text.getvalue()
    if form == "json":
        read = [json.loads(line) for line in lines]
        assert [one["level"] for one in read] == ["warning", "warning", "error"]
        assert [one["component"] for one in read] == ["engine", "engine", "other.library"]
        assert read[1]["trace"] == "7"
        assert read[0]["time"].endswith("Z")


def test_a_traceback_holds_no_secret_and_stays_in_its_object() -> None:
    text = io.StringIO()
    started(text, "json")
    logging.getLogger("account_cli.cli").error("it failed", exc_info=raised())
    (line,) = text.getvalue().splitlines()
    assert "ValueError" in json.loads(line)["error"]
    assert CANARY not in line


def test_a_record_whose_arguments_do_not_fit_is_written_all_the_same() -> None:
    text = io.StringIO()
    started(text, "console")
    logging.getLogger("account_cli.cli").warning("%d of them", "many")
    assert "%d of them" in text.getvalue()


def test_each_component_has_its_level_and_libraries_keep_theirs() -> None:
    text = io.StringIO()
    started(text, "console", logging.WARNING, storage="debug", engine_writing="info")
    for name in ("storage.journal", "engine.writing", "engine.ingest", "cli"):
        logging.getLogger(f"account_cli.{name}").debug("detail of %s", name)
        logging.getLogger(f"account_cli.{name}").info("news of %s", name)
    logging.getLogger("ccxt.base").debug("a signed request")
    said = [line.partition(": ")[2] for line in text.getvalue().splitlines()]
    assert said == ["detail of storage.journal", "news of storage.journal", "news of engine.writing"]
    started(io.StringIO(), "console", logging.WARNING)
    assert not logging.getLogger("account_cli.storage.journal").isEnabledFor(logging.DEBUG)


def test_a_file_is_its_owner_s_and_is_made_anew_when_it_was_moved(tmp_path: Path) -> None:
    path = tmp_path / "logs/acct.log"
    assert started(path, "console")
    log = logging.getLogger("account_cli.cli")
    log.warning("before")
    path.rename(tmp_path / "logs/acct.log.1")
    log.warning("after")
    assert "after" in path.read_text()
    assert "before" not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    link = tmp_path / "link.log"
    link.symlink_to(tmp_path / "elsewhere")
    assert not started(link, "console"), "a link is not followed"
    log.error("to nobody")
    assert not (tmp_path / "elsewhere").exists()
