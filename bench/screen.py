"""How much of a core ``acct watch`` takes: 200 rows, 1,000 updates a second, on a real pseudo-terminal of 120x40.

``python bench/screen.py [--fps 10] [--seconds 6]``. Three processes, one after the other in the same run: the updates
alone without a screen (``updates``), an idle Textual app (``idle``), and the screen under these updates (``watch``).
Processor time is user and system of the whole process as the kernel counts it, over a window after start-up.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from account_cli.reports.rows import (
    AccountStatusRow,
    EquityPointRow,
    EquityRow,
    Figures,
    PositionRow,
    Screenful,
    StreamState,
)

ROWS, UPDATES_A_SECOND, WIDTH, HEIGHT = 200, 1000, 120, 40
WARM_UP_S = 3.0
GOAL_PERCENT = 25.0


class Market:
    """200 positions whose prices move; every change is a new version."""

    def __init__(self) -> None:
        self.version = 0
        self._next = 0
        self._rows = [_position(n) for n in range(ROWS)]
        self._curve = _curve(time.time_ns() // 10**9 * 10**9)

    def update(self, count: int) -> None:
        for _ in range(count):
            self._next = (self._next * 7919 + 104729) % 1_000_003
            n = self._next % ROWS
            mark = Decimal(100 + n) + Decimal(self._next % 1000) / 100
            row = self._rows[n]
            gain = (mark - (row.entry_price or mark)) * row.quantity
            self._rows[n] = msgspec.structs.replace(
                row,
                mark_price=mark,
                market_value=mark * row.quantity,
                unrealized_pnl=gain,
                unrealized_pnl_pct=gain,
            )
        self.version += count

    def acknowledge(self, alert: int) -> None:
        """There is none to be seen."""

    def screenful(self) -> Screenful:
        now = time.time_ns()
        kinds = ("balances", "orders", "fills", "positions", "transfers")
        streams = tuple(StreamState(kind=k, strategy="stream", status="live", last_message_at=now) for k in kinds)
        return Screenful(
            as_of=now,
            accounts=(
                AccountStatusRow(
                    account="bench",
                    venue="kraken",
                    user=None,
                    strategy="FULL_WEBSOCKET",
                    liveness="LIVE",
                    stale_seconds=None,
                    streams=streams,
                    facts=1,
                    history_from=None,
                    history_complete=True,
                ),
            ),
            figures=Figures(
                currency="USD",
                equity=Decimal(self.version),
                equity_is_partial=False,
                day_change=Decimal(self.version % 977),
                day_change_pct=Decimal(1),
                unrealized_pnl=Decimal(self.version % 991),
                realized_pnl=Decimal(5),
                fees=Decimal(3),
                funding=Decimal(-1),
                price_age_seconds=0,
            ),
            positions=tuple(self._rows),
            balances=(),
            orders=(),
            fills=(),
            alerts=(),
            equity_curve=self._curve,
            risk=_risk(Decimal(self.version)),
        )


def _curve(now: int) -> tuple[EquityPointRow, ...]:
    """30 days of equity as the engine keeps them: by the hour, by five minutes, by the minute."""
    hour = 3600 * 10**9
    spans = ((30 * 24 * hour, hour), (24 * hour, hour // 12), (hour, hour // 60))
    starts = [now - reach for reach, _ in spans]
    return tuple(
        EquityPointRow(
            at=at, span=span, equity=Decimal(100_000 + at // span % 977), net_pnl=Decimal(1), flows=Decimal(0)
        )
        for (_, span), start, end in zip(spans, starts, [*starts[1:], now], strict=True)
        for at in range(start, end, span)
    )


def _risk(equity: Decimal) -> EquityRow:
    return EquityRow(
        account="*",
        currency="USD",
        equity=equity,
        partial=False,
        assets_value=equity,
        derivatives_unrealized_pnl=Decimal(0),
        used_margin=Decimal(5),
        available_margin=equity - 5,
        margin_ratio=Decimal("0.1"),
        leverage=equity / 7,
        net_exposure=equity,
        gross_exposure=equity,
        liquidation_symbol="C001/USD",
        liquidation_distance_pct=Decimal("12.5"),
        unpriced=(),
        price_at=None,
    )


def _position(n: int) -> PositionRow:
    price = Decimal(100 + n)
    return PositionRow(
        account="bench",
        symbol=f"C{n:03d}/USD",
        side="long",
        quantity=Decimal(1 + n % 9),
        entry_price=price,
        mark_price=price,
        cost=price,
        market_value=price,
        unrealized_pnl=Decimal(0),
        unrealized_pnl_pct=Decimal(0),
        realized_pnl=Decimal(0),
        fees=Decimal(0),
        funding=Decimal(0),
        mark_at=time.time_ns(),
        currency="USD",
    )


async def _updates(market: Market) -> None:
    done, start = 0, time.monotonic()
    while True:
        await asyncio.sleep(0.005)
        due = int((time.monotonic() - start) * UPDATES_A_SECOND)
        market.update(due - done)
        done = due


def _child(kind: str, fps: int) -> None:
    market = Market()
    if kind == "updates":
        asyncio.run(_updates(market))
        return
    from textual.app import App

    from account_cli.tui.app import WatchApp

    class Busy(WatchApp):
        def on_ready(self) -> None:
            self.run_worker(_updates(market))

    app: App[None] = Busy(market, fps=fps) if kind == "watch" else App()
    run: Coroutine[Any, Any, None] = app.run_async()
    asyncio.run(run)


def measure(kind: str, fps: int, seconds: float) -> tuple[float, float, float]:
    """Return percent of a core, MB resident, and KB a second sent to the terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        os.execv(sys.executable, [sys.executable, __file__, "--child", kind, "--fps", str(fps)])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    try:
        _drain(terminal, WARM_UP_S)
        before, start = _processor_s(pid), time.monotonic()
        sent = _drain(terminal, seconds)
        used, passed = _processor_s(pid) - before, time.monotonic() - start
        resident = _resident_mb(pid)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)
    return used / passed * 100, resident, sent / passed / 1000


def _processor_s(pid: int) -> float:
    """Seconds of user and system time (proc(5): fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _drain(terminal: int, seconds: float) -> int:
    """Read as a terminal would, so that the other side never waits."""
    total, end = 0, time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            try:
                total += len(os.read(terminal, 65536))
            except OSError:
                break
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fps", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--child")
    options = parser.parse_args()
    if options.child:
        _child(options.child, options.fps)
        return 0
    print(f"{ROWS} rows, {UPDATES_A_SECOND} updates/s, {options.fps} frames/s, {WIDTH}x{HEIGHT}, {options.seconds:g} s")
    results = {kind: measure(kind, options.fps, options.seconds) for kind in ("updates", "idle", "watch")}
    for kind, (percent, resident, sent) in results.items():
        print(f"{kind:8} {percent:6.1f} % of a core  {resident:6.1f} MB resident  {sent:7.1f} KB/s to the terminal")
    percent = results["watch"][0]
    base = max(results["updates"][0], 0.1)
    print(f"watch / updates alone: {percent / base:.1f}x; goal: at most {GOAL_PERCENT:g} % of a core")
    return 0 if percent <= GOAL_PERCENT else 3


if __name__ == "__main__":
    raise SystemExit(main())
