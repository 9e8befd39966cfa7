"""Any exchange through ccxt's structures: what they say is read exactly, what they leave out stays unknown."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.domain.events import Amount, Event, TransferArrived
from account_cli.domain.instruments import Instrument
from account_cli.errors import InputError, KeyCanTrade, KeyMissing, NotSupported, Permanent
from account_cli.exchanges import open_reader, venues
from account_cli.exchanges.fields import Unreadable
from account_cli.exchanges.generic import history, parse
from account_cli.exchanges.lean import venue_class
from account_cli.exchanges.venues import WALLETS
from account_cli.ports import Heard, ReaderSettings
from account_cli.redaction import Redactor
from tests.unit.exchanges.exch_clock import TestClock
from tests.unit.exchanges.exch_rows import Row, wrap

INSTRUMENTS = {
    "BTC/USD": Instrument(symbol="BTC/USD", base="BTC", quote="USD"),
    "BTC/USD:BTC": Instrument(
        symbol="BTC/USD:BTC", base="BTC", quote="USD", settle="BTC", inverse=True, contract_size=Decimal(100)
    ),
    "BTC/USDT:USDT": Instrument(
        symbol="BTC/USDT:USDT", base="BTC", quote="USDT", settle="USDT", contract_size=Decimal("0.01")
    ),
}
DAY_MS = 86_400_000


def trade(**changed: object) -> Row:
    return {
        "id": "T1", "order": "O1", "symbol": "BTC/USD", "side": "buy", "price": "100.10", "amount": "3",
        "timestamp": 1_700_000_000_000, "takerOrMaker": "maker", "fee": {"currency": "BNB", "cost": "0.1"}, "fees": [],
    } | changed  # fmt: skip


def test_contracts_are_counted_and_sized() -> None:
    linear = parse.fill("a", "spot", trade(symbol="BTC/USDT:USDT"), INSTRUMENTS)
    assert (linear.contracts, linear.quantity, linear.settle) == (Decimal(3), Decimal("0.03"), "USDT")
    inverse = parse.fill("a", "spot", trade(symbol="BTC/USD:BTC"), INSTRUMENTS)
    assert (inverse.contracts, inverse.quantity, inverse.inverse) == (Decimal(3), None, True)
    assert parse.fill("a", "spot", trade(), INSTRUMENTS).contracts is None


def test_a_fee_that_is_not_whole_is_unknown_and_not_zero() -> None:
    assert parse.fees_of(trade()) == (Amount("BNB", Decimal("0.1")),)
    assert parse.fees_of(trade(fee=None)) is None
    assert parse.fees_of(trade(fee={"currency": None, "cost": "1"})) is None
    assert parse.fees_of(trade(fees=[{"currency": "USD", "cost": "1"}, {"currency": "BNB", "cost": None}])) is None


@pytest.mark.parametrize(
    "change", [{"id": None}, {"symbol": "NO/SUCH"}, {"price": 1.5}, {"side": "hold"}, {"amount": ""}]
)
def test_a_trade_that_is_not_whole_is_unreadable(change: Row) -> None:
    with pytest.raises(Unreadable):
        parse.fill("a", "spot", trade(**change), INSTRUMENTS)


def test_a_short_position_is_negative_and_a_balance_without_total_is_unknown() -> None:
    row = {"symbol": "BTC/USDT:USDT", "side": "short", "contracts": "5", "contractSize": "0.01", "leverage": "10"}
    assert parse.position("spot", row, INSTRUMENTS).quantity == Decimal("-0.05")
    rows, bad = parse.balances("spot", {"total": {"A": "1", "B": None}, "A": {"total": "1"}, "B": {"free": "2"}})
    assert [(row.asset, row.used) for row in rows] == [("A", None)]
    assert bad == ["B: no total"]


def test_a_transaction_that_is_not_through_is_no_fact() -> None:
    row: Row = {"id": "D", "amount": "5", "currency": "USD", "timestamp": 1, "status": "pending", "type": "deposit"}
    assert parse.transaction("a", "spot", row, "deposit") == []
    done = row | {"status": "ok", "type": "withdrawal", "fee": {"cost": "0.1", "currency": "USD"}}
    (fact,) = parse.transaction("a", "spot", done, "deposit")
    assert (fact.amount, fact.type, fact.fee) == (Decimal(-5), "withdrawal", Amount("USD", Decimal("0.1")))


# ---- walking by time ----


def fact(number: int, at_ms: int) -> Event:
    return TransferArrived(
        account="a", id=str(number), time_ns=at_ms * 1_000_000, asset="USD", amount=Decimal(1), type="deposit"
    )


class Served:
    def __init__(self, facts: list[Event], *, page: int, newest_first: bool, knows_until: bool = True) -> None:
        self.facts, self.page, self.newest_first, self.knows_until = facts, page, newest_first, knows_until

    async def __call__(self, since: int | None, until: int | None) -> Heard:
        if until is not None and not self.knows_until:
            raise Permanent("unknown parameter")
        found = [
            event
            for event in self.facts
            if (since is None or event.time_ns >= since * 1_000_000)
            and (until is None or event.time_ns <= until * 1_000_000)
        ]
        cut = found[-self.page :] if self.newest_first or since is None else found[: self.page]
        return wrap(None, "c", events=cut)


@pytest.mark.parametrize("newest_first", [False, True])
async def test_facts_that_share_the_edge_of_a_page_are_all_told(newest_first: bool) -> None:
    now = 200 * DAY_MS
    facts = [fact(n, now - 60 * DAY_MS + (n // 4) * DAY_MS // 2) for n in range(400)]
    served = Served(facts, page=10, newest_first=newest_first)
    told: set[str] = set()
    past = history.Past()
    for walk in (history.newest, history.oldest):
        async for page in walk("c", served, past, now):
            told |= {event.id for heard in page.heard for event in heard.events}
            past = history.stored(page.cursors, "c") if page.cursors else past
    assert past.done
    assert told == {str(n) for n in range(400)}


@pytest.mark.parametrize(("count", "marked"), [(30, True), (4, False)])
async def test_one_instant_beyond_a_page_is_marked_and_a_quiet_account_is_not(count: int, marked: bool) -> None:
    served = Served([fact(n, DAY_MS) for n in range(count)], page=10, newest_first=False, knows_until=False)
    known = history.Past(low_ms=1, high_ms=DAY_MS)
    pages = [page async for page in history.newest("c", served, known, 2 * DAY_MS)]
    assert any(heard.unreadable for page in pages for heard in page.heard) is marked


# ---- doors ----


def settings(**changed: object) -> ReaderSettings:
    return ReaderSettings(account="main", **changed)  # type: ignore[arg-type]


def test_an_unknown_exchange_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        open_reader(settings(venue="byebit"), clock=TestClock(), redactor=Redactor(), cache_dir=tmp_path)
    assert "bybit" in str(caught.value.hint)


async def test_missing_credentials_are_named_and_a_private_key_is_refused(tmp_path: Path) -> None:
    for made, error in (
        (settings(venue="kraken"), KeyMissing),
        (settings(venue="binanceusdm", api_key="k"), KeyMissing),
        (settings(venue="okx", api_key="k" * 8, secret="s" * 8), KeyMissing),
        (settings(venue="hyperliquid"), KeyMissing),
    ):
        reader = open_reader(made, clock=TestClock(), redactor=Redactor(), cache_dir=tmp_path)
        with pytest.raises(error):
            await reader.connect()
        await reader.close()


def test_abilities_are_known_without_a_connection_and_marked_generic(tmp_path: Path) -> None:
    reader = open_reader(settings(venue="bybit"), clock=TestClock(), redactor=Redactor(), cache_dir=tmp_path)
    told = reader.abilities()
    assert told.generic
    assert told.streams == {"balances", "orders", "fills", "positions"}
    kraken = open_reader(settings(venue="kraken"), clock=TestClock(), redactor=Redactor(), cache_dir=tmp_path)
    assert not kraken.abilities().generic
    with pytest.raises(NotSupported):
        kraken.stream(frozenset({"fills"}))


@pytest.mark.parametrize("venue", WALLETS)
@pytest.mark.parametrize("field", ["secret", "api_key", "passphrase", "wallet_address"])
@pytest.mark.parametrize("prefix", ["", "0x"])
def test_a_private_key_of_a_wallet_is_refused_before_anything_uses_it(
    venue: str, field: str, prefix: str, tmp_path: Path
) -> None:
    key, redactor = prefix + "5e" * 32, Redactor()
    made = settings(venue=venue, **{"wallet_address": "0x" + "1" * 40, field: key})
    with pytest.raises(KeyCanTrade) as refused:
        open_reader(made, clock=TestClock(), redactor=redactor, cache_dir=tmp_path)
    assert key not in str(refused.value)
    assert key not in redactor.clean(f"somewhere {key}")
    open_reader(
        settings(venue=venue, wallet_address="0x" + "1" * 40), clock=TestClock(), redactor=redactor, cache_dir=tmp_path
    )


def test_the_venues_that_sign_with_a_private_key_are_known() -> None:
    signing = [name for name in venues() if venue_class(name)().requiredCredentials.get("privateKey")]
    assert signing == list(WALLETS)
