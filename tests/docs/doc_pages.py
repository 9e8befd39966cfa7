"""Reads the commands out of the documentation: what is run, with what it is said to write, and what is only named.

A fenced block of ``console`` holds commands behind ``$ `` with their output below; ``…`` in it stands for anything, a
line of it alone for any lines. What a command goes on with stands behind ``> ``. A
block of ``sh`` holds commands alone. ``console parse`` and ``sh parse`` are for what
needs a key, a terminal or another machine: their commands are only held against the options that there are.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "deploy/docker/README.md", *(ROOT / "docs").rglob("*.md")])
_FENCE = re.compile(r"^```(.*?)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(acct [^`]+)`")
_TOLD = ("console", "sh", "cron", "")


class Step(NamedTuple):
    """A command and the lines that it is said to write; None says nothing of them."""

    command: str
    output: list[str] | None


def blocks(page: Path) -> Iterator[tuple[str, bool, str]]:
    """Yield language, whether it is to be run, and text of each fenced block."""
    for words, text in _FENCE.findall(page.read_text(encoding="utf-8")):
        language, _, rest = words.partition(" ")
        yield language, language in {"console", "sh"} and "parse" not in rest, text


def steps(page: Path) -> list[Step]:
    """Return what is to be run on a page, in its order."""
    return [step for language, runs, text in blocks(page) if runs for step in _read(language, text)]


def _read(language: str, text: str) -> Iterator[Step]:
    if language == "sh":
        yield from (Step(command, None) for command in _joined(text.splitlines()))
        return
    lines = text.splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in itertools.pairwise([*starts, len(lines)]):
        last = start
        while last + 1 < end and lines[last + 1].startswith("> "):
            last += 1
        command = "\n".join(line[2:] for line in lines[start : last + 1])
        yield Step(command, lines[last + 1 : end])


def _joined(lines: list[str]) -> Iterator[str]:
    whole = ""
    for line in lines:
        whole += line
        if whole.endswith("\\"):
            whole += "\n"
        elif whole.strip() and not whole.startswith("#"):
            yield whole
            whole = ""


def named(page: Path) -> list[str]:
    """Return every command of acct that a page names anywhere: in blocks, and in the text."""
    text = page.read_text(encoding="utf-8")
    found = [line for language, _, block in blocks(page) if language in _TOLD for line in block.splitlines()]
    found = [line.partition("$ ")[2] if line.startswith("$ ") else line for line in found]
    commands = []
    for line in found:
        match = re.match(r"(?:[*\d/, -]+ )?(acct .*)", line.strip())
        if match is not None:
            commands.append(match[1])
    return commands + _INLINE.findall(_FENCE.sub("", text))


def matches(said: list[str], written: list[str]) -> bool:
    """True when lines are those said; blanks at their ends do not count."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else ".*?".join(map(re.escape, line.rstrip().split("…"))) + r"[ ]*\n"
        for line in said
    )
    return re.fullmatch(pattern, "".join(f"{line.rstrip()}\n" for line in written)) is not None
