"""What of a scenario has had a say by a day: two scenarios with the same past have lived the same days until then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from abm.scenario.schema import Border, Campaign, Scenario, Shock

FREE = ("title", "days")
"""What changes no day."""


def past(scenario: Scenario, day: date) -> dict[str, Any]:
    """All that the scenario says but what is neither told nor begun before ``day``, as plain values.

    Shocks and campaigns go by the name under which luck knows them, import rules by their place.
    """
    later = events(scenario)
    found = {key: value for key, value in scenario.resolved().items() if key not in {*FREE, *later}}
    for kind, listed in later.items():
        found[kind] = {name: says for name, (told, says) in listed.items() if told < day}
    return found


def events(scenario: Scenario) -> dict[str, dict[str, tuple[date, dict[str, Any]]]]:
    """Shocks, campaigns and import rules by name: the first day on which each can matter, and all that it says."""
    found: dict[str, dict[str, tuple[date, dict[str, Any]]]] = {
        "borders": {
            f"#{place + 1}": (_made_known(border), border.model_dump(mode="json", by_alias=True, exclude_none=True))
            for place, border in enumerate(scenario.borders)
        }
    }
    dated: dict[str, tuple[Shock | Campaign, ...]] = {"shock": scenario.shocks, "campaign": scenario.campaigns}
    for kind, listed in dated.items():
        named = {event.name or f"{kind}-{place + 1}": event for place, event in enumerate(listed)}
        found[f"{kind}s"] = {name: (_told(scenario, event), _dated(scenario, event)) for name, event in named.items()}
    return found


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Keys in which two pasts differ, by dotted path, with what each says; None where one says nothing."""
    return list(_differences("", one, other))


def _differences(path: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in dict.fromkeys([*one, *other]):
            yield from _differences(f"{path}.{key}" if path else str(key), one.get(key), other.get(key))
    elif one != other:
        yield path, one, other


def _told(scenario: Scenario, event: Shock | Campaign) -> date:
    """The first day on which an event can matter: a campaign of which firms always know matters from the start."""
    first = scenario.date_of(event.day)
    if isinstance(event, Campaign):
        waited = first - timedelta(days=event.waiting)
        return scenario.first if event.announced is None else min(waited, scenario.date_of(event.announced))
    return first if event.announced is None else min(first, scenario.date_of(event.announced))


def _dated(scenario: Scenario, event: Shock | Campaign) -> dict[str, Any]:
    days = {name: getattr(event, name, None) for name in ("day", "until", "announced")}
    dated = {name: scenario.date_of(day).isoformat() for name, day in days.items() if day is not None}
    return {**event.model_dump(mode="json", exclude_none=True, exclude={"name"}), **dated}


def _made_known(border: Border) -> date:
    return border.since if border.announced is None else min(border.since, border.announced)
