"""The rules of docs/architecture.md that a program can hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "account_cli"
PURE = ("domain", "ledger", "reconciliation", "reports", "alerts")
FORBIDDEN_IN_PURE = frozenset(
    [
        "asyncio",
        "time",
        "random",
        "os",
        "logging",
        "io",
        "socket",
        "pathlib",
        "subprocess",
        "threading",
        "sqlite3",
        "secrets",
        "tempfile",
        "shutil",
    ]
)
MODULES = sorted(PACKAGE.rglob("*.py"))
PURE_MODULES = [path for path in MODULES if path.relative_to(PACKAGE).parts[0] in PURE]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=_name(path))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", PURE_MODULES, ids=_name)
def test_pure_code_touches_no_clock_no_disk_and_no_float(path: Path) -> None:
    tree = _tree(path)
    roots = {name.partition(".")[0] for name in _imports(tree)}
    assert not roots & FORBIDDEN_IN_PURE
    floats = [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.Constant) and type(node.value) is float)
    ]
    assert not floats, f"float in lines {floats}"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_is_short_and_opens_with_a_sentence(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    doc = ast.get_docstring(_tree(path))
    if text.strip():
        assert doc, "no module docstring"
        assert doc.split("\n\n")[0].strip().endswith((".", "?", ":", "!"))


def test_nine_modules_in_ten_are_under_three_hundred_lines() -> None:
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES)
    assert lengths[int(len(lengths) * 0.9)] < 300


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], ["ccxt", "textual", "sqlalchemy", "alembic", "aiosqlite", "aiohttp"]),
        (["positions", "--json"], ["ccxt", "textual", "sqlalchemy", "alembic", "aiosqlite", "aiohttp"]),
    ],
)
def test_a_command_that_only_reads_loads_nothing_heavy(
    arguments: list[str], unwanted: list[str], tmp_path: Path
) -> None:
    script = (
        "import sys\n"
        "from account_cli.cli.main import main\n"
        f"sys.argv = ['acct', *{arguments!r}]\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        f"loaded = [name for name in {unwanted!r} if name in sys.modules]\n"
        "assert not loaded, loaded\n"
    )
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "ACCT_DATA_DIR": str(tmp_path / "data")}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_contract_between_the_layers_holds() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nobody_is_told_to_install_acct_by_a_name_that_is_another_program_on_the_package_index() -> None:
    by_name = re.compile(r"(?:pipx?|uv tool|uvx) (?:install|upgrade|run)(?: -\S+)* ['\"]?acct\b(?!-)")
    told = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("account_cli", "docs", "deploy", "README.md", "config.toml.example")
        for path in ((ROOT / folder).rglob("*") if (ROOT / folder).is_dir() else (ROOT / folder,))
        if path.suffix in {".py", ".md", ".toml", ".example", ".sh", ".1", ".yaml"}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if by_name.search(line)
    ]
    assert told == []
