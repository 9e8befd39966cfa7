"""One simulator by itself, until it is told to stop: what ``acct simulate`` runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from account_cli.errors import InputError
from account_cli.simulator.lab.schedule import Planned, play
from account_cli.simulator.simulator import Simulator
from account_cli.simulator.world.world import SECOND


async def serve(
    venue: str,
    seed: int,
    port: int,
    speed: float | None,
    emit: Callable[[str], None],
    stop: asyncio.Event,
    *,
    account: str | None = None,
    faults: Sequence[Planned] = (),
    writable_key: bool = False,
    limits: bool = True,
) -> None:
    """Run a venue on a port (0: any free one), say how to reach it, and return when ``stop`` is set.

    ``emit`` gets the config section of ``account`` (named like the venue when None) first, without an empty line in it
    and with a newline at its end, and then the control addresses as a comment, and a comment for every fault of
    ``faults`` when it happens. ``writable_key``: the key may trade, as far as it tells. Without ``limits``
    any number of requests is answered, and the section says so: limits do not go faster with the world. Raises
    ``InputError`` for an unknown venue or a port that cannot be had.
    """
    simulator = Simulator(venue, seed=seed, port=port, speed=speed, account=account or venue, rate_limit=limits)
    simulator.grant(trade=writable_key)
    simulator.world.run_until(simulator.world.now_ns + SECOND)  # the account is funded before anybody asks
    try:
        await simulator.start()
    except OSError as error:
        raise InputError(f"cannot listen on port {port}", hint="choose another --port, or 0 for any") from error
    try:
        section = simulator.config_toml()
        emit(section if limits else section.replace("]\n", "]\nrate_limit = false\n", 1))
        emit(f"# truth: {simulator.url}/control/truth   requests: {simulator.url}/control/requests")
        if faults:
            emit(f"# the same again: --venue {venue} --seed {seed} {' '.join(f'--fault {one}' for one in faults)}")
        playing = asyncio.create_task(play(simulator, faults, lambda line: emit(f"# {line}")))
        await stop.wait()
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
    finally:
        await simulator.stop()
