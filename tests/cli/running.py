"""Runs the real ``acct`` as its own process, in an empty home, with and without a terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.covered import covered

ACCT = (sys.executable, "-m", "account_cli")

LEDGER = """\
{"kind":"transfer","account":"main","id":"D1","time":"2024-01-01T00:00:00Z","asset":"USD","amount":"10000","type":"deposit"}
{"kind":"fill","account":"main","id":"T1","order_id":"O1","time":"2024-01-02T00:00:00Z","seq":1,"symbol":"BTC/USD",\
"side":"buy","price":"100","quantity":"1","fees":[{"asset":"USD","amount":"1"}],"liquidity":"taker"}
{"kind":"fill","account":"main","id":"T2","order_id":"O2","time":"2024-02-01T00:00:00.123Z","symbol":"BTC/USD",\
"side":"sell","price":"150","quantity":"0.5","fees":[{"asset":"USD","amount":"1"}],"liquidity":"maker"}
{"kind":"fill","account":"perp","id":"T1","order_id":"O1","time":"2024-02-02T00:00:00Z","symbol":"ETH/USDT:USDT",\
"side":"sell","price":"2000","quantity":"0.123456789012345678901","fees":[{"asset":"USDT","amount":"0.1"}],\
"contract_size":"1","settle":"USDT"}
"""


class Ended(NamedTuple):
    """What a run left behind."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> dict[str, Any]:
        """The error of a run with ``--json``."""
        found = json.loads(self.err)["error"]
        assert isinstance(found, dict)
        return found


def environment(home: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        **covered(),
        **more,
    }


def acct(home: Path, *arguments: str, stdin: str = "", **env: str) -> Ended:
    """Run ``acct`` with pipes and wait for its end."""
    done = subprocess.run(
        [*ACCT, *arguments],
        input=stdin,
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        env=environment(home, **env),
        cwd=home,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def acct_on_terminal(home: Path, *arguments: str, columns: int = 120, lines: int = 40, **env: str) -> Ended:
    """Run ``acct`` on a terminal of this size; everything it showed is in ``out``."""
    screen, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    process = subprocess.Popen(
        [*ACCT, *arguments],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environment(home, **{"TERM": "xterm-256color", **env}),
        cwd=home,
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            part = os.read(screen, 65_536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(screen)
    return Ended(process.wait(timeout=60), shown.decode().replace("\r\n", "\n"), "")


def filled_home(home: Path) -> Path:
    """Import the ledger above into a home of its own."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "ledger.ndjson").write_text(LEDGER)
    done = acct(home, "import", "ledger.ndjson")
    assert done.code == 0, done.err
    return home


def database(home: Path) -> Path:
    return home / ".local/share/acct/acct.db"


_SEVERAL = """
import contextlib, io, json, sys
from account_cli.cli.main import run
for words in json.loads(sys.stdin.read()):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(words)
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""


def acct_several(home: Path, *commands: Sequence[str], **env: str) -> list[Ended]:
    """Run several commands one after the other in one process: for where its start would take most of the time."""
    done = subprocess.run(
        [sys.executable, "-c", _SEVERAL],
        input=json.dumps(commands),
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        env=environment(home, **env),
        cwd=home,
    )
    assert done.returncode == 0, done.stderr
    return [Ended(*json.loads(line)) for line in done.stdout.splitlines()]
