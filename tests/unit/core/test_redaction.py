"""No secret leaves, known or not."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from account_cli.redaction import MASK, Redactor, mark_of


@pytest.mark.parametrize(
    "text",
    [
        '{"token":"abc123"}',
        "https://host/path?timestamp=1&signature=abc123",
        "API-Key: abc123",
        "X-MBX-APIKEY=abc123",
        "{'secret': 'abc123'}",
        '{"listenKey": "abc123"}',
        "passphrase=abc123&x=1",
        "Authorization: abc123",
        "Authorization: Bearer abc123",
        "{'Authorization': 'Basic abc123'}",
        "OK-ACCESS-KEY: abc123",
        "OK-ACCESS-PASSPHRASE=abc123",
        "X-BAPI-SIGN: abc123",
        '{\\"token\\":\\"abc123\\"}',
        "https://someone:abc123@host/path",
        "https://api.telegram.org/bot123456789:abc123abc123abc123abc123abc123/sendMessage",
    ],
)
def test_a_field_named_like_a_secret_is_masked_though_nobody_registered_it(text: str) -> None:
    cleaned = Redactor().clean(text)
    assert "abc123" not in cleaned
    assert "[redacted" in cleaned


def test_a_known_secret_is_masked_wherever_it_stands_and_url_encoded_too() -> None:
    redactor = Redactor()
    redactor.learn("s3cr+t/value=", None, "")
    assert redactor.clean("before s3cr+t/value= after") == f"before {MASK} after"
    assert "s3cr" not in redactor.clean("q=s3cr%2Bt%2Fvalue%3D")


def test_the_longer_of_two_secrets_goes_first() -> None:
    redactor = Redactor()
    redactor.learn("secret-one", "secret-one-and-more")
    assert redactor.clean("secret-one-and-more") == MASK


_LETTERS = st.characters(codec="ascii", exclude_categories=["Cc"])


@given(
    known=st.lists(st.text(_LETTERS, min_size=6, max_size=70), min_size=1, max_size=12),
    before=st.text(_LETTERS, max_size=40),
    after=st.text(_LETTERS, max_size=40),
    others=st.sampled_from([0, 100]),
)
def test_a_secret_of_any_length_is_found_at_any_place_among_few_others_and_many(
    known: list[str], before: str, after: str, others: int
) -> None:
    redactor = Redactor()
    redactor.learn(*known, *(f"another's secret, the {number}th" for number in range(others)))
    for secret in known:
        assert secret not in redactor.clean(f"{before}{secret}{after}").replace(MASK, "\0")


def test_an_ordinary_frame_is_left_as_it_is() -> None:
    frame = '{"channel":"executions","data":[{"order_id":"O1","last_qty":0.01}]}'
    assert Redactor().clean(frame) == frame


def test_values_too_short_to_be_secrets_maim_nothing() -> None:
    redactor = Redactor()
    redactor.learn("abc")
    assert redactor.clean("abcdef") == "abcdef"


SECRET = "cAn4ry/s3cret+with=all&kinds of~signs\\"


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower(),
        quote_plus(SECRET),
        json.dumps(SECRET),
        repr(SECRET),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
    ],
)
def test_a_known_secret_is_masked_in_every_form_in_which_it_may_be_written(written: str) -> None:
    redactor = Redactor()
    text = f"before {written} after"
    assert redactor.clean(text) == text, "nobody knows it yet"
    redactor.learn(SECRET)
    assert "an4ry" not in redactor.clean(text)
    assert written.strip("'\"") not in redactor.clean(text)


def test_a_token_leaves_a_mark_that_is_the_same_for_the_same_token() -> None:
    redactor = Redactor()
    redactor.learn_token("token-of-monday")
    redactor.learn_token("token-of-tuesday")
    first, second = redactor.clean("a token-of-monday b"), redactor.clean("a token-of-tuesday b")
    assert first == redactor.clean("a token-of-monday b") != second
    assert redactor.clean('{"token":"token-of-monday"}') == f'{{"token":"{mark_of("token-of-monday")}"}}'
    assert redactor.clean('{"token":"unknown-one"}') == f'{{"token":"{mark_of("unknown-one")}"}}'


def test_ten_thousand_tokens_take_no_more_room_than_a_few() -> None:
    redactor = Redactor()
    for number in range(10_000):
        redactor.learn_token(f"token-number-{number}")
    assert len(vars(redactor)["_tokens"]) < 100
    assert "token-number-9999" not in redactor.clean("x token-number-9999 x")
