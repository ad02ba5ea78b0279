"""Who loses when a shared supplier stands still: chains that it supplies, and chains that only share firms with them.

python scenarios/shared_supplier.py [SEEDS] [CONSUMERS]
"""

import sys
from pathlib import Path
from typing import Any

import pandas as pd

from abm import Market, load

SCENARIO = Path(__file__).with_name("supplier_failure.toml")
FAILED = "chips-1"


def sales(seed: int, days: int, **settings: Any) -> pd.DataFrame:
    """Packs a day that each chain sells at the end of a run, and whether the failing supplier is in it."""
    world = Market(load(SCENARIO, set={"seed": seed, **settings})).run(days).world
    sold = pd.Series(world.listings.popularity).groupby(world.listings.product).sum()
    members = world.members.chain[world.members.firm == world.names["firms"].index(FAILED)]
    chains = pd.DataFrame({"sales": sold.reindex(world.chains.product, fill_value=0.0).to_numpy()})
    return chains.assign(supplied=chains.index.isin(members))


def paired(seeds: int, consumers: int, days: int = 190, **more: Any) -> pd.DataFrame:
    """Sales of chains that the supplier is in and of the others, the same luck without its failure and with it."""
    found = []
    for seed in range(1, seeds + 1):
        calm = sales(seed, days, consumers=consumers, shocks=[], **more)
        struck = sales(seed, days, consumers=consumers, **more)["sales"]
        found.append(calm.assign(struck=struck).groupby("supplied").sum())
    return pd.concat(found).groupby("supplied").mean().assign(change=lambda total: total["struck"] / total["sales"] - 1)


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    print(paired(*(given + [5, 20_000][len(given) :])).round(3).to_string())
