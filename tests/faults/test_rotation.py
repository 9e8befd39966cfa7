"""A key is replaced while acct runs: it goes on with the new one, knows everything, and sends the old one no more."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.faults.trouble_here import ended, liveness, notices, until, until_live
from tests.faults.truth import Bench

NEW_KEY, NEW_SECRET = "the-key-that-came-after", base64.b64encode(b"the secret that came after" * 2).decode()
REFERENCES = ("file", "api_key_file", "cmd", "config")


def place(bench: Bench, how: str) -> None:
    """Let the configuration say in this way where the key is, which is in two files, or in itself."""
    config = bench.folder / "config.toml"
    if how == "config":
        return
    for name, value in (("key", bench.sim.api_key), ("secret", bench.sim.secret)):
        write(bench.folder / name, value)
    said = {
        "file": 'api_key = "file:key"\nsecret = "file:secret"\n',
        "api_key_file": 'api_key_file = "key"\nsecret_file = "secret"\n',
        "cmd": f"api_key = {json.dumps(f'cmd:cat {bench.folder}/key')}\n"
        f"secret = {json.dumps(f'cmd:cat {bench.folder}/secret')}\n",
    }[how]
    kept = [line for line in config.read_text().splitlines() if not line.startswith(("api_key =", "secret ="))]
    head = kept.index("[accounts.main]")
    config.write_text("\n".join([*kept[: head + 1], said, *kept[head + 1 :]]))


def write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def rotate(bench: Bench, how: str) -> None:
    """Make the exchange take the new key alone, and put it where the old one was."""
    old = (bench.sim.api_key, bench.sim.secret)
    bench.sim.stage.api_key, bench.sim.stage.secret = NEW_KEY, NEW_SECRET
    if how == "config":
        config = bench.folder / "config.toml"
        config.write_text(config.read_text().replace(old[0], NEW_KEY).replace(old[1], NEW_SECRET))
    else:
        write(bench.folder / "key", NEW_KEY)
        write(bench.folder / "secret", NEW_SECRET)


@pytest.mark.parametrize("how", REFERENCES)
async def test_a_key_that_is_replaced_is_used_without_a_restart(how: str, tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=44, hours=2) as bench:
        place(bench, how)
        process = await bench.start("collect")
        await bench.heard()
        await bench.live_until(0.5)
        await until_live(bench)
        rotate(bench, how)
        old = set(bench.sim.stage.connections)
        for connection in old:
            connection.end()  # a stream that is open needs no key: a new one does
        await until(lambda: not old & bench.sim.stage.connections)
        await bench.live_until(0.7)
        await until(lambda: any(one.private for one in bench.sim.stage.connections), 90)
        await bench.live()
        assert await bench.settled() == bench.true()
        await until_live(bench)
        assert process.returncode is None
        await ended(process)
        assert len([one for one in notices(tmp_path) if one.code == "key-rejected"]) <= 1
    text = (tmp_path / "acct.db").read_bytes()
    assert NEW_SECRET.encode() not in text
    assert NEW_KEY.encode() not in text


async def test_another_setting_of_an_account_holds_without_a_restart(tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=45, hours=1) as bench:
        process = await bench.start("collect")
        await bench.heard()
        await until_live(bench)
        config = bench.folder / "config.toml"
        config.write_text(config.read_text().replace("[accounts.main]\n", '[accounts.main]\nuser = "anna"\n'))
        await until(lambda: b"anna" in (tmp_path / "acct.db").read_bytes() + wal(tmp_path))
        await bench.live()
        assert await bench.settled() == bench.true()
        assert await liveness(bench) == "LIVE"
        await ended(process)


async def test_a_key_that_cannot_be_had_ends_nothing_that_works(tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=46, hours=1) as bench:
        place(bench, "file")
        process = await bench.start("collect")
        await bench.heard()
        (bench.folder / "key").chmod(0o644)
        (bench.folder / "key").write_text(bench.sim.api_key)
        await bench.live(pause=0.3)
        assert await bench.settled() == bench.true()
        assert await liveness(bench) == "LIVE"
        await ended(process)


def wal(folder: Path) -> bytes:
    path = folder / "acct.db-wal"
    return path.read_bytes() if path.exists() else b""
