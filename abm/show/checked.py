"""What a scenario describes before a day of it is lived: its world in numbers, and what of it nobody has verified."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

from abm.show.summary import Line
from abm.study.figures import standings
from abm.world import KINDS, MODES

if TYPE_CHECKING:
    from abm.scenario import Scenario
    from abm.world import World


def checked(scenario: Scenario, world: World) -> list[Line]:
    """The lines of a summary of a world that was built."""
    return [*_span(scenario), *_world(world), *_events(scenario), *_facts(scenario)]


def _span(scenario: Scenario) -> list[Line]:
    law = str(scenario.law.as_of)
    own = ", ".join(f"{country} of {day}" for country, day in scenario.law.named.items())
    return [
        Line("days", f"{scenario.days:,}", f"from {scenario.start}, after {scenario.warmup} of warm-up"),
        Line("consumers", f"{scenario.consumers:,}", f"seed {scenario.seed}"),
        Line("law of", law, own),
    ]


def _world(world: World) -> list[Line]:
    names = world.names
    kinds = Counter(KINDS[code] for code in world.firms.kind.tolist())
    modes = Counter(MODES[code] for code in world.offers.mode.tolist())
    people = world.consumers.country.tolist()
    share = Counter(names["countries"][code] for code in people)
    markets = ", ".join(f"{code} {count / max(len(people), 1):.0%} of consumers" for code, count in share.items())
    return [
        Line(
            "countries",
            f"{len(world.countries):,}",
            ", ".join(names["countries"]) + (f"; {markets}" if markets else ""),
        ),
        Line("categories", f"{len(world.categories):,}", ", ".join(names["categories"])),
        Line("firms", f"{len(world.firms):,}", _counted(kinds)),
        Line("chains", f"{len(world.chains):,}", f"{len(world.nodes):,} nodes, {len(world.links):,} links"),
        Line("lanes", f"{len(world.lanes):,}", f"{len(world.passages):,} passages"),
        Line("listings", f"{len(world.listings):,}", f"{len(world.offers):,} offers: {_counted(modes)}"),
        Line("storefronts", f"{len(world.storefronts):,}", f"{len(world.pages):,} pages"),
    ]


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _events(scenario: Scenario) -> list[Line]:
    shocks = [
        f"{shock.name or 'unnamed'} from {scenario.date_of(shock.day)}{_ends(scenario, shock.until)}"
        f"{_told(scenario, shock.announced)}"
        for shock in scenario.shocks
    ]
    campaigns = [
        f"{one.name or 'unnamed'} on {scenario.date_of(one.day)}{_told(scenario, one.announced)}"
        for one in scenario.campaigns
    ]
    rules = [
        f"{row.name or row.dest} from {row.since}{_ends(scenario, row.until)}{_told(scenario, row.announced)}"
        for row in scenario.borders
    ]
    return [
        Line("campaigns", f"{len(campaigns):,}", "; ".join(campaigns)),
        Line("shocks", f"{len(shocks):,}", "; ".join(shocks)),
        Line("own import rules", f"{len(rules):,}", "; ".join(rules)),
    ]


def _ends(scenario: Scenario, moment: date | int | None) -> str:
    return "" if moment is None else f" until {scenario.date_of(moment)}"


def _told(scenario: Scenario, moment: date | int | None) -> str:
    return "" if moment is None else f", announced {scenario.date_of(moment)}"


def _facts(scenario: Scenario) -> list[Line]:
    found = standings(scenario)
    total = sum(one.unverified for one in found)
    rows = sum(one.rows for one in found)
    lines = [Line("unverified figures", f"{total:,}", f"of {rows:,} rows of the facts that concern this world:")]
    for one in found:
        names = ", ".join(one.doubtful)
        told = f"of {one.rows:,}; assumed {one.assumed:,}" + (f"; unverified: {names}" if names else "")
        lines.append(Line(f"  {one.table}", f"{one.unverified:,}", told))
    return lines
