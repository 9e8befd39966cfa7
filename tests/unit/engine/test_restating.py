"""E6: a kept figure that changes afterwards is restated, with what it was, what it is and why."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from account_cli.collector.delivery import Delivery
from account_cli.domain.events import PriceQuoted, Retracted
from account_cli.domain.health import Coverage, Notice
from account_cli.domain.identity import identity
from account_cli.domain.instruments import Instrument
from account_cli.domain.observations import PriceSeen
from account_cli.domain.times import MINUTE, SECOND
from account_cli.engine import folding, ingest, refolding
from account_cli.engine.folding import RULES_MARK
from account_cli.engine.follow import Follower
from account_cli.engine.ingest import Ingest
from account_cli.engine.rebuilding import check
from account_cli.engine.references import StoredReferences
from account_cli.engine.refolding import restatements
from account_cli.ledger.closings import Closing
from account_cli.ports import Journal, JournalReader
from account_cli.storage import open_journal
from tests.unit.engine.engine_facts import START, FixedClock, deposit, fill, folded

LATER = FixedClock(START + 3600 * SECOND)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = open_journal(tmp_path / "acct.db")
    known = tuple(Coverage(kind=kind, since_ns=0, from_start=True) for kind in ("fills", "transfers"))
    Ingest(opened, LATER).write([Delivery(account=account, coverage=known) for account in ("a", "b")])
    yield opened
    opened.close()


@pytest.fixture
def reader(journal: Journal) -> Iterator[JournalReader]:
    opened = journal.reader()
    yield opened
    opened.close()


def restated(reader: JournalReader) -> list[Notice]:
    return [notice for notice in reader.notices() if notice.code == "restated"]


def bought_and_sold(ingest: Ingest) -> None:
    """Realise 50 and 20: bought 2 @ 100, sold 1 @ 150 and 1 @ 120, without fees."""
    facts = (
        fill(2, quantity="2", fees=()),
        fill(3, side="sell", price="150", fees=()),
        fill(4, side="sell", price="120", fees=()),
    )
    ingest.write([Delivery(account="a", events=facts)])


def test_a_late_fact_restates_each_market_once_with_old_new_and_why(journal: Journal, reader: JournalReader) -> None:
    ingest = Ingest(journal, LATER)
    bought_and_sold(ingest)
    late = fill(1, price="200", quantity="2", fees=())
    ingest.write([Delivery(account="a", events=(late,))])
    (notice,) = restated(reader)
    # Average cost of 2 @ 100 and 2 @ 200 is 150: the sales realise 0 and -30 where they had realised 50 and 20.
    assert notice.text.startswith("BTC/USD: realised 70 became -30 USD in 2 closing(s) since 2023-11-14T22:13:23Z")
    assert identity(late) in notice.text
    assert (notice.account, notice.severity) == ("a", "warning")


def test_a_late_fact_that_changes_no_kept_figure_restates_nothing(journal: Journal, reader: JournalReader) -> None:
    ingest = Ingest(journal, LATER)
    bought_and_sold(ingest)
    ingest.write([Delivery(account="a", events=(deposit(0), fill(1, symbol="ETH/USD")))])
    assert restated(reader) == []


def test_a_withdrawn_fact_restates_what_had_followed_from_it(journal: Journal, reader: JournalReader) -> None:
    ingest = Ingest(journal, LATER)
    bought_and_sold(ingest)
    gone = fill(3, side="sell", price="150", fees=())
    told = Retracted(account="a", id="R", time_ns=START + 9 * SECOND, target=identity(gone))
    ingest.write([Delivery(account="a", events=(told,))])
    (notice,) = restated(reader)
    assert "realised 50 became 0 USD in 1 closing(s)" in notice.text
    assert f"the withdrawal of {identity(gone)}" in notice.text


def test_a_fee_that_arrives_late_is_a_correction(journal: Journal, reader: JournalReader) -> None:
    ingest = Ingest(journal, LATER)
    ingest.write([Delivery(account="a", events=(fill(1, fees=None), fill(2, side="sell", price="150", fees=())))])
    ingest.write([Delivery(account="a", events=(fill(1, fees=(("USD", "1"),)),))])
    (notice,) = restated(reader)
    assert "realised 50 became 49 USD" in notice.text
    assert "a correction of" in notice.text


def test_history_that_is_still_being_read_back_restates_nothing(journal: Journal, reader: JournalReader) -> None:
    ingest = Ingest(journal, LATER)
    known = tuple(Coverage(kind=kind, since_ns=START + 2 * SECOND) for kind in ("fills", "transfers"))
    ingest.write([Delivery(account="a", coverage=known)])
    bought_and_sold(ingest)
    ingest.write([Delivery(account="a", events=(fill(1, price="200", quantity="2"),))])
    assert restated(reader) == []
    ingest.write([Delivery(account="a", events=(fill(2, price="200", quantity="2", symbol="ETH/USD"),))])
    ingest.write([Delivery(account="a", events=(fill(3, price="200", quantity="0.5"),))])
    assert len(restated(reader)) == 1, "after the time from which on all was known it is a restatement"


def bnb(time_ns: int, price: str) -> PriceQuoted:
    return PriceQuoted(time_ns=time_ns, asset="BNB", price=Decimal(price), currency="USD", source="manual")


def test_a_price_refolds_every_account_from_the_first_fee_it_values(journal: Journal, reader: JournalReader) -> None:
    ingest = Ingest(journal, LATER)
    for account in ("a", "b"):
        facts = (
            fill(1, fees=(("BNB", "0.01"),), account=account),
            fill(2, side="sell", price="150", fees=(("BNB", "0.01"),), account=account),
        )
        ingest.write([Delivery(account=account, events=facts)])
    ingest.write([Delivery(account="a", origin="import", quotes=(bnb(START, "300"),))])
    told = restated(reader)
    assert {notice.account for notice in told} == {"a", "b"}
    # The cost of each fee is 3: realised 50 - 3 - 3.
    assert all("BTC/USD: realised 50 became 44 USD in 1 closing(s)" in n.text for n in told if "BTC" in n.text)
    assert all("the price of BNB from manual" in notice.text for notice in told)
    for account in ("a", "b"):
        assert check(reader, account, StoredReferences(reader)).changed == []


def test_a_price_further_away_than_the_stored_one_changes_nothing(journal: Journal, reader: JournalReader) -> None:
    ingest = Ingest(journal, LATER)
    quotes = (bnb(START, "300"),)
    ingest.write([Delivery(account="a", events=(fill(1, fees=(("BNB", "0.01"),)),), quotes=quotes)])
    before = reader.marks("a")
    ingest.write([Delivery(account="a", quotes=(bnb(START + 2 * MINUTE, "900"),))])
    assert reader.marks("a") == before
    assert check(reader, "a", StoredReferences(reader)).changed == []


def test_a_price_in_another_currency_than_a_fee_is_valued_in_folds_nothing_anew(
    journal: Journal, reader: JournalReader
) -> None:
    ingest = Ingest(journal, LATER)
    ingest.write([Delivery(account="a", events=(fill(1, fees=(("BNB", "0.01"),)),))])
    before = reader.marks("a")
    euros = replace(bnb(START, "280"), currency="EUR")
    ingest.write([Delivery(account="b", quotes=(euros,))])
    assert reader.marks("a") == before
    ingest.write([Delivery(account="b", quotes=(euros,) * 60)])
    assert reader.marks("a") == before
    ingest.write([Delivery(account="b", quotes=(*(euros,) * 60, bnb(START, "300")))])
    assert reader.marks("a") != before
    assert check(reader, "a", StoredReferences(reader)).changed == []


def test_a_fee_in_a_third_asset_is_valued_at_what_was_sampled_and_stays_so(
    journal: Journal, reader: JournalReader
) -> None:
    ingest = Ingest(journal, LATER)
    for second, price in ((0, "300"), (4, "310"), (8, "320")):
        seen = PriceSeen(symbol="BNB/USDT", price=Decimal(price), at_ns=START + second * SECOND, venue="x")
        hub = PriceSeen(symbol="USDT/USD", price=Decimal("0.5"), at_ns=START + second * SECOND, venue="x")
        ingest.write([Delivery(account="a", prices=(seen, hub))])
        ingest.write([Delivery(account="a", events=(fill(second + 1, fees=(("BNB", "0.1"),)),))])
    quotes = [(quote.time_ns, quote.price, quote.currency, quote.source) for quote in reader.quotes("BNB")]
    assert quotes == [
        (START + (second + 1) * SECOND, Decimal(price), "USD", "sampled")
        for second, price in ((0, "150"), (4, "155"), (8, "160"))
    ]
    assert not restated(reader)
    (line,) = (row for row in folded(journal).state.totals() if row.symbol == "BTC/USD")
    assert (line.fees_paid, line.unpriced_fees) == (Decimal("46.5"), 0)
    assert check(reader, "a", StoredReferences(reader)).changed == []


def test_what_was_sampled_too_long_ago_values_nothing(journal: Journal, reader: JournalReader) -> None:
    ingest = Ingest(journal, LATER)
    old = PriceSeen(symbol="BNB/USD", price=Decimal(300), at_ns=START - 2 * MINUTE, venue="x")
    ingest.write([Delivery(account="a", prices=(old,))])
    ingest.write([Delivery(account="a", events=(fill(1, fees=(("BNB", "0.1"),)),))])
    assert reader.quotes() == []
    assert folded(journal).state.totals()[0].unpriced_fees == 1


def test_terms_of_a_market_that_arrive_late_refold_what_was_traded_there(
    journal: Journal, reader: JournalReader
) -> None:
    ingest = Ingest(journal, LATER)
    facts = tuple(
        fill(n, side=side, price=price, symbol="BTC/USD:BTC", fees=(), quantity="1")
        for n, side, price in ((1, "buy", "100"), (2, "sell", "200"))
    )
    ingest.write([Delivery(account="a", events=facts)])
    follower = Follower(reader)
    follower.views(["a"])
    market = Instrument(
        symbol="BTC/USD:BTC", base="BTC", quote="USD", settle="BTC", inverse=True, contract_size=Decimal(10)
    )
    ingest.write([Delivery(account="b", instruments=(market,))])
    assert check(reader, "a", StoredReferences(reader)).changed == []
    assert follower.views(["a"])[0].state.totals() == folded(journal).state.totals()


def test_new_rules_restate_what_they_change_and_are_noted(
    journal: Journal, reader: JournalReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought_and_sold(Ingest(journal, LATER))
    with journal.transaction() as tx:  # what another version of the rules might have kept
        ((_, row), *_) = tx.kept("a", "average")
        closing = folding.read_closing(row)
        kept = folding.kept_rows([_with_cost(closing, "90")])
        tx.put_kept("a", "average", kept)
    for module in (folding, refolding, ingest):
        monkeypatch.setattr(module, "RULES", 99)
    Ingest(journal, LATER).write([Delivery(account="a", events=(fill(9),))])
    (notice,) = restated(reader)
    assert "BTC/USD: realised 60 became 50 USD in 1 closing(s)" in notice.text
    assert "accounting rules 99 in place of" in notice.text
    assert reader.marks("a")[RULES_MARK] == "99"


def _with_cost(closing: Closing, cost: str) -> Closing:
    return replace(closing, cost=Decimal(cost))


def test_a_rebuild_that_finds_a_difference_says_it_and_repairs_it(journal: Journal, reader: JournalReader) -> None:
    ingest = Ingest(journal, LATER)
    bought_and_sold(ingest)
    refs = StoredReferences(reader)
    assert check(reader, "a", refs).changed == []
    with journal.transaction() as tx:
        (_, first), (_, second) = tx.kept("a", "average")
        tx.put_kept("a", "average", folding.kept_rows([_with_cost(folding.read_closing(first), "90")]))
        tx.drop_kept("a", "average", second.key)
    changed = check(reader, "a", refs).changed
    assert [(one.what, one.old, one.new) for one in changed] == [
        ("BTC/USD realised by average in 1 closing(s), USD", "60", "50"),
        ("facts with closings by average that were not kept", "0", "1"),
    ]
    ingest.repair(["a"])
    assert check(reader, "a", refs).changed == []
    assert "a rebuild from the facts" in restated(reader)[0].text


def test_many_prices_at_once_refold_from_the_first_fee_that_one_of_them_values(
    journal: Journal, reader: JournalReader
) -> None:
    ingest = Ingest(journal, LATER)
    facts = tuple(fill(n * 60, fees=(("BNB", "0.01"),), side="sell" if n % 2 else "buy") for n in range(1, 200))
    ingest.write([Delivery(account="a", events=facts)])
    quotes = tuple(bnb(START + n * MINUTE, str(300 + n)) for n in range(100, 170))
    ingest.write([Delivery(account="a", origin="import", quotes=quotes)])
    assert check(reader, "a", StoredReferences(reader)).changed == []
    refolded = reader.marks("a")
    ingest.write([Delivery(account="a", origin="import", quotes=quotes)])
    assert reader.marks("a") == refolded, "the same prices again change nothing"


def test_restatements_are_kept_when_notices_are_forgotten(journal: Journal, reader: JournalReader) -> None:
    ingest = Ingest(journal, LATER)
    bought_and_sold(ingest)
    for n, price in ((1, "200"), (0, "300")):
        ingest.write([Delivery(account="a", events=(fill(n, price=price, quantity="2", fees=()),))])
    said = restatements(reader, 10)
    assert said == restated(reader)
    assert len(said) == 2
    assert restatements(reader, 1) == said[:1]


def test_nothing_is_restated_before_anything_is_claimed_to_be_known(journal: Journal, reader: JournalReader) -> None:
    ingest = Ingest(journal, LATER)
    first = (fill(2, fees=(), account="new"), fill(3, side="sell", price="150", fees=(), account="new"))
    ingest.write([Delivery(account="new", events=first)])
    older = fill(1, price="200", fees=(), account="new")
    ingest.write([Delivery(account="new", events=(older,))])
    assert restated(reader) == [], "a page further back of what is read for the first time"
    oldest = fill(0, price="400", fees=(), account="new")
    ingest.write([Delivery(account="new", origin="import", events=(oldest,))])
    assert len(restated(reader)) == 1, "what a person imports is told"


def test_what_changes_in_many_markets_is_one_notice_and_each_is_kept(journal: Journal, reader: JournalReader) -> None:
    ingest = Ingest(journal, LATER)
    for symbol in ("BTC/USD", "ETH/USD"):
        ingest.write([Delivery(account="a", events=(fill(2, symbol=symbol), fill(3, side="sell", symbol=symbol)))])
    late = tuple(fill(1, price="200", symbol=symbol) for symbol in ("BTC/USD", "ETH/USD"))
    ingest.write([Delivery(account="a", events=late)])
    (notice,) = restated(reader)
    assert notice.text.startswith("figures of 2 markets changed because of the late ")
    assert {one.text.split(":")[0] for one in restatements(reader, 9)} == {"BTC/USD", "ETH/USD"}
