"""Over the whole test run acct only reads: a test fails when its simulator was asked to write, or for the unknown."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

_SIMULATOR = "account_cli.simulator.simulator"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "violates: asks a simulator on purpose for what only a writer would ask")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.stem.endswith("_strict"):  # how strict the simulators are is shown by breaking their rules
            item.add_marker("violates")


@pytest.fixture(autouse=True)
def only_reads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Remember every simulator that the test starts, and look through what it was asked."""
    module = sys.modules.get(_SIMULATOR)
    started: list[Any] = []
    if module is not None:
        start = module.Simulator.start

        async def remembered(self: Any) -> None:
            started.append(self)
            await start(self)

        monkeypatch.setattr(module.Simulator, "start", remembered)
    yield
    if request.node.get_closest_marker("violates") is None:
        assert [violation for sim in started for violation in sim.violations] == []
