"""Facts and states in and out of their stored form: JSON of the domain's own structs, decimals as strings of digits.

Nothing is rounded, stripped or rewritten on the way: ``1.50`` comes back as ``1.50``.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final

import msgspec

from account_cli.domain.events import Event
from account_cli.domain.health import Coverage, Notice, StreamRow
from account_cli.domain.instruments import Instrument
from account_cli.domain.observations import Balance, Order, Position, PriceSeen
from account_cli.ports.requests import Answer, Request
from account_cli.reconciliation import Run
from account_cli.reconciliation.proof import Checkpoint, Proof

_encoder = msgspec.json.Encoder()


def encode(value: msgspec.Struct) -> str:
    """Write a struct as JSON text."""
    return _encoder.encode(value).decode()


decode_event: Final = msgspec.json.Decoder(Event).decode
decode_order: Final = msgspec.json.Decoder(Order).decode
decode_balance: Final = msgspec.json.Decoder(Balance).decode
decode_position: Final = msgspec.json.Decoder(Position).decode
decode_price: Final = msgspec.json.Decoder(PriceSeen).decode
decode_stream: Final = msgspec.json.Decoder(StreamRow).decode
decode_coverage: Final = msgspec.json.Decoder(Coverage).decode
decode_notice: Final = msgspec.json.Decoder(Notice).decode
decode_run: Final = msgspec.json.Decoder(Run).decode
decode_checkpoint: Final = msgspec.json.Decoder(Checkpoint).decode
decode_proof: Final = msgspec.json.Decoder(Proof).decode
decode_request: Final = msgspec.json.Decoder(Request).decode
decode_answer: Final = msgspec.json.Decoder(Answer).decode
decode_instrument: Final = msgspec.json.Decoder(Instrument).decode


def storable(text: str) -> str:
    """Return ``text`` with what a database cannot hold escaped as in JSON: lone surrogates, and NUL on PostgreSQL."""
    text = text.replace("\0", "\\u0000") if "\0" in text else text
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def digits(value: Any) -> str:
    """Write a number, or the text of one, as every database gives it back: ``1.50``, ``1E-8``, and ``1E+3`` as 1000."""
    number = Decimal(value)
    return format(number, "f") if number.adjusted() >= 0 else str(number)


def names(values: Any) -> str:
    """Write strings or numbers as a JSON array, for ``json_each``: one prepared statement for any count of them."""
    return json.dumps(list(values))
