"""No secret leaves, known or not."""

from __future__ import annotations

import pytest

from account_cli.redaction import MASK, Redactor


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
    ],
)
def test_a_field_named_like_a_secret_is_masked_though_nobody_registered_it(text: str) -> None:
    cleaned = Redactor().clean(text)
    assert "abc123" not in cleaned
    assert MASK in cleaned


def test_a_known_secret_is_masked_wherever_it_stands_and_url_encoded_too() -> None:
    redactor = Redactor()
    redactor.learn("s3cr+t/value=", None, "")
    assert redactor.clean("before s3cr+t/value= after") == f"before {MASK} after"
    assert "s3cr" not in redactor.clean("q=s3cr%2Bt%2Fvalue%3D")


def test_the_longer_of_two_secrets_goes_first() -> None:
    redactor = Redactor()
    redactor.learn("secret-one", "secret-one-and-more")
    assert redactor.clean("secret-one-and-more") == MASK


def test_an_ordinary_frame_is_left_as_it_is() -> None:
    frame = '{"channel":"executions","data":[{"order_id":"O1","last_qty":0.01}]}'
    assert Redactor().clean(frame) == frame


def test_values_too_short_to_be_secrets_maim_nothing() -> None:
    redactor = Redactor()
    redactor.learn("abc")
    assert redactor.clean("abcdef") == "abcdef"
