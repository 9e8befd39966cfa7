"""What arrives at a real mail server and a real webhook on this machine, and what never leaves."""

from __future__ import annotations

import json
from decimal import Decimal

import msgspec
import pytest

from account_cli.errors import Unreachable
from account_cli.notify import open_channel
from account_cli.notify.addresses import is_refused
from account_cli.notify.webhook import beat
from account_cli.notify.words import line, payload, subject
from account_cli.ports import AlertRow
from tests.unit.notify.servers import serving

ALERT = AlertRow(
    at_ns=1_700_000_000_000_000_000,
    account="main",
    rule="HIGH_MARGIN_RATIO",
    key="",
    episode=1,
    what="fired",
    severity="critical",
    value=Decimal("0.85"),
    threshold=Decimal("0.8"),
    text="margin used is 0.85 of equity",
    notice=1,
    number=7,
)


async def test_a_webhook_gets_the_message_and_the_same_id_however_often_it_is_told() -> None:
    async with serving("http") as server:
        channel = open_channel(f"http://127.0.0.1:{server.port}/hook?x=1")
        await channel.tell(ALERT)
        await channel.tell(ALERT)
    (first, headers, body), second = server.heard
    assert first == "POST /hook?x=1 HTTP/1.1"
    assert headers["idempotency-key"] == second[1]["idempotency-key"] == "main/HIGH_MARGIN_RATIO//1"
    assert json.loads(body) == {
        "id": "main/HIGH_MARGIN_RATIO//1",
        "type": "HIGH_MARGIN_RATIO",
        "severity": "CRITICAL",
        "account": "main",
        "symbol": None,
        "message": "margin used is 0.85 of equity",
        "value": "0.85",
        "threshold": "0.8",
        "count": 1,
        "what": "fired",
        "timestamp": "2023-11-14T22:13:20Z",
    }


async def test_a_redirect_is_a_failure_and_is_not_followed() -> None:
    async with serving("http") as server:
        server.answer = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{server.port}/else\r\n\r\n".encode()
        with pytest.raises(Unreachable, match="answers 302"):
            await open_channel(f"http://127.0.0.1:{server.port}/hook").tell(ALERT)
    assert len(server.heard) == 1


async def test_addresses_of_clouds_and_dead_ports_are_not_told() -> None:
    with pytest.raises(Unreachable, match="not told to"):
        await open_channel("http://169.254.169.254/latest/meta-data").tell(ALERT)
    async with serving("http") as server:
        port = server.port
    with pytest.raises(Unreachable, match="cannot be told"):
        await open_channel(f"http://127.0.0.1:{port}/").tell(ALERT)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "100.100.100.200", "0.0.0.0"],
)
async def test_addresses_where_clouds_keep_credentials_are_refused_however_they_are_written(address: str) -> None:
    with pytest.raises(Unreachable, match="not told to"):
        await open_channel(f"http://{address}/").tell(ALERT)
    with pytest.raises(Unreachable, match="not told to"):
        await open_channel(f"ntfy://{address}/topic").tell(ALERT)


def test_who_wants_a_link_local_address_may_have_it() -> None:
    assert is_refused("169.254.1.1")
    assert not is_refused("169.254.1.1", allow_link_local=True)
    assert is_refused("224.0.0.1", allow_link_local=True)
    assert not is_refused("127.0.0.1")
    assert not is_refused("192.168.1.5")


def test_what_looks_like_a_template_is_told_as_it_is_written() -> None:
    odd = msgspec.structs.replace(ALERT, text="{alert.text} {0} %s ${HOME} {{7*7}}", key="{0.__class__}")
    assert "{alert.text} {0} %s ${HOME} {{7∗7}}" in line(odd)
    assert "{0.__class__}" in subject(odd)


async def test_a_mail_arrives_with_a_subject_that_holds_no_amount() -> None:
    async with serving("smtp") as server:
        await open_channel(f"smtp://127.0.0.1:{server.port}/?from=acct@example.org&to=me@example.org").tell(ALERT)
    (mail,) = server.mails
    assert (mail["Subject"], mail["To"]) == ("acct CRITICAL HIGH_MARGIN_RATIO main", "me@example.org")
    assert mail["X-Acct-Alert"] == "main/HIGH_MARGIN_RATIO//1"
    assert "margin used is 0.85 of equity (limit 0.8)" in str(mail.get_payload())


async def test_a_mail_that_is_refused_says_so_without_the_password() -> None:
    async with serving("smtp") as server:
        server.refuses = True
        with pytest.raises(Unreachable) as refused:
            await open_channel(f"smtp://127.0.0.1:{server.port}/?to=me@example.org").tell(ALERT)
    assert "cannot be sent" in refused.value.message


async def test_a_heartbeat_is_a_get() -> None:
    async with serving("http") as server:
        await beat(f"http://127.0.0.1:{server.port}/alive")
    assert server.heard[0][0] == "GET /alive HTTP/1.1"


def test_amounts_are_hidden_on_request() -> None:
    said = line(ALERT, hide_amounts=True) + json.dumps(payload(ALERT, hide_amounts=True)) + subject(ALERT)
    assert "0.8" not in said
    assert "HIGH_MARGIN_RATIO main" in said


def test_a_name_from_an_exchange_is_no_markup_no_mention_and_no_header() -> None:
    evil = msgspec.structs.replace(ALERT, text="<!channel> @everyone <b>", key="X\r\nBcc: all@example.org", account="a")
    said = line(evil)
    assert "<" not in said
    assert "@everyone" not in said
    assert "\n" not in subject(evil)
    assert "\r" not in subject(evil)


async def test_a_place_that_apprise_knows_says_what_is_missing_or_is_told() -> None:
    channel = open_channel("json://127.0.0.1:1/")
    with pytest.raises(Unreachable, match=r"pip install apprise|did not take it"):
        await channel.tell(ALERT)
