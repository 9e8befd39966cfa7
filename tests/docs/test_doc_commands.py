"""The documentation is true: its commands are run in an empty home and write what they are said to write."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.core import TyperOption

from account_cli.cli.app import COMMANDS, build
from account_cli.cli.session import Session
from tests.cli.running import environment
from tests.docs.doc_pages import PAGES, ROOT, Step, matches, named, steps

OWN_TEST = {"commands.md", "export.md", "import.md"}
RUN = [page for page in PAGES if steps(page) and page.name not in OWN_TEST]
"""The examples of commands.md are those of ``--help``; it and the other pages left out here have tests of their own."""
_END = "=== end of command ==="


class Shell:
    """One bash, as a person has it open while reading a page."""

    def __init__(self, home: Path) -> None:
        (home / "bin").mkdir()
        program = home / "bin/acct"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m account_cli "$@"\n')
        program.chmod(0o755)
        env = environment(home)
        self._home = home
        self._bash = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            cwd=home,
            env=env | {"PATH": f"{home}/bin:{env['PATH']}", "LC_ALL": "C.UTF-8", "TERM": "dumb"},
        )

    def run(self, command: str) -> tuple[int, list[str]]:
        """Run a command and return its exit status and what it wrote to either stream."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.write(f"{command}\n{self._settled(command)}echo; echo '{_END}' $?\n")
        self._bash.stdin.flush()
        written: list[str] = []
        for line in self._bash.stdout:
            if line.startswith(_END):
                break
            written.append(line.rstrip("\n"))
        else:
            raise AssertionError(f"the shell ended: {written}")
        if written and not written[-1]:
            written.pop()
        return int(line.split()[-1]), written

    def _settled(self, command: str) -> str:
        """Wait for a simulator left running to have said where it is: an empty line ends that."""
        file = re.search(r">\s*(\S+)\s*&$", command)
        wait = f"until grep -qs '^$' {file[1]}; do read -t 0.05 <> <(:) ; done; " if file else ""
        return f"_status=$?; {wait}(exit $_status); _keep=$?; true; (exit $_keep); "

    def close(self) -> None:
        """End what was left running, by its number, and the shell."""
        assert self._bash.stdin is not None
        self._bash.stdin.write("jobs -p | while read -r job; do kill $job; done; wait; exit\n")
        self._bash.stdin.close()
        self._bash.wait(timeout=60)
        assert self._bash.stdout is not None
        self._bash.stdout.close()


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    made = Shell(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("page", RUN, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_runs_writes_what_it_says(page: Path, shell: Shell) -> None:
    for step in steps(page):
        status, written = shell.run(step.command)
        hold(step, status, written)


def hold(step: Step, status: int, written: list[str]) -> None:
    told = "\n".join(written)
    assert status in {0, 3, 4}, f"$ {step.command}\n{told}\nexit status {status}"
    assert "Traceback" not in told
    if step.output:
        assert matches(step.output, written), (
            f"$ {step.command}\nsaid:\n" + "\n".join(step.output) + f"\nwrote:\n{told}"
        )


class Known(NamedTuple):
    options: frozenset[str]


@cache
def known(command: str) -> Known:
    group = build()
    context = group.make_context("acct", [], obj=Session(), resilient_parsing=True)
    made = group.get_command(context, command) if command else group
    assert made is not None, f"no command: acct {command}"
    params = [param for param in made.get_params(context) if isinstance(param, TyperOption)]
    return Known(frozenset(name for param in params for name in (*param.opts, *param.secondary_opts)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_names_is_there_with_its_options(page: Path) -> None:
    for command in named(page):
        words = _words(command)
        name = next((word for word in words if re.fullmatch(r"[a-z]+", word)), None)
        if name is None:
            assert all(word.partition("=")[0] in known("").options for word in words if word.startswith("-")), command
            continue
        assert name in COMMANDS, f"{page.name}: {command}"
        for word in words:
            if word.startswith("-") and len(word) > 1 and not re.match(r"-\d", word):
                option = word.partition("=")[0]
                assert option in known(name).options | known("").options, f"{page.name}: {command}: {option}"


def _words(command: str) -> list[str]:
    """Return the words of the command itself: without brackets, comments, redirection and other programs."""
    command = re.split(r"\s#\s|\s{3,}|[>;&]|(?<=\s)\|(?=\s)", command)[0]
    command = re.sub(r"[\[\](){}…]", " ", command)
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    return [part for word in words[1:] for part in word.split("|") if part]


def test_every_page_is_in_the_index_and_every_link_leads_somewhere() -> None:
    index = (ROOT / "docs/README.md").read_text()
    linked = set(re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", index))
    pages = {str(page.relative_to(ROOT / "docs")) for page in PAGES if (ROOT / "docs") in page.parents}
    assert pages - {"README.md"} - {name for name in pages if name.startswith("decisions/")} <= linked
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#\s:]+?)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.relative_to(ROOT)}: {link}"


@pytest.mark.parametrize("target", ["demo", "dist", "try-wheel", "audit", "reference", "test", "check", "bench"])
def test_a_target_of_make_that_is_told_of_is_there(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_an_audit_that_reaches_no_advisories_has_written_the_list_of_parts_before() -> None:
    audit = (ROOT / "Makefile").read_text().partition("\naudit:")[2].partition("\n\n")[0]
    assert audit.index("bin/cyclonedx-py") < audit.index("bin/pip-audit --strict")


def test_output_is_compared_line_by_line_and_dots_stand_for_anything() -> None:
    assert matches(["a … c", "…", "z"], ["a b c", "x", "y", "z  "])
    assert matches(["…"], [])
    assert not matches(["a"], ["a", "b"])
    assert not matches(["a … c"], ["a b"])
