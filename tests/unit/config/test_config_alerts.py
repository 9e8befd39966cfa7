"""What ``[alerts]`` may hold, and what is said of what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from account_cli.config import Config, load_config
from account_cli.config.alerts import ChannelConfig
from account_cli.errors import ConfigError
from tests.unit.reports.report_views import D

ACCOUNT = '[accounts.main]\nexchange = "kraken"\n'


def read(tmp_path: Path, text: str) -> Config:
    file = tmp_path / "config.toml"
    file.write_text(text + ACCOUNT)
    file.chmod(0o600)
    return load_config(file, {"HOME": str(tmp_path)}, home=tmp_path, venues=lambda: ("kraken", "binance"))


def test_without_a_section_the_defaults_speak_to_nobody(tmp_path: Path) -> None:
    said = read(tmp_path, "").alerts
    assert (said.channels, said.settings.repeat_ns, said.settings.rules) == ({}, 0, {})


def test_rules_thresholds_and_channels_are_read(tmp_path: Path) -> None:
    said = read(
        tmp_path,
        """
[alerts]
preset = "b25"
repeat = "off"
quiet = "22:00-07:00"
[alerts.channels]
hook = "https://example.org/hook"
mail = { url = "env:MAIL_URL", least = "warning" }
[alerts.rules]
HIGH_LEVERAGE = 3
[alerts.rules.LOW_BALANCE]
for = "30s"
assets = { BTC = "0.1" }
[alerts.rules.LOW_BALANCE.accounts.main]
threshold = "50"
""",
    ).alerts
    low = said.settings.rules["LOW_BALANCE"]
    assert low.threshold == 1000
    assert low.for_s == 30
    assert low.assets == {"BTC": D("0.1")}
    assert low.accounts["main"].threshold == 50
    assert said.settings.rules["HIGH_LEVERAGE"].threshold == 3
    assert said.settings.quiet == (22 * 3600, 7 * 3600)
    assert said.settings.written == {
        ("LOW_BALANCE", "", "BTC"): f"{tmp_path}/config.toml:13 [alerts.rules.LOW_BALANCE.assets.BTC]"
    }
    assert said.channels["mail"] == ChannelConfig(given="env:MAIL_URL", least="warning")
    assert "example" not in repr(said.channels)


@pytest.mark.parametrize(
    ("text", "key", "line", "said"),
    [
        ('[alerts.rules.LOW_BALANSE]\nthreshold = "1"\n', "alerts.rules.LOW_BALANSE", 1, "LOW_BALANCE"),
        ('[alerts.rules.LOW_BALANCE]\nthresold = "1"\n', "alerts.rules.LOW_BALANCE.thresold", 2, "threshold"),
        ('[alerts.rules.LOW_BALANCE]\nthreshold = "much"\n', "alerts.rules.LOW_BALANCE.threshold", 2, "number"),
        ("[alerts.rules.LOW_BALANCE]\nthreshold = 0.5\n", "alerts.rules.LOW_BALANCE.threshold", 2, "quotes"),
        (
            "[alerts.rules.LOW_BALANCE.accounts.mian]\nthreshold = 1\n",
            "alerts.rules.LOW_BALANCE.accounts.mian",
            1,
            "main",
        ),
        ("[alerts.rules.HIGH_LEVERAGE]\nassets = { BTC = 1 }\n", "alerts.rules.HIGH_LEVERAGE.assets", 2, "assets"),
        ('[alerts.rules.LOW_BALANCE]\nassets = { "B T" = 1 }\n', "alerts.rules.LOW_BALANCE.assets.B T", 2, "asset"),
        ('[alerts.channels]\nx = "slak://token"\n', "alerts.channels.x", 2, "slack"),
        ('[alerts.channels]\nx = "file:///etc/passwd"\n', "alerts.channels.x", 2, "kind of channel"),
        ('[alerts.channels]\nx = "gopher://host/"\n', "alerts.channels.x", 2, "kind of channel"),
        ('[alerts.channels]\nx = "json://host/"\n', "alerts.channels.x", 2, "kind of channel"),
        ('[alerts.channels]\nx = "https://"\n', "alerts.channels.x", 2, "host"),
        ('[alerts.channels]\nx = "smtp://localhost"\n', "alerts.channels.x", 2, "?to="),
        ('[alerts.rules]\nLOW_BALANCE = "much"\n', "alerts.rules.LOW_BALANCE", 2, "number"),
        ("[alerts.rules.LOW_BALANCE]\naccounts = 5\n", "alerts.rules.LOW_BALANCE.accounts", 2, "table"),
        (
            "[alerts.rules.LOW_BALANCE.accounts]\nmain = 5\n",
            "alerts.rules.LOW_BALANCE.accounts.main",
            2,
            "must be a table",
        ),
        ('[alerts.channels]\nx = { least = "info" }\n', "alerts.channels.x", 2, "name a url"),
        ('[alerts.channels]\n"x y" = "bell://"\n', "alerts.channels.x y", 2, "letters"),
    ],
)
def test_what_is_wrong_with_a_rule_or_channel_is_left_out_with_its_line_its_key_and_the_nearest_name(
    tmp_path: Path, text: str, key: str, line: int, said: str
) -> None:
    (refused,) = read(tmp_path, text).alerts.refused
    assert (refused.key, refused.line) == (key, line)
    assert str(tmp_path) in refused.message
    assert said in f"{refused.message} {refused.hint}"


def test_the_rest_goes_on_beside_what_is_left_out(tmp_path: Path) -> None:
    said = read(
        tmp_path,
        """
[alerts.channels]
hook = { url = "https://example.org/hook", least = "loud" }
typo = "htps://example.org/hook"
[alerts.rules]
HIGH_LEVRAGE = 3
HIGH_MARGIN_RATIO = "0.5"
[alerts.rules.LOW_BALANCE]
threshold = "much"
critical = 5
assets = { BTC = "0.1", ETH = "a lot" }
[alerts.rules.LOW_BALANCE.accounts.mian]
threshold = 1
[alerts.rules.LOW_BALANCE.accounts.main]
threshold = 2
severity = "grave"
""",
    ).alerts
    low = said.settings.rules["LOW_BALANCE"]
    assert (low.threshold, low.critical, low.assets) == (None, D(5), {"BTC": D("0.1")})
    assert (low.accounts["main"].threshold, low.accounts["main"].severity) == (D(2), None)
    assert said.settings.rules["HIGH_MARGIN_RATIO"].threshold == D("0.5")
    assert said.channels == {"hook": ChannelConfig(given="https://example.org/hook", least="info")}
    assert [one.line for one in said.refused] == [6, 9, 11, 12, 16, 3, 4]


def test_what_is_wrong_in_a_profile_that_is_not_in_use_is_told_once_and_refuses_nothing(tmp_path: Path) -> None:
    text = '[alerts.rules]\nLOW_BALANSE = 3\n[profiles.b.alerts.channels]\nx = "slak://token"\n'
    said = read(tmp_path, text).alerts
    assert sorted(str(one.key) for one in said.refused) == ["alerts.rules.LOW_BALANSE", "profiles.b.alerts.channels.x"]


@pytest.mark.parametrize(
    ("text", "key", "line", "said"),
    [
        ("[alerts]\nrules = 5\n", "alerts.rules", 2, "table"),
        ('[alerts]\nquiet = "late"\n', "alerts.quiet", 2, "22:00"),
        ('[alerts]\nheartbeat_url = "slack://x"\n', "alerts.heartbeat_url", 2, "https"),
        ('[alerts]\npreset = "b52"\n', "alerts.preset", 2, "b25"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line_its_key_and_the_nearest_name(
    tmp_path: Path, text: str, key: str, line: int, said: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text)
    assert (refused.value.key, refused.value.line) == (key, line)
    assert said in f"{refused.value.message} {refused.value.hint}"


def test_a_secret_is_found_where_it_is_said_to_be(tmp_path: Path) -> None:
    named = ChannelConfig(given="env:HOOK")
    assert named.url("hook", {"HOOK": "https://example.org/x"}) == "https://example.org/x"
    with pytest.raises(ConfigError, match="HOOK is not set"):
        named.url("hook", {})
    with pytest.raises(ConfigError, match="not a URL") as refused:
        named.url("hook", {"HOOK": "hunter2"})
    assert "hunter2" not in str(refused.value)
    (tmp_path / "hook").write_text("https://example.org/y\n")
    (tmp_path / "hook").chmod(0o600)
    assert ChannelConfig(given=f"file:{tmp_path}/hook").url("hook") == "https://example.org/y"
