"""Makes docs/watch.svg: what ``acct demo`` shows on a terminal of its own after a while.

    python docs/picture.py docs/watch.svg [SECONDS]

The real program on a real terminal; Textual writes down the screen by itself when the environment says so. Fonts are
the reader's own: the picture asks no server for any.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

COLUMNS, LINES = 120, 36


def main(arguments: list[str]) -> int:
    """Write the picture; 1 when none was made within two minutes."""
    if not 1 <= len(arguments) <= 2:
        sys.stderr.write("usage: python docs/picture.py FILE [SECONDS]\n")
        return 2
    seconds = int(arguments[1]) if len(arguments) == 2 else 45
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "watch.svg"
        _show(made, seconds)
        if not made.exists():
            sys.stderr.write("no picture was made\n")
            return 1
        Path(arguments[0]).write_text(_alone(made.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def _show(made: Path, seconds: int) -> None:
    screen, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    environment = os.environ | {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "HOME": str(made.parent),
        "TEXTUAL_SCREENSHOT": str(seconds),
        "TEXTUAL_SCREENSHOT_LOCATION": str(made.parent),
        "TEXTUAL_SCREENSHOT_FILENAME": made.name,
    }
    command = [sys.executable, "-m", "account_cli", "demo", "--no-flash", "--speed", "120x"]
    with subprocess.Popen(  # noqa: S603 -- acct itself
        command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment
    ) as acct:
        os.close(terminal)
        end = time.monotonic() + seconds + 120
        os.set_blocking(screen, False)
        while acct.poll() is None and not made.exists() and time.monotonic() < end:
            try:
                os.read(screen, 65_536)
            except BlockingIOError:
                time.sleep(0.05)
            except OSError:
                break
        time.sleep(0.5)
        acct.terminate()
        while acct.poll() is None:
            try:
                os.read(screen, 65_536)
            except (BlockingIOError, OSError):
                time.sleep(0.05)
    os.close(screen)


def _alone(svg: str) -> str:
    """Return the picture without the fonts that it would load from elsewhere."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code", "DejaVu Sans Mono, Menlo, Consolas")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
