"""Whom a failure reaches: each maker in its turn loses the same volume, pooled or fenced; demand moves, or is replayed.

On one network, where nobody switches or enters, makers hold a day of stock and nobody has cash to spare.
"""

from collections.abc import Mapping

import pandas as pd

from abm import load
from abm.scenario import Scenario
from abm.study import strikes
from abm.study.experiments import Experiment, Scores
from abm.study.scripted import main

HIT, END, STRIKE = 5, 35, " strike"
LEVELS = {"off": 0.0, "half": 0.5, "full": 1.0}
MAKERS, SELLERS = ([one.name for one in load("three_countries").firms if one.kind in kinds]
                   for kinds in (("supplier", "manufacturer"), ("seller",)))  # fmt: skip
POOR = {f"firms.{name}.cash_days": 0.0 for name in MAKERS + SELLERS}
LEAN, RICH = ({f"firms.{name}.stocking": {"rule": "proportional", "cover": days} for name in MAKERS}
              for days in (1.0, 21.0))  # fmt: skip
FIXED = {"dials.dynamics.rewiring": 0.0, "dials.dynamics.entry": 0.0, **POOR}
WORLDS = {name: FIXED | LEAN | {"dials.network.overlap": level} for name, level in LEVELS.items()}
WORLDS |= {"full, stocked": WORLDS["full"] | RICH, **{f"{name}, replayed": WORLDS[name] for name in ("off", "full")}}


def strike(scenario: Scenario) -> dict[str, object]:
    """The strike of the seed's maker."""
    return strikes.strike(scenario, HIT, END)


def both(scenario: Scenario) -> dict[str, object]:
    """The strike, with usual sales asked again."""
    return strikes.replay(scenario) | strike(scenario)


def score(days: Mapping[str, pd.DataFrame]) -> Scores:
    """By world, what the strike takes in all, from the maker's chains and from others, and who was exposed."""
    return {name: strikes.spread(one, days[name + STRIKE], HIT) for name, one in days.items() if name in WORLDS}


EXPERIMENT = Experiment(
    name="whom_a_failure_reaches", title="Whom a failure reaches", dial="network.overlap",
    variants={name + event: world for event in ("", STRIKE) for name, world in WORLDS.items()},
    changed={name: strikes.replay for name in WORLDS if name.endswith("replayed")}
    | {name + STRIKE: both if name.endswith("replayed") else strike for name in WORLDS},
    measures={"lost_in_all": "", "loss_near": "-", "loss_far": "+", "variation": "-", "exposure_told": "", "sold": "+"},
    units=dict.fromkeys(("lost_in_all", "loss_near", "loss_far", "variation"), "%")
    | {"exposure_told": "correlation", "sold": "packs/day"},
    settings={"start": "2024-08-01", "warmup": 30, "days": 75}, score=score, watch=strikes.stations,
)  # fmt: skip

if __name__ == "__main__":
    main(EXPERIMENT)
