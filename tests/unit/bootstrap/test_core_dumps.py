"""A process that holds a key leaves no core dump, which would hold it too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import resource
from account_cli.bootstrap.collecting import SystemClock, make_reader
from account_cli.config import load_config
config = load_config(None, {"HOME": "."}, venues=lambda: ("kraken",))
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
make_reader(config.account("kraken"), config, SystemClock())
print(resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_core_dumps_are_off_as_soon_as_a_key_was_read(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[3]), "KRAKEN_API_KEY": "k" * 16, "KRAKEN_API_SECRET": "s" * 16},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "(0, 0)\n", done.stderr
