"""What an exchange says of a key is read strictly: whatever is not known to read counts as writing."""

from __future__ import annotations

from typing import Any

import pytest

from account_cli.errors import BadAnswer
from account_cli.exchanges.permissions import binance_rights, kraken_rights

READS = ["query-funds", "query-open-trades", "query-closed-trades", "query-ledger", "create-ws-token", "export-data"]
FLAGS: dict[str, Any] = {
    "ipRestrict": False,
    "createTime": 1_698_645_219_000,
    "enableReading": True,
    "enableFixReadOnly": True,
    "enableSpotAndMarginTrading": False,
    "enableWithdrawals": False,
    "enableInternalTransfer": False,
    "enableMargin": False,
    "enableFutures": False,
    "permitsUniversalTransfer": False,
    "tradingAuthorityExpirationTime": 1_628_985_600_000,
}


def test_a_kraken_key_that_queries_is_read_only() -> None:
    assert kraken_rights({"permissions": READS}).standing == "read-only"


@pytest.mark.parametrize(
    ("right", "standing", "words"),
    [
        ("modify-trades", "can-trade", "Create & modify orders"),
        ("close-trades", "can-trade", "Cancel & close orders"),
        ("earn-funds", "can-trade", "Earn"),
        ("withdraw-funds", "can-withdraw", "Withdraw"),
        ("add-withdraw-address", "can-withdraw", "Add withdrawal addresses"),
        ("a-right-of-next-year", "can-trade", "a-right-of-next-year"),
    ],
)
def test_a_kraken_key_with_one_right_more_is_not(right: str, standing: str, words: str) -> None:
    rights = kraken_rights({"permissions": [*READS, right]})
    assert (rights.standing, rights.too_much) == (standing, (words,))


@pytest.mark.parametrize("result", [None, [], {}, {"permissions": None}, {"permissions": "query-funds"}])
def test_a_kraken_answer_without_permissions_verifies_nothing(result: object) -> None:
    with pytest.raises(BadAnswer):
        kraken_rights(result)


def test_a_binance_key_that_reads_is_read_only() -> None:
    assert binance_rights(FLAGS).standing == "read-only"


@pytest.mark.parametrize(
    ("flag", "standing"),
    [
        ("enableSpotAndMarginTrading", "can-trade"),
        ("enableFutures", "can-trade"),
        ("enableMargin", "can-trade"),
        ("enableSomethingNew", "can-trade"),
        ("enableWithdrawals", "can-withdraw"),
        ("enableInternalTransfer", "can-withdraw"),
        ("permitsUniversalTransfer", "can-withdraw"),
    ],
)
def test_a_binance_key_with_one_right_more_is_not(flag: str, standing: str) -> None:
    rights = binance_rights({**FLAGS, flag: True})
    assert rights.standing == standing
    assert len(rights.too_much) == 1


@pytest.mark.parametrize("flag", ["enableReading", "enableSpotAndMarginTrading", "enableWithdrawals", "enableFutures"])
def test_a_binance_answer_that_leaves_out_a_flag_verifies_nothing(flag: str) -> None:
    with pytest.raises(BadAnswer):
        binance_rights({name: value for name, value in FLAGS.items() if name != flag})


@pytest.mark.parametrize("answer", [None, [], {**FLAGS, "enableWithdrawals": "false"}, {**FLAGS, "enableMargin": None}])
def test_a_binance_answer_that_is_not_yes_or_no_verifies_nothing(answer: object) -> None:
    with pytest.raises(BadAnswer):
        binance_rights(answer)
