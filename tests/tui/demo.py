"""The screen with a made-up market: ``python -m tests.tui.demo [ACCOUNTS]``, or pictures: ``... --svg FOLDER``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from account_cli.tui.app import WatchApp
from tests.tui.watch_market import MarketSource

SIZES = ((80, 24), (120, 40), (250, 60))


async def pictures(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for width, height in SIZES:
        app = WatchApp(MarketSource(accounts=2), flash=False)
        async with app.run_test(size=(width, height)) as pilot:
            await pilot.pause(0.5)
            (folder / f"watch_{width}x{height}.svg").write_text(app.export_screenshot(title="acct watch"))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--svg"]:
        asyncio.run(pictures(Path(sys.argv[2])))
    else:
        WatchApp(MarketSource(accounts=int(sys.argv[1]) if len(sys.argv) > 1 else 1)).run()
