"""How many tiers a supply chain has: the work of its source may be split among suppliers that stand behind one another.

A chain that begins with a supplier gets further tiers above it, as the dial `network.tiers` has it. They are twins of
its source, one behind the other, in the same place. What the source did alone is split among them: its days of work,
less those that the goods are now on their way, and its markup. So from the next tier on nothing differs but the number
of stages whose orders follow each other: the days from raw material to the shelf stay as they were, and prices too.
"""

from __future__ import annotations

from abm.scenario.schema import Chain, Scenario
from abm.scenario.schema.firms import groups_of

USUAL = 4
"""Tiers at which chains are as they are written."""
SOURCE_DAYS, SOURCE_SPAN = 11, 5
"""Days that raw material takes, 11 to 15, assumed: enough for the days of three stages and the ways between them."""


def deepened(scenario: Scenario) -> tuple[Scenario, dict[str, int]]:
    """The scenario with the firms and tiers that the dial adds, and how many tiers each chain has been given."""
    extra = scenario.dials.network.tiers - USUAL
    added = {chain.name: extra for chain in scenario.chains if extra and _supplied(scenario, chain)}
    sources = {chain.tiers[0] for chain in scenario.chains if chain.name in added}
    groups = dict.fromkeys(name.name for tier in sorted(sources) for name in groups_of(tier, scenario.firms))
    twins = [
        group.model_copy(update={"name": twin(step, group.name)})
        for step in range(1, extra + 1)
        for group in scenario.firms
        if group.name in groups
    ]
    chains = [_longer(chain, added.get(chain.name, 0)) for chain in scenario.chains]
    return scenario.model_copy(update={"firms": (*scenario.firms, *twins), "chains": tuple(chains)}), added


def twin(step: int, name: str) -> str:
    """The group that stands so many steps behind a source, or behind the groups that a tier with a * names."""
    return f"upstream-{step}-{name}"


def _supplied(scenario: Scenario, chain: Chain) -> bool:
    return all(group.kind == "supplier" for group in groups_of(chain.tiers[0], scenario.firms))


def _longer(chain: Chain, extra: int) -> Chain:
    tiers = (*(twin(step, chain.tiers[0]) for step in range(extra, 0, -1)), *chain.tiers)
    return chain.model_copy(update={"tiers": tiers, "units_per_unit": (*(1,) * extra, *chain.inputs)})


def split_days(days: int, away: int, stages: int) -> list[int]:
    """Days of work of each stage when `days` are split among them, `away` of which pass between any two; at least 1."""
    left = max(days - away * (stages - 1), stages)
    return [left // stages + (stage < left % stages) for stage in range(stages)]


def split_markup(markup: float, stages: int) -> float:
    """The markup of each stage with which goods that pass through all of them are as dear as after one."""
    return float((1.0 + markup) ** (1.0 / stages) - 1.0)
