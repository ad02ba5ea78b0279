"""Write docs/stylised_facts.md: what the baseline comes to over a year beside what is published, seed by seed."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from abm import Market, load
from abm.measures.swings import amplifications
from abm.show.progress import Bar
from abm.study.asks.moments import moments
from abm.world import KINDS, MODES, World

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "stylised_facts.md"
DIRECT = ("express", "line", "post")
REFUNDED = 4
"""A parcel whose buyer has had the money back: sent back, or refused at the door."""
FACTS = moments()


def parcels_of(world: World) -> pd.DataFrame:
    """What was delivered today: way, days, euros, whether it came abroad from China, is fashion, or goes back."""
    parcels, offers = world.delivered, world.offers
    china, germany = (world.names["countries"].index(code) for code in ("CN", "DE"))
    kind = np.array(world.names["categories"])[world.listings.category[offers.listing[parcels.offer]]]
    return pd.DataFrame({
        "mode": np.array(MODES)[offers.mode[parcels.offer]],
        "days": world.day - parcels.ordered.astype(np.int64),
        "euros": parcels.value_cents / 100.0 * world.countries.fx[germany],
        "china": (world.nodes.country[offers.node[parcels.offer]] == china) & (offers.dest[parcels.offer] != china),
        "fashion": np.isin(kind, ("apparel", "footwear")),
        "back": parcels.booked == REFUNDED,
    })  # fmt: skip


def found(market: Market) -> dict[str, float]:
    """The facts of one year."""
    market.run(0)
    world, days, seller = market.world, market.settled.days, KINDS.index("seller")
    firms = np.flatnonzero(world.firms.alive)
    sellers = firms[world.firms.kind[firms] == seller]
    came, short = [], []
    for _ in range(days):
        market.step()
        came.append(parcels_of(world))
        wanted = world.offers.demand_ma * world.offers.alive
        short.append(float((wanted * (world.nodes.on_hand[world.offers.node] == 0)).sum() / wanted.sum()))
    daily, packs, demand = market.daily, pd.concat(came), world.scenario.demand
    direct = packs["mode"].isin(DIRECT)
    home = ~direct
    swings = np.concatenate(amplifications(world))
    sold = np.sort(np.bincount(world.listings.seller, world.listings.popularity)[world.firms.kind == seller])[::-1]
    median = {mode: packs[(packs["mode"] == mode) & (packs.china | home)].days.median() for mode in MODES}
    return {
        "late against on-time reviews, stars": (daily.review_on_time - daily.review_late).mean(),
        "spread of ln(days to the door)": float(np.log(packs.days).std()),
        "a day in transit as a tariff": demand.theta,
        "returns, domestic fashion": packs[home & packs.fashion].back.mean(),
        "returns, domestic others": packs[home & ~packs.fashion].back.mean(),
        "returns, direct parcels": packs[direct].back.mean(),
        **{f"median days from China, {mode}": median[mode] for mode in DIRECT},
        **{f"median days, {mode}": median[mode] for mode in MODES if mode not in DIRECT},
        "fill rate": daily.orders.sum() / (daily.orders.sum() + daily.lost.sum()),
        "firms whose orders vary more than their sales": float((swings > 1.0).mean()),
        "median amplification": float(np.median(swings)),
        "the top tenth of sellers' part of sales": float(sold[: max(len(sold) // 10, 1)].sum() / sold.sum()),
        "Gini of sellers' sales": daily.gini.mean(),
        "offers out of stock, by demand": float(np.mean(short)),
        "conversion of a visit": daily.orders.sum() / daily.visits.sum(),
        "orders of a shopper in a year": daily.orders.sum() / len(world.consumers) * 365 / days,
        "sellers that leave in a year": float((world.firms.alive[sellers] == 0).mean()) * 365 / days,
        "firms of the start that trade after a year": 1.0 - (1.0 - float(world.firms.alive[firms].mean())) * 365 / days,
        "direct parcels below 10 EUR": float((packs[direct].euros < 10).mean()),
        "direct parcels below 50 EUR": float((packs[direct].euros < 50).mean()),
    }


def table(runs: list[dict[str, float]]) -> str:
    """A line for each fact: where it is published, its band, what the seeds found, and whether all are in it."""
    lines = ["| fact | published | | band | found: mean | least | most | inside |", "|---" * 8 + "|"]
    for name, fact in FACTS.items():
        values = [run[name] for run in runs]
        inside = "yes" if all(fact.low <= value <= fact.high for value in values) else "no"
        numbers = " | ".join(f"{value:.3g}" for value in (float(np.mean(values)), min(values), max(values)))
        band = f"{fact.low:g} to {fact.high:g}"
        lines.append(f"| {name} | {fact.published} | {fact.role} | {band} | {numbers} | {inside} |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short run, printed only")
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    size = {"consumers": 2000, "days": 20, "warmup": 170} if given.quick else {}
    runs, seeds = [], range(1, 2 if given.quick else given.seeds + 1)
    with Bar() as bar:
        for seed in seeds:
            runs.append(found(Market(load(HERE / "baseline.toml", set={"seed": seed, **size}))))
            bar.day(seed, len(seeds))
    print(table(runs))
    if not given.quick:
        head, _, _ = PAGE.read_text().partition("| fact |")
        PAGE.write_text(head + table(runs) + "\n")
