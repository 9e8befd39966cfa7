"""Which fields each kind of line has, read off the domain's own structs, so that file and domain cannot part.

``build`` makes a fact of raw fields, strictly; ``flatten`` is its inverse: canonical order, plain digits, RFC 3339,
nothing written that is unknown or goes without saying.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

from account_cli.domain.events import Amount, Converted, Event, Fill, Opening, PriceQuoted
from account_cli.domain.instruments import Instrument
from account_cli.domain.money import plain
from account_cli.domain.times import format_time
from account_cli.interchange import values
from account_cli.interchange.values import Parse, Refused

Record = Event | Instrument | PriceQuoted

ORDER = (
    *("account", "wallet", "id", "order_id", "time", "seq", "symbol", "base", "quote", "side", "asset", "price"),
    *("quantity", "amount", "lot", "target", "cost", "cost_asset", "currency", "source", "from", "to", "fees"),
    *("fee", "liquidity", "position_side", "margin", "leverage", "type", "tx", "to_account", "to_wallet"),
    *("contracts", "settle", "inverse", "contract_size", "price_tick", "quantity_step", "reason", "raw_type"),
)
"""The order of fields in a written line, after ``kind`` (docs/formats.md shows it)."""

_MAY_BE_EMPTY = frozenset({"order_id", "reason", "tx", "raw_type", "to_account", "to_wallet"})
_SAID_ANYWAY = {(Converted, "fees")}


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of one kind: its key in a file, its attribute in the domain, and how it is read."""

    key: str
    attribute: str
    parse: Parse
    required: bool
    nullable: bool
    default: Any = None


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of line."""

    name: str
    type: type[Record]
    fields: tuple[Field, ...]

    def field(self, key: str) -> Field | None:
        """Return the field that a file calls ``key``."""
        return next((field for field in self.fields if field.key == key), None)


def build(raw: Mapping[str, Any], kind: Kind) -> Record:
    """Make the fact that ``raw`` tells, without its ``kind``; raises ``Refused`` naming the field that is wrong."""
    known = _BY_KEY[kind.name]
    told: dict[str, Any] = {}
    for key, value in raw.items():
        field = known.get(key)
        if field is None:
            raise Refused(key, f"is unknown in a {kind.name}")
        if value is None:
            if not field.nullable:
                raise Refused(key, "may not be null")
        else:
            told[field.attribute] = field.parse(value, key)
    for field in kind.fields:
        if field.required and field.attribute not in told:
            raise Refused(field.key, "is missing")
    record = kind.type(**told)
    _check(record)
    return record


def flatten(record: Record) -> dict[str, Any]:
    """Return what a line says of ``record``: ``kind``, then its fields in order; amounts and times are texts."""
    kind = BY_TYPE[type(record)]
    told: dict[str, Any] = {"kind": kind.name}
    for field in kind.fields:
        value = getattr(record, field.attribute)
        if value is None or (not field.required and value == field.default and not _said(record, field.key)):
            continue
        told[field.key] = format_time(value) if field.key == "time" else _plain(value)
    return told


def _said(record: Record, key: str) -> bool:
    if isinstance(record, Instrument):
        return record.is_contract and key == "contract_size"
    return (type(record), key) in _SAID_ANYWAY


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return plain(value)
        case Amount():
            return {"asset": value.asset, "amount": plain(value.amount)}
        case tuple():
            return [_plain(item) for item in value]
    return value


# ---- what no exchange can have told -------------------------------------------------------------------------------


def _check(record: Record) -> None:
    match record:
        case Fill():
            _check_fill(record)
        case Converted():
            _positive(record.from_.amount, "from.amount")
            _positive(record.to.amount, "to.amount")
        case Opening() if record.cost is not None and record.cost_asset is None:
            raise Refused("cost_asset", "is missing beside a cost")
        case PriceQuoted() if record.price < 0:
            raise Refused("price", "may not be negative")
        case Instrument():
            _positive(record.contract_size, "contract_size")


def _check_fill(fill: Fill) -> None:
    _positive(fill.price, "price")
    for key in ("quantity", "contracts", "contract_size", "leverage"):
        value = getattr(fill, key)
        if value is not None:
            _positive(value, key)
    if fill.inverse and fill.contracts is None:
        raise Refused("contracts", "is missing: it is what counts in an inverse contract")
    if fill.quantity is None and not fill.inverse:
        raise Refused("quantity", "is missing")


def _positive(value: Decimal, field: str) -> None:
    if value <= 0:
        raise Refused(field, f"must be greater than zero, not {plain(value)}")


# ---- the table ----------------------------------------------------------------------------------------------------


def _fields(type_: type[Record]) -> tuple[Field, ...]:
    found = [_field(info) for info in msgspec.structs.fields(type_)]
    return tuple(sorted(found, key=lambda field: ORDER.index(field.key)))


def _field(info: msgspec.structs.FieldInfo) -> Field:
    key = "time" if info.name == "time_ns" else info.encode_name
    options = get_args(info.type) if get_origin(info.type) in {Union, types.UnionType} else (info.type,)
    (told,) = (option for option in options if option is not type(None))
    return Field(
        key=key,
        attribute=info.name,
        parse=values.moment if key == "time" else _parse(told, key),
        required=info.required,
        nullable=type(None) in options,
        default=None if info.required else info.default,
    )


def _parse(told: Any, key: str) -> Parse:
    if get_origin(told) is Literal:
        return values.choice(get_args(told))
    if get_origin(told) is tuple:
        return values.amounts
    if told is str:
        return values.text if key in _MAY_BE_EMPTY else values.name
    simple: dict[Any, Parse] = {Decimal: values.number, int: values.count, bool: values.flag, Amount: values.amount}
    return simple[told]


def _kind(type_: type[Record]) -> Kind:
    tag = "instrument" if type_ is Instrument else type_.__struct_config__.tag
    assert isinstance(tag, str)
    return Kind(name=tag, type=type_, fields=_fields(type_))


BY_TYPE: Mapping[type, Kind] = {type_: _kind(type_) for type_ in (*get_args(Event), Instrument, PriceQuoted)}
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in BY_TYPE.values()}
_BY_KEY = {name: {field.key: field for field in kind.fields} for name, kind in KINDS.items()}
