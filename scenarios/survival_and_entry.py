"""Who lives and who comes: sellers alike but for the quality that luck gave them, and where newcomers settle.

Rent takes all that a usual seller earns and nobody has cash to spare; where rent is low, newcomers come.
"""

from collections.abc import Mapping

import pandas as pd

from abm import load
from abm.study import places
from abm.study.experiments import Experiment, Scores, means
from abm.study.scripted import main

FROM = 60
"""Newcomers count from this day on, what they find until then."""
SELLERS = [one.name for one in load("three_countries").firms if one.kind == "seller"]
PLANTS = [one.name for one in load("three_countries").firms if one.kind == "manufacturer"]
ALIKE = {f"firms.{name}.quality": 0.0 for name in PLANTS} | {
    f"firms.{name}.count": 12 for name in ("hangzhou-sellers", "shenzhen-sellers")
}


def world(weight: float, rent: float, cash: float = 0.0) -> dict[str, object]:
    """Sellers alike, with so much rent of what they sell and so many days of cash; reviews weigh so much."""
    given = {"fixed_share": rent, "cash_days": cash}
    return ALIKE | {"dials.feedback.weight": weight} | {f"firms.{name}.{key}": one for name in SELLERS
                                                        for key, one in given.items()}  # fmt: skip


def score(days: Mapping[str, pd.DataFrame]) -> Scores:
    """The fates of the sellers of the first day, and where newcomers settled."""
    since = {name: min(FROM, len(one) // 2) for name, one in days.items()}
    return {name: means(one, ("entries", "firms_seller")) | places.settle(one, since[name]) | places.fates(one)
            for name, one in days.items()}  # fmt: skip


EXPERIMENT = Experiment(
    name="survival_and_entry", title="Who lives and who comes", dial="feedback.weight; rent",
    variants={"off": world(0.0, 0.12), "half": world(0.5, 0.12), "full": world(1.0, 0.12),
              "full, low rent": world(1.0, 0.03, 75.0)},
    measures={"growth_told": "+", "growth_quality": "+", "left": "", "left_worse": "+", "entry_unserved": "+",
              "entry_shortage": "+", "entry_margin": "+", "entries": "", "firms_seller": ""},
    units=dict.fromkeys(("growth_told", "growth_quality", "entry_unserved", "entry_shortage", "entry_margin"),
                        "correlation") | {"left": "share", "left_worse": "sd"},
    settings={"start": "2024-07-01", "warmup": 30, "days": 240}, score=score, watch=places.watch,
)  # fmt: skip

if __name__ == "__main__":
    main(EXPERIMENT)
