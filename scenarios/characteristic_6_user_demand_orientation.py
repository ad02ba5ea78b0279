"""User-demand orientation: whether what pleases sells, whether firms live by it and come where demand is unserved."""

import numpy as np

from abm.study.experiments import Experiment
from abm.study.scripted import main
from abm.world import World


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 0; ties in the order of rows."""
    return np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(float)


def watch(world: World) -> dict[str, float]:
    """Rank correlation of a listing's sales with its true quality among rivals, and true quality of what is sold."""
    listings, quality = world.listings, world.products.quality[world.listings.product].astype(float)
    alive = np.flatnonzero(listings.alive)
    cell = listings.dest[alive] * len(world.categories) + listings.category[alive]
    found, weight = [], []
    for one in np.unique(cell):
        rows = alive[cell == one]
        if len(rows) > 2:
            found.append(np.corrcoef(ranks(quality[rows]), ranks(listings.popularity[rows]))[0, 1])
            weight.append(len(rows))
    return {"quality_pays": float(np.average(found, weights=weight)),
            "quality_bought": float((quality * listings.sold).sum() / max(listings.sold.sum(), 1))}  # fmt: skip


def dials(weight: float = 1.0, entry: float = 1.0, exit_: float = 1.0) -> dict[str, float]:
    """The three dials, at full unless said."""
    return {"dials.feedback.weight": weight, "dials.dynamics.entry": entry, "dials.dynamics.exit": exit_}


EXPERIMENT = Experiment(
    name="characteristic_6_user_demand_orientation",
    title="User-demand orientation",
    dial="feedback.weight; dynamics.entry, .exit",
    variants={"off": dials(0.0), "half": dials(0.5), "full": dials(), "full, no entry": dials(entry=0.0),
              "full, no exit": dials(exit_=0.0)},
    measures={"quality_pays": "+", "quality_bought": "+", "experienced_surplus": "+", "refunds_usd": "-", "rating": "+",
              "firms_seller": "", "entries": "", "exits": "", "style_mismatch": "-", "hhi": ""},
    units={"quality_pays": "correlation", "quality_bought": "sd"},
    settings={"start": "2024-07-01", "warmup": 60, "days": 120},
    since=30,
    watch=watch,
)  # fmt: skip

if __name__ == "__main__":
    main(EXPERIMENT)
