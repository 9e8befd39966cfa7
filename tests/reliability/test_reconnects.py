"""However often a stream breaks, nothing of it stays behind; the long run is ``tests.reliability.reconnects``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.reliability.reconnects import Look, grown, reconnect

COUNT = int(os.environ.get("ACCT_RECONNECTS", "100"))


@pytest.mark.timeout(60 + COUNT)
async def test_reconnections_leave_no_task_and_no_descriptor_behind(tmp_path: Path) -> None:
    looks = await reconnect("binance", COUNT, tmp_path, looks=10)
    assert len(looks) >= 10
    assert not grown(looks)


def test_what_grows_by_a_task_at_every_reconnection_is_noticed() -> None:
    assert grown([Look(count, 20 + count, 30, 80.0) for count in range(50, 100, 5)])
    assert not grown([Look(count, 20 + count % 3, 30, 80.0) for count in range(50, 100, 5)])
