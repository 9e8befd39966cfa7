"""A file is whole or it is the old one; what continues it must find it as it was."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest

from account_cli.errors import InputError
from account_cli.interchange.whole import Sink, Through, copied, read_meta, whole_file, write_rows


def test_an_error_on_the_way_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text("old")
    with pytest.raises(RuntimeError):
        _write_half(file)
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["f.csv"]
    with whole_file(file) as out:
        out.write(b"new")
        assert file.read_text() == "old", "until all of it is there"
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new", 0o600)


def _write_half(file: Path) -> None:
    with whole_file(file) as out:
        out.write(b"half of the ne")
        raise RuntimeError


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a directory"), whole_file(tmp_path):
        pass
    with pytest.raises(InputError, match="cannot write"), whole_file(tmp_path / "nowhere" / "f"):
        pass


def test_a_device_a_pipe_or_a_link_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for place, why in ((pipe, "is a device or a pipe"), (link, "is a link")):
        with pytest.raises(InputError, match=why), whole_file(place) as out:
            out.write(b"x")
    assert pipe.is_fifo()
    assert link.is_symlink()


def test_rows_go_on_only_behind_rows_that_are_unchanged() -> None:
    sink = Sink(io.BytesIO())
    first = write_rows(iter(["a\n", "b\n"]), sink, None)
    assert first == Through(2, hashlib.sha256(b"a\nb\n").hexdigest())
    out = io.BytesIO()
    more = Sink(out)
    assert write_rows(iter(["a\n", "b\n", "c\n"]), more, first).rows == 3
    assert (out.getvalue(), more.rows) == (b"c\n", 1)
    for changed in (["a\n", "x\n", "c\n"], ["a\n"], ["b\n", "a\n"]):
        with pytest.raises(InputError, match="no longer what they were"):
            write_rows(iter(changed), Sink(io.BytesIO()), first)


def test_a_file_changed_by_hand_is_not_taken_for_ours(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"ours and more")
    with pytest.raises(InputError, match="was changed since it was exported"):
        copied(file, Sink(io.BytesIO()), hashlib.sha256(b"ours").hexdigest())
    (tmp_path / "f.meta.json").write_text("{")
    with pytest.raises(InputError, match="does not say what was exported"):
        read_meta(file)
