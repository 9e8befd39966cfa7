"""Breaks acct on purpose, one small place at a time, and sees whether the tests turn red.

A mutant is a small text in one file, what it becomes, and what that breaks; they are in ``mutants/*.toml`` beside this.
Each is run in a copy of the tree, the tests nearest to it first; the first red test kills it, and so does a run that
does not end. A mutant that every test survives is a hole in the tests, and so is one whose place is gone. By hand::

    python -m tests.reliability.mutations
    python -m tests.reliability.mutations --only kraken --jobs 2 --out mutations.json
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.reliability.trio import commit

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).with_name("mutants")
_COPIED = (
    "account_cli",
    "tests",
    "pyproject.toml",
    "completions",
    "config.toml.example",
    "docs",
    "README.md",
    "Makefile",
)
_LAST = ("tests/faults/test_silence.py", "tests/faults/test_trouble.py", "tests/faults/test_truth.py")
"""What ``--thorough`` runs beside, when all that is near stayed green: minutes for each mutant."""
_WITHIN = 900.0
"""Seconds that one group of tests may take; a mutant that hangs is noticed, too."""


class Gone(Exception):
    """The text of a mutant is not in its file exactly once any more: the mutant has to be written anew."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One deliberate breakage."""

    group: str
    breaks: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def applied(self, root: Path) -> str:
        """Return the file's text with the breakage in it. Raises ``Gone``."""
        text = (root / self.file).read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise Gone(f"{self.group}: {self.breaks}: its text is {text.count(self.old)} times in {self.file}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant: ``killed_by`` is the first red test, None when all stayed green."""

    group: str
    breaks: str
    file: str
    killed_by: str | None
    seconds: float


def mutants(folder: Path = FOLDER) -> list[Mutant]:
    """Read all mutants. Raises ``KeyError`` for one that lacks a field."""
    found: list[Mutant] = []
    for file in sorted(folder.glob("*.toml")):
        told = tomllib.loads(file.read_text(encoding="utf-8"))
        for one in told["mutant"]:
            tests = tuple(one.get("tests", told["tests"]))
            found.append(Mutant(file.stem, one["breaks"], one["file"], one["old"], one["new"], tests))
    return found


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the tree to break."""
    with tempfile.TemporaryDirectory(prefix="acct-mutant-") as name:
        tree = Path(name)
        for part in _COPIED:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy(source, tree / part)
        yield tree


def first_red(tree: Path, tests: Sequence[str]) -> str | None:
    """Run groups of tests one after the other; return the first that is red, or what did not end."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tree),
        "PYTHONPATH": str(tree),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for group in tests:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "--timeout", "300", "--tb", "no", group]
        try:
            done = subprocess.run(
                command, cwd=tree, env=environment, capture_output=True, text=True, timeout=_WITHIN, check=False
            )
        except subprocess.TimeoutExpired:
            return f"{group} did not end"
        if done.returncode not in {0, 5}:
            red = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
            return red[0].split(" - ")[0] if red else f"{group} ended with {done.returncode}"
    return None


def tried(mutant: Mutant, *, thorough: bool = False) -> Outcome:
    """Run one mutant to its death, or to the end of its tests."""
    began = time.monotonic()
    with copied() as tree:
        try:
            text = mutant.applied(tree)
        except Gone as gone:
            say(f"GONE {gone}")
            return Outcome(mutant.group, mutant.breaks, mutant.file, None, 0.0)
        (tree / mutant.file).write_text(text, encoding="utf-8")
        red = first_red(tree, (*mutant.tests, *(_LAST if thorough else ())))
    return Outcome(mutant.group, mutant.breaks, mutant.file, red, round(time.monotonic() - began, 1))


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], help="a group, or part of what is broken")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--thorough", action="store_true", help="run the long tests too before one is said to survive")
    parser.add_argument("--out", type=Path, help="where to write the outcomes as JSON")
    asked = parser.parse_args()
    chosen = [one for one in mutants() if not asked.only or any(w in f"{one.group} {one.breaks}" for w in asked.only)]
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(asked.jobs) as pool:
        for done in as_completed([pool.submit(tried, one, thorough=asked.thorough) for one in chosen]):
            outcome = done.result()
            outcomes.append(outcome)
            say(f"{'killed  ' if outcome.killed_by else 'SURVIVED'} {outcome.seconds:6.1f}s {outcome.group}: "
                f"{outcome.breaks}" + (f"  ({outcome.killed_by})" if outcome.killed_by else ""))  # fmt: skip
            if asked.out:
                told = sorted((asdict(one) for one in outcomes), key=lambda one: (one["group"], one["breaks"]))
                asked.out.write_text(
                    json.dumps({"commit": commit(), "of": len(mutants()), "mutants": told}, indent=1) + "\n"
                )
    killed = sum(one.killed_by is not None for one in outcomes)
    say(f"{killed} of {len(outcomes)} mutants turned the tests red")
    return 0 if killed == len(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
