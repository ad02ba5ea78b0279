"""What of a scenario has had a say by a day: two scenarios with the same past have lived the same days until then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from abm.scenario.schema import Border, Scenario, Shock

FREE = ("title", "days")
"""What changes no day."""


def past(scenario: Scenario, day: date) -> dict[str, Any]:
    """All that the scenario says but what is neither told nor begun before ``day``, as plain values.

    Shocks go by the name under which luck knows them, import rules by their place.
    """
    found = {key: value for key, value in scenario.resolved().items() if key not in (*FREE, "shocks", "borders")}
    shocks = {shock.name or f"shock-{place + 1}": shock for place, shock in enumerate(scenario.shocks)}
    found["shocks"] = {name: _dated(scenario, shock) for name, shock in shocks.items() if _told(scenario, shock) < day}
    found["borders"] = {
        f"#{place + 1}": border.model_dump(mode="json", by_alias=True, exclude_none=True)
        for place, border in enumerate(scenario.borders)
        if _made_known(border) < day
    }
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


def _told(scenario: Scenario, shock: Shock) -> date:
    """The first day on which a shock can matter."""
    first = scenario.date_of(shock.day)
    return first if shock.announced is None else min(first, scenario.date_of(shock.announced))


def _dated(scenario: Scenario, shock: Shock) -> dict[str, Any]:
    days = {name: getattr(shock, name) for name in ("day", "until", "announced")}
    dated = {name: scenario.date_of(day).isoformat() for name, day in days.items() if day is not None}
    return {**shock.model_dump(mode="json", exclude_none=True, exclude={"name"}), **dated}


def _made_known(border: Border) -> date:
    return border.since if border.announced is None else min(border.since, border.announced)
