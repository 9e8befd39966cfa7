"""An alert goes the whole way: from a simulated exchange to a real webhook and mailbox, once, across a kill."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from account_cli.alerts import Episode
from account_cli.domain.health import Notice
from account_cli.storage import open_reader
from tests.faults.truth import Bench
from tests.unit.notify.servers import serving

RULES = '[alerts.rules.LOW_BALANCE]\nassets = {{ USD = "{}" }}\n'


def configure(bench: Bench, before: str, text: str) -> None:
    file = bench.folder / "config.toml"
    whole = bench.folder / "config.new"
    whole.touch(mode=0o600)
    whole.write_text(before + text)
    whole.replace(file)


async def until(found: Callable[[], bool]) -> None:
    async with asyncio.timeout(90):
        while not found():
            await asyncio.sleep(0.05)


def episode(bench: Bench) -> Episode:
    """The last episode of the rule, read beside the collector: the configuration may be broken."""
    with closing(open_reader(bench.database)) as reader:
        (found,) = [one for one in reader.episodes("main") if one.rule == "LOW_BALANCE"]
        return found


def notices(bench: Bench) -> list[Notice]:
    with closing(open_reader(bench.database)) as reader:
        return reader.notices()


def fence(bench: Bench) -> int:
    """How often the account was taken by a process."""
    with closing(open_reader(bench.database)) as reader:
        return max((lease.fence for lease in reader.leases()), default=0)


async def test_a_breach_arrives_once_across_a_kill_and_ends_when_the_rule_is_changed(tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=3, hours=1) as bench, serving("http") as hook, serving("smtp") as mail:
        await bench.live()
        before = (tmp_path / "config.toml").read_text()
        channels = (
            f'\n[alerts.channels]\nhook = "http://127.0.0.1:{hook.port}/hook"\n'
            f'mail = "smtp://127.0.0.1:{mail.port}/?to=me@example.org"\n'
        )
        wrong = 'typo = "htps://127.0.0.1/"\n'
        configure(bench, before, channels + wrong + RULES.format("1000000000"))

        def heard() -> list[dict[str, Any]]:
            told = [json.loads(body) for _, _, body in hook.heard]
            return [one for one in told if one["type"] == "LOW_BALANCE"]

        process = await bench.start("collect")
        try:
            await until(lambda: bool(heard() and mail.mails))
            (left_out,) = {one.text for one in notices(bench) if one.code == "config"}
            assert "[alerts.channels.typo]: unknown kind of channel 'htps' (did you mean 'https'?)" in left_out
            process.kill()
            await process.wait()
            process = await bench.start("collect")
            await until(lambda: fence(bench) > 1)
            configure(bench, before, channels + "[alerts.rules.LOW_BALANSE]\n")
            await asyncio.sleep(3)
            assert episode(bench).state == "firing", "a broken file keeps the old rules"
            (warning,) = {one.text for one in notices(bench) if one.code == "config"} - {left_out}
            assert "stay what they were" in warning
            assert "[alerts.rules.LOW_BALANSE]: unknown rule (did you mean 'LOW_BALANCE'?)" in warning, "and says so"
            configure(bench, before, channels + RULES.format("-1000000000"))
            await until(lambda: episode(bench).state == "resolved")
        finally:
            process.terminate()
            await process.wait()
        assert {one["id"] for one in heard()} == {"main/LOW_BALANCE/USD/1"}
        assert episode(bench).number == 1
        (said,) = {one["message"] for one in heard()}
        assert said.startswith("main holds ")
        assert mail.mails[0]["Subject"].startswith("acct WARNING LOW_BALANCE main USD")
