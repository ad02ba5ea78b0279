# %% [markdown]
# # Your own rule
#
# A rule is a small class: parameters with unit, bounds and a sentence, and a call that proposes something for the rows
# it is asked about. This one prices by what is left on the shelf: dearer when stock is short, cheaper when it is long.
# In a file `scarcity.py` beside a scenario, the scenario would name it
# `pricing = { rule = "scarcity:Scarcity", strength = 0.5 }`.

# %%
import tempfile
from pathlib import Path

from abm import Market, load
from abm.scenario import ScenarioError

RULE = '''
from dataclasses import dataclass

import numpy as np

from abm.rules import parameter


@dataclass(frozen=True)
class Scarcity:
    """A markup on cost that rises as stock falls short of two weeks of demand."""

    markup: float = parameter(0.5, "share", 0, 5, "What is added to cost when stock is as usual.")
    strength: float = parameter(0.5, "1", 0, 2, "How much more is added when there is none.")

    def __call__(self, world, rows):
        node = world.offers.node[rows]
        days = world.nodes.on_hand[node] / np.maximum(world.nodes.forecast[node], 1e-9)
        return world.nodes.cost_cents[node] * (1 + self.markup + self.strength * np.clip(1 - days / 14, -1, 1))
'''

# %% [markdown]
# The scenario changes one group of firms of a world that there is, and nothing else.

# %%
folder = Path(tempfile.mkdtemp())
(folder / "scarcity.py").write_text(RULE)
(folder / "mine.toml").write_text(f"""
schema  = 1
extends = "{Path(load("tiny").folders[0]) / "tiny.toml"}"
warmup  = 30
[firms.sellers]
price_days = 2
pricing    = {{ rule = "scarcity:Scarcity", strength = 0.5 }}
""")
mine = load(folder / "mine.toml")
usual = load(folder / "mine.toml", set={"firms.sellers.pricing": {"rule": "cost_plus", "markup": 0.5}})

# %% [markdown]
# The same luck with one rule and with the other, for two seeds.

# %%
for seed in (1, 2):
    one, other = (Market(scenario, seed=seed).run(30).daily for scenario in (usual, mine))
    earned = other["net_seller_usd"].iloc[-1] - one["net_seller_usd"].iloc[-1]
    print(f"seed {seed}: sellers' cash {earned:+,.0f} USD, orders {other['orders'].sum() - one['orders'].sum():+}")
assert not one["landed_price_usd"].equals(other["landed_price_usd"])

# %% [markdown]
# What is wrong with a scenario is said with its place, and nothing is run.

# %%
try:
    load(folder / "mine.toml", set={"firms.sellers.pricing.strength": 9})
except ScenarioError as error:
    print(error)
