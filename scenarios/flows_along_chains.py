"""Flows along chains: how long after a shift of demand information, goods and money follow, tier by tier.

For three weeks twice as many needs as usual are for electronics, of as many needs in all, on one network.
"""

from collections.abc import Mapping

import pandas as pd

from abm import load
from abm.study import streams
from abm.study.experiments import Experiment, Scores
from abm.study.scripted import main

HIT, LASTS, SHIFT = 5, 21, " shift"
LEVELS = {"off": 0.0, "half": 0.5, "full": 1.0}
FIXED = {"dials.dynamics.rewiring": 0.0, "dials.dynamics.entry": 0.0, "dials.dynamics.exit": 0.0}
WORLDS = {name: FIXED | {"dials.information.share": level, "dials.information.latency": 3}
          for name, level in LEVELS.items()}  # fmt: skip
MOVED = {"shocks": [{"day": HIT, "until": HIT + LASTS, "scale": {"categories.electronics.needs": 2.0}}]}
LAGS = [f"{flow}_{tier}" for flow in streams.FLOWS for tier in (1, 2, 3, 4) if (flow, tier) != ("told", 1)]
CHAINS = [f"{flow}_chains" for flow in streams.FLOWS]
ROWS = [one.name for one in load("three_countries").chains for _ in range(one.count)]
GROUPS = {name: [row for row, of in enumerate(ROWS) if of == name] for name in dict.fromkeys(ROWS)}
ONE_BY_ONE = {f"{flow}:{name}": "days" for name in GROUPS for flow in streams.FLOWS}
ASKED = dict.fromkeys((f"asked:{name}" for name in GROUPS), "packs")


def score(days: Mapping[str, pd.DataFrame]) -> Scores:
    """By world, how each flow follows the shift, against the same days without it."""
    return {name: streams.follow(one, days[name + SHIFT], HIT, GROUPS) for name, one in days.items() if name in WORLDS}


EXPERIMENT = Experiment(
    name="flows_along_chains", title="Flows along chains", dial="information.share",
    variants={name + event: one | more for event, more in (("", {}), (SHIFT, MOVED)) for name, one in WORLDS.items()},
    measures={name: "-" if name.startswith("told") else "" for name in LAGS}
    | dict.fromkeys([*CHAINS, *ASKED, *ONE_BY_ONE], ""),
    units=dict.fromkeys(LAGS, "days") | dict.fromkeys(CHAINS, "correlation") | ASKED | ONE_BY_ONE,
    settings={"start": "2024-07-15", "warmup": 30, "days": 120}, score=score, watch=streams.watch,
)  # fmt: skip

if __name__ == "__main__":
    main(EXPERIMENT)
