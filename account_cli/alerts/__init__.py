"""When to speak: rules over what is known of an account, and episodes that are told once. Pure.

``rules``      every rule there is, with what holds when nobody decides anything
``settings``   what a person decided: thresholds by rule, account and asset; the preset ``b25``
``reading``    what a rule is shown: a figure, or why it cannot be told
``readings``   what each rule looks at now
``named``      names of assets and symbols that nobody knows
``drawdown``   how far equity is below its highest
``facts``      what each new fact of the journal says to the rules
``judging``    a reading against its thresholds: a breach, none, or not to be judged
``episodes``   firing, acknowledged, resolved: what is told when

1. One episode is told once; ``repeat`` and a worse level tell again.
2. An episode that begins within ``suppress_ns`` of the last notice is counted, and told later with the count.
3. What cannot be judged neither fires nor resolves: DATA_INCOMPLETE says so, once for everything that is lacking.
"""

from account_cli.alerts.drawdown import Peak
from account_cli.alerts.episodes import Episode, Policy, Step, acknowledge, advance, happened
from account_cli.alerts.facts import of_fact
from account_cli.alerts.judging import Judgement, judge
from account_cli.alerts.reading import Reading
from account_cli.alerts.readings import incomplete, readings, unjudged
from account_cli.alerts.rules import RULES, SEVERITIES, Rule, Severity, rule_named
from account_cli.alerts.settings import B25, RuleSetting, Settings

__all__ = [
    "B25",
    "RULES",
    "SEVERITIES",
    "Episode",
    "Judgement",
    "Peak",
    "Policy",
    "Reading",
    "Rule",
    "RuleSetting",
    "Settings",
    "Severity",
    "Step",
    "acknowledge",
    "advance",
    "happened",
    "incomplete",
    "judge",
    "of_fact",
    "readings",
    "rule_named",
    "unjudged",
]
