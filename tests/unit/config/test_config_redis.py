"""Redis stands beside a database, named in the file or by the environment, and is never a store of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from account_cli.config import load_config
from account_cli.errors import ConfigError


def config(folder: Path, text: str, *, mode: int = 0o600) -> Path:
    file = folder / "config.toml"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_there_is_none_unless_somebody_names_one(tmp_path: Path) -> None:
    assert load_config(None, {}, home=tmp_path).redis is None


def test_the_file_names_it_and_the_environment_counts_more(tmp_path: Path) -> None:
    file = config(tmp_path, '[storage]\nredis = "rediss://cache.example:6380/1"\nredis_prefix = "acct:"\n')
    found = load_config(file, {})
    assert (found.redis, found.redis_prefix) == ("rediss://cache.example:6380/1", "acct:")
    assert load_config(file, {"ACCT_STORAGE__REDIS": "redis://other"}).redis == "redis://other"
    assert load_config(None, {"ACCT_STORAGE__REDIS": "redis://other"}, home=tmp_path).redis == "redis://other"


def test_a_password_in_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    text = '[storage]\nredis = "redis://:hunter22@cache.example"\n'
    with pytest.raises(ConfigError, match="may be read by others") as caught:
        load_config(config(tmp_path, text, mode=0o644), {})
    assert "hunter22" not in str(caught.value)
    found = load_config(config(tmp_path, text), {})
    assert found.redis is not None
    assert "hunter22" not in repr(found)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('database = "redis://cache.example"', "Redis forgets: it goes beside a database, never in place of one"),
        ('redis = "postgresql://me@host/db"', "starts with redis:// or rediss://"),
        ('redis = "redis://:a#b@host"', "this URL cannot be read"),
        ('redis = "redis://host/cache"', "the number of its database"),
        ('redis_prefix = "a b"', "must be letters, digits"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(line: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(config(tmp_path, f"[storage]\n{line}\n"), {})


def test_the_environment_is_held_to_the_same(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ACCT_STORAGE__REDIS.*starts with redis://"):
        load_config(None, {"ACCT_STORAGE__REDIS": "http://host"}, home=tmp_path)
