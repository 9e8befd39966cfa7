"""The files of exchanges, row by row: what each tells, and where it says that something is wrong."""

from __future__ import annotations

from decimal import Decimal

import pytest

from account_cli.domain.events import (
    Adjustment,
    Amount,
    Converted,
    Event,
    Fill,
    FundingPaid,
    RewardReceived,
    Settled,
    TransferArrived,
)
from account_cli.domain.health import Coverage
from account_cli.domain.times import DAY, SECOND, parse_time
from account_cli.errors import InputError
from account_cli.exchanges.exported.cells import rows_of
from account_cli.exchanges.exported.reading import KINDS, kind_of, read, uncovered
from account_cli.exchanges.exported.told import Told

LEDGERS = '"txid","refid","time","type","subtype","aclass","subclass","asset","wallet","amount","fee","balance"'
TRADES = '"txid","ordertxid","pair","time","type","ordertype","price","cost","fee","vol","margin","misc","ledgers"'
BINANCE = "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark"
WALLET = '"transactTime","transactType","amount","fee","address","transactStatus","walletBalance"'
EXECUTIONS = (
    '"transactTime","symbol","execType","side","lastQty","lastPx","execCost","commission","execComm","ordType",'
    '"orderQty","leavesQty","price","text","orderID"'
)


def told(*files: tuple[str, ...], known: tuple[int, ...] = ()) -> Told:
    rows = {}
    venue = None
    for header, *lines in files:
        kind = kind_of(header)
        assert kind is not None
        venue = kind.venue
        rows[kind.name] = list(rows_of(f"{kind.name}.csv", [f"{line}\n" for line in (header, *lines)]))
    assert venue is not None
    return read(venue, "a", rows, {}, list(known))


def events(of: Told) -> list[Event]:
    return [fact.event for fact in of.facts]


def test_a_file_is_known_by_its_header_whatever_stands_beside_it() -> None:
    names = [kind_of(header) for header in (TRADES, LEDGERS, BINANCE, EXECUTIONS, WALLET)]
    assert names == list(KINDS)
    assert kind_of("account,id,time,symbol,side,price,quantity") is None
    assert kind_of(LEDGERS.replace('"subclass",', "").replace('"wallet",', "")) is KINDS[1], "as it was years ago"


def test_krakens_ledger_and_trades_make_a_fill_with_the_fee_that_was_booked() -> None:
    found = told(
        (
            LEDGERS,
            '"L1","T1","2024-03-10 12:00:00","trade","","currency","crypto","XXBT","spot / main",0.1,0.0001,0.0999',
            '"L2","T1","2024-03-10 12:00:00","trade","tradespot","currency","fiat","ZUSD","spot / main",-6500,0,10',
            '"","D1","2024-03-09 12:00:00","deposit","","currency","fiat","ZUSD","spot / main",6510,0,""',
            '"L0","D1","2024-03-09 12:01:00","deposit","","currency","fiat","ZUSD","spot / main",6510,0,6510',
            '"L3","S1","2024-03-11 00:00:00","earn","reward","currency","crypto","DOT","earn / flexible",0.5,0,0.5',
        ),
        (TRADES, '"T1","O1","XXBTZUSD","2024-03-10 12:00:00.1234","buy","limit",65000,6500,16.9,0.1,0,"",""'),
    )
    assert events(found) == [
        TransferArrived(account="a", id="L0", time_ns=parse_time("2024-03-09T12:01:00Z"), asset="USD",
                        amount=Decimal(6510), type="deposit"),
        RewardReceived(account="a", id="L3", time_ns=parse_time("2024-03-11T00:00:00Z"), wallet="earn", asset="DOT",
                       amount=Decimal("0.5"), type="staking"),
        Fill(account="a", id="T1", order_id="O1", time_ns=parse_time("2024-03-10T12:00:00.1234Z"), symbol="BTC/USD",
             side="buy", price=Decimal(65000), quantity=Decimal("0.1"), fees=(Amount("BTC", Decimal("0.0001")),)),
    ]  # fmt: skip
    assert [fact.within_ns for fact in found.facts] == [SECOND, SECOND, SECOND // 10_000]
    assert sum(found.passed_over.values()) == 1


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        ('"L1","D","2024-13-10 12:00:00","deposit","","currency","","XXBT","",1,0,1', "time", "a time in UTC"),
        ('"L1","D","2024-03-10 12:00:00","deposit","","currency","","XXBT","",one,0,1', "amount", "a number like"),
        ('"L1","","2024-03-10 12:00:00","trade","","currency","","XXBT","",1,0,1', "refid", "cannot be read"),
    ],
)
def test_a_bad_cell_is_named_with_file_line_and_column(line: str, column: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected) as wrong:
        told((LEDGERS, line))
    assert str(wrong.value).startswith(f"ledgers.csv:2 field '{column}': ")


def test_a_market_that_nobody_knows_is_refused_with_what_to_do() -> None:
    trade = '"T1","O1","NEWUSD","2024-03-10 12:00:00.1234","buy","limit",2,2,0,1,0,"",""'
    with pytest.raises(InputError, match=r"import ledgers\.csv together"):
        told((TRADES, trade))


def test_what_binance_exchanged_in_one_second_is_one_conversion() -> None:
    found = told(
        (
            BINANCE,
            "1,24-03-10 12:00:00,Spot,Buy,BTC,0.1,",
            "1,24-03-10 12:00:00,Spot,Transaction Related,USDT,-3000,",
            "1,24-03-10 12:00:00,Spot,Buy,BTC,0.2,",
            "1,24-03-10 12:00:00,Spot,Transaction Related,USDT,-6000.5,",
            "1,24-03-10 12:00:00,Spot,Fee,BNB,-0.01,",
            "1,24-03-10 12:00:01,Spot,Small Assets Exchange BNB,AAA,-1,",
            "1,24-03-10 12:00:01,Spot,Small Assets Exchange BNB,BBB,-2,",
            "1,24-03-10 12:00:01,Spot,Small Assets Exchange BNB,BNB,0.01,",
            "1,24-03-10 12:00:02,USD-M Futures,Funding Fee,USDT,-0.5,",
            "1,24-03-10 12:00:02,USD-M Futures,Fee,USDT,-0.25,",
            "1,24-03-10 12:00:02,USD-M Futures,Fee,USDT,-0.25,",
            "1,24-03-10 12:00:03,Spot,Something New,XYZ,5,",
        )
    )
    (conversion,) = [event for event in events(found) if isinstance(event, Converted)]
    assert (conversion.from_, conversion.to) == (Amount("USDT", Decimal("9000.5")), Amount("BTC", Decimal("0.3")))
    assert conversion.fees == (Amount("BNB", Decimal("0.01")),)
    assert [(e.raw_type, e.asset) for e in events(found) if isinstance(e, Adjustment)] == [
        ("binance/Something New", "XYZ"),
        *(("binance/Small Assets Exchange BNB", asset) for asset in ("AAA", "BBB", "BNB")),
    ]  # fmt: skip
    assert len({fact.event.id for fact in found.facts}) == len(found.facts), "two rows alike are two facts"
    assert not any(fact.own_id for fact in found.facts)


def test_rows_without_ids_fill_only_what_is_not_covered() -> None:
    found = told(
        (
            BINANCE,
            "1,2024-03-10 12:00:00,Spot,Deposit,USDT,1,",
            "1,2024-03-12 12:00:00,Spot,Deposit,USDT,2,",
            "1,2024-03-12 13:00:00,Spot,Buy,BTC,1,",
            "1,2024-03-12 13:00:00,Spot,Buy,USDT,-1,",
        )
    )
    since = parse_time("2024-03-12T00:00:00Z")
    whole = [
        Coverage(kind="transfers", scope=scope, since_ns=since, until_ns=since + DAY) for scope in ("deposits", "dust")
    ]
    assert [fact.line for fact in uncovered(found.facts, [])[0]] == [2, 3, 4]
    left, out = uncovered(found.facts, whole)
    assert ([fact.line for fact in left], out) == ([2, 4], 1)
    partly = [whole[0], Coverage(kind="transfers", scope="dust", since_ns=since + DAY, until_ns=since + 2 * DAY)]
    assert uncovered(found.facts, partly)[1] == 0, "one history is not known there"
    market = Coverage(kind="fills", scope="BTC/USDT", since_ns=0, until_ns=since, asked_ns=since + DAY)
    assert [fact.line for fact in uncovered(found.facts, [*whole, market])[0]] == [2]


def test_rows_of_a_wallet_that_the_api_does_not_tell_are_refused_beside_what_it_told() -> None:
    found = told((BINANCE, "1,2024-03-10 12:00:00,USD-M Futures,Funding Fee,USDT,1,"))
    assert len(uncovered(found.facts, [])[0]) == 1
    with pytest.raises(InputError, match="wallet futures, of which this account's API tells nothing"):
        uncovered(found.facts, [Coverage(kind="transfers", since_ns=0, from_start=True)])


def test_bitmexs_trades_say_what_its_wallet_sums_up() -> None:
    trades = (
        EXECUTIONS,
        '"2020/05/01 10:00:00","XBTUSD","Trade","Buy","100","8000","-1250000","0","937","Limit","1","","8","","O1"',
        '"2020/05/01 12:00:00","XBTUSD","Funding","","100","8000","-1250000","0.0001","-125","Limit","1","0","","",""',
        '"2020/05/01 13:00:00","ETHUSD","Trade","Buy","1","200","1","0","1","Limit","1","0","200","","O2"',
        '"2020/05/01 14:00:00","XBTUSD","New","Buy","0","0","0","0","0","Limit","1","0","200","","O3"',
    )
    wallet = (
        WALLET,
        '"2020-04-30T10:00:00.000Z","Deposit","100000000","0","addr","Completed","100000000"',
        '"2020-05-01T12:00:00.000Z","RealisedPNL","-812","0","","Completed","99999188"',
        '"2020-05-03T12:00:00.000Z","RealisedPNL","500","0","","Completed","99999688"',
        '"2020-05-04T10:00:00.000Z","Withdrawal","-50000000","30000","addr","Canceled","99999688"',
        '"2020-05-05T10:00:00.000Z","Withdrawal","-50000000","30000","addr","Completed","49969688"',
    )
    found = told(trades, wallet)
    fill, funding, deposit, later, withdrawal = events(found)
    assert isinstance(fill, Fill)
    assert (fill.symbol, fill.contracts, fill.settle) == ("BTC/USD:BTC", Decimal(100), "BTC")
    assert fill.inverse
    assert fill.fees == (Amount("BTC", Decimal("0.00000937")),)
    assert isinstance(funding, FundingPaid)
    assert funding.amount == Decimal("0.00000125"), "a negative commission is received"
    assert isinstance(deposit, TransferArrived)
    assert deposit.amount == 1
    assert isinstance(later, Settled)
    assert later.amount == Decimal("0.000005")
    assert isinstance(withdrawal, TransferArrived)
    assert (withdrawal.amount, withdrawal.fee) == (Decimal("-0.5"), Amount("BTC", Decimal("0.0003")))
    assert sum(found.passed_over.values()) == 4
    alone = events(told(wallet))
    assert [type(event) for event in alone] == [TransferArrived, Settled, Settled, TransferArrived]


def test_a_local_time_of_bitmexs_site_is_refused() -> None:
    with pytest.raises(InputError, match="a time in UTC like"):
        told((WALLET, '"5/1/2020, 12:00:00 PM","Deposit","1","0","","Completed","1"'))
