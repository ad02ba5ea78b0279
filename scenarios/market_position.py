"""Market position: where firms settle by their own advantages, and what they lose when a lever is held fast.

Sellers begin in one market and by one way: where everybody is everywhere there is no better place to find.
"""

import numpy as np

from abm.study.experiments import Experiment
from abm.study.scripted import main
from abm.world import World

LEVERS = ("logistics", "capital", "product")
FIRST = {  # by chain: where it begins, and by which way
    "cn-apparel": ("US", "post"), "cn-electronics": ("US", "express"), "us-label": ("US", "express"),
    "us-device": ("US", "post"), "de-label": ("US", "post"), "de-device": ("DE", "express"),
}  # fmt: skip


def watch(world: World) -> dict[str, float]:
    """How far the positions of what is sold lie apart: price against the market's, style, ways, markets of a seller."""
    offers, listings = world.offers, world.listings
    rows = np.flatnonzero(offers.alive * listings.alive[offers.listing])
    price = offers.value_cents[rows] / np.maximum(offers.landed_cents[rows], 1)
    style = world.products.style[np.unique(listings.product[offers.listing[rows]])]
    sellers = len(np.unique(listings.seller[offers.listing[rows]]))
    pairs = listings.seller[offers.listing[rows]].astype(np.int64)
    return {"ways": len(np.unique(pairs * 6 + offers.mode[rows])) / sellers,
            "markets": len(np.unique(pairs * len(world.countries) + offers.dest[rows])) / sellers,
            "style_spread": float(style.std()), "goods_in_price": float(price.mean())}  # fmt: skip


def levers(*held: str) -> dict[str, list[str]]:
    """All levers but some."""
    return {"dials.management.levers": [one for one in LEVERS if one not in held]}


EXPERIMENT = Experiment(
    name="market_position",
    title="Market position and integration",
    dial="management.levers",
    variants={"off": levers(*LEVERS), "half": levers("capital", "product"), "full": levers(),
              **{f"without {one}": levers(one) for one in LEVERS}},
    measures={"profit_seller_usd": "+", "orders": "+", "experienced_surplus": "+", "style_mismatch": "-", "ways": "+",
              "markets": "+", "style_spread": "+", "goods_in_price": "", "landed_price_usd": "-", "hhi": ""},
    units={"ways": "ways/seller", "markets": "markets/seller", "style_spread": "1", "goods_in_price": "share"},
    settings={"start": "2024-07-01", "warmup": 60, "days": 150,
              **{f"chains.{chain}.markets": [market] for chain, (market, _) in FIRST.items()},
              **{f"chains.{chain}.modes": [way] for chain, (_, way) in FIRST.items()}},
    since=60,
    watch=watch,
)  # fmt: skip

if __name__ == "__main__":
    main(EXPERIMENT)
