"""Intersectionality: firms that stand in several chains pool what they have, and pass on what befalls one chain."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from abm.study.experiments import Experiment, Scores, contagion, means
from abm.study.scripted import main
from abm.world import KINDS, World

VICTIM, HIT, END = "dongguan-works-1", 10, 50
FAILURE = {"shocks": [{"day": HIT, "until": END, "set": {f"firms.{VICTIM}.capacity": 0}}]}
LEVELS = {"off": 0.0, "half": 0.5, "full": 1.0}
POOLS = {f"{pool} only": {"dials.network.pools": [pool]} for pool in ("capacity", "cash", "attention")}
WORLDS = {level: {"dials.network.overlap": value} for level, value in LEVELS.items()} | POOLS


def watch(world: World) -> dict[str, float]:
    """Packs that each seller and retailer sold today, and whether it shares a chain with the victim."""
    names, members = world.names["firms"], world.members
    chains = members.chain[members.firm == names.index(VICTIM)]
    near = np.isin(np.arange(len(names)), members.firm[np.isin(members.chain, chains)])
    sold = np.bincount(world.listings.seller, world.listings.sold, len(names))
    rows = np.flatnonzero(np.isin(world.firms.kind, [KINDS.index(kind) for kind in ("seller", "retailer")]))
    return {f"{what}:{names[row]}": float(of[row]) for row in rows for what, of in (("sold", sold), ("near", near))}


def score(days: Mapping[str, pd.DataFrame]) -> Scores:
    """By level: calm days, and who sells less for the failure."""
    found = {}
    for level in filter(days.__contains__, WORLDS):
        calm, struck = days[level], days[level + " failure"]
        sales = [one.loc[HIT:].filter(like="sold:").sum().to_numpy() for one in (calm, struck)]
        shares = calm.loc[HIT].filter(like="near:").to_numpy() > 0
        near, far = contagion(*sales, shares, np.zeros(len(shares), bool))
        orders = calm["orders"].rolling(7).mean().dropna()
        found[level] = means(calm, ("orders", "fill_rate", "profit_seller_usd")) | {
            "orders_variation": 100 * float(orders.std() / orders.mean()),
            "loss_near": 100 * near, "loss_far": 100 * far,
            "lost_in_all": 100 * float(1 - struck["orders"].loc[HIT:].sum() / calm["orders"].loc[HIT:].sum()),
        }  # fmt: skip
    return found


EXPERIMENT = Experiment(
    name="characteristic_7_intersectionality", title="Intersectionality", dial="network.overlap",
    variants={level + event: {**world, "dials.dynamics.entry": 0.0, **more}
              for event, more in (("", {}), (" failure", FAILURE)) for level, world in WORLDS.items()},
    measures={"orders": "+", "fill_rate": "+", "profit_seller_usd": "+", "orders_variation": "-", "loss_near": "-",
              "loss_far": "+", "lost_in_all": ""},
    units={"orders_variation": "%", "loss_near": "%", "loss_far": "%", "lost_in_all": "%"},
    settings={"start": "2024-09-01", "warmup": 60, "days": 80}, score=score, watch=watch,
)  # fmt: skip

if __name__ == "__main__":
    main(EXPERIMENT)
