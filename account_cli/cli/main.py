"""One run of acct: arguments in, exit status out, whatever happens between.

Ctrl-C ends it with 130 and SIGTERM with 143, both after every block has been left in order. A reader that goes away
(``acct fills | head -1``) is no error.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import typer

from account_cli.cli.session import Session

TERMINATED, INTERRUPTED = 143, 130


class Terminated(BaseException):
    """SIGTERM arrived; leave every block in order, like Ctrl-C does."""


def main() -> NoReturn:
    """Run the program that the shell calls ``acct``."""
    signal.signal(signal.SIGTERM, _terminate)
    _never_without_streams()
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()
    except OSError:
        code = code or 9
        _forget_stdout()
    sys.exit(code)


def run(args: Sequence[str]) -> int:
    """Run one command and return its exit status; every error has been said on stderr."""
    session = Session(wants_json="--json" in args)
    try:
        return _invoke(list(args), session)
    except typer.Exit as leaving:
        return leaving.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Terminated:
        return TERMINATED
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except Exception as error:
        from account_cli.cli.diagnostics import innermost, show_error

        if isinstance(innermost(error), BrokenPipeError):
            _forget_stdout()
            return 0
        return show_error(error, session)


def _invoke(args: list[str], session: Session) -> int:
    from account_cli.cli.app import build

    group = build()
    with group.make_context("acct", args or ["--help"], obj=session) as context:
        result = group.invoke(context)
    return result if isinstance(result, int) else 0


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


def _never_without_streams() -> None:
    """Write to nowhere what was started with a closed stream, and never fail over a letter a terminal lacks."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 -- open to the end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _forget_stdout() -> None:
    """Let the last flush of a stream that nobody reads go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
