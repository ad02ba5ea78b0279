"""Whether firms sit in countries of the world, deal in its goods, serve its markets and follow rules that exist."""

from __future__ import annotations

from typing import get_args

from abm.scenario.reading.given import Reading
from abm.scenario.reading.known import listed
from abm.scenario.rulebook import HOMES, UnknownRule, rule_class, wrong_parameters
from abm.scenario.schema import Firm, RuleUse
from abm.scenario.schema.describe import Place
from abm.scenario.schema.fields import Kind
from abm.scenario.schema.firms import ANY

SERVICES = ("platform", "carrier", "warehouse", "broker", "payment")


def check_firms(reading: Reading) -> None:
    """Note every firm or group that leads nowhere."""
    countries, categories = reading.countries, reading.categories
    check_names(reading, "firms")
    for name in reading.scenario.kinds:
        if name in get_args(Kind):
            reading.complain(("kinds", name), name, "a name of its own, as this is one of the nine roles")
    for place, firm in reading.entries("firms"):
        if firm.country not in countries:
            reading.complain((*place, "country"), firm.country, f"one of {listed(countries)}", countries)
        if firm.category is not None and firm.category not in categories:
            reading.complain((*place, "category"), firm.category, f"one of {listed(categories)}", categories)
        _check_service(reading, place, firm)
        for decision in HOMES:
            use: RuleUse = getattr(firm, decision)
            if use != Firm.model_fields[decision].default:  # to ask the rules loads kernels, and the usual ones exist
                _check_rule(reading, (*place, decision), decision, use)


def check_names(reading: Reading, key: str) -> None:
    """No two entries of a list have a name in common, nor two members of groups."""
    owner: dict[str, str] = {}
    for place, entry in reading.entries(key):
        if entry.name is None:
            continue
        names = dict.fromkeys([entry.name, *getattr(entry, "members", ())])
        taken = next((name for name in names if name in owner), None)
        if taken is not None:
            words = f"a name of its own; {taken} belongs to {key}.{owner[taken]} already"
            reading.complain((*place, "name"), entry.name, words)
        owner.update(dict.fromkeys(names, entry.name))


def _check_service(reading: Reading, place: Place, firm: Firm) -> None:
    countries = reading.countries
    if firm.serves is None:
        return
    if firm.kind not in SERVICES:
        words = f"left out for a {firm.kind}; only {listed(SERVICES)} serve countries"
        reading.complain((*place, "serves"), firm.serves, words)
    for country in firm.serves if firm.serves != (ANY,) else ():
        if country not in countries:
            reading.complain((*place, "serves"), country, f"some of {listed(countries)}", countries)


def _check_rule(reading: Reading, place: Place, decision: str, use: RuleUse) -> None:
    try:
        kind = rule_class(reading.scenario, decision, use.rule)
    except UnknownRule as error:
        reading.complain((*place, "rule"), use.rule, error.admissible, error.among)
        return
    for name, given, words, among in wrong_parameters(kind, use.parameters):
        reading.complain((*place, name), given, words, among)
