"""Does foresight pay when all have it? The share of firms that take the initiative, from none to all."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from abm.study.experiments import Experiment, Scores, means
from abm.study.scripted import main
from abm.world import KINDS, World

SHARES = {"off": 0.0, "half": 0.5, "full": 1.0, "a tenth": 0.1, "nine tenths": 0.9}
MARKET = ("fill_rate", "orders", "days_of_cover", "forecast_error_tier_2", "profit_seller_usd")


def watch(world: World) -> dict[str, float]:
    """What a seller gains a day, smoothed: the mean of those who take the initiative, and of the others."""
    firms = world.firms
    sellers = (firms.alive > 0) & (firms.kind == KINDS.index("seller"))
    takes = firms.initiative > 0
    groups = {"takers": sellers & takes, "others": sellers & ~takes}
    return {who: float(firms.profit_ma[rows].mean() / 100) if rows.any() else np.nan for who, rows in groups.items()}


def score(days: Mapping[str, pd.DataFrame]) -> Scores:
    """The market, and at the end what a seller with initiative and one without gain, both of a world without any."""
    found = {}
    for name in filter(days.__contains__, SHARES):
        last = days[name].iloc[-1]
        found[name] = means(days[name], MARKET)
        groups = {"profit_of_takers": last["takers"], "profit_of_others": last["others"]}
        found[name] |= {who: float(one) for who, one in groups.items() if np.isfinite(one)}
    found["off"]["profit_of_takers"] = found["off"]["profit_of_others"]
    return found


EXPERIMENT = Experiment(
    name="who_takes_the_initiative", title="Who takes the initiative", dial="management.share",
    variants={name: {"dials.management.initiative": 1.0, "dials.management.share": share}
              for name, share in SHARES.items()},
    measures={"profit_of_takers": "+", "profit_of_others": "", "profit_seller_usd": "", "fill_rate": "+",
              "days_of_cover": "-", "forecast_error_tier_2": "-", "orders": "+"},
    units={"profit_of_takers": "USD/day each", "profit_of_others": "USD/day each"},
    settings={"start": "2024-09-15", "warmup": 60, "days": 75}, score=score, watch=watch,
)  # fmt: skip

if __name__ == "__main__":
    main(EXPERIMENT)
