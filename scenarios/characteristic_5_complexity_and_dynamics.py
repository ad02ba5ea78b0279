"""Complexity and dynamics: how far links, ways and chains move, by themselves and under a tariff on China alone."""

from collections.abc import Mapping

import pandas as pd

from abm.study.experiments import Experiment, Scores, means, pass_through
from abm.study.scripted import main
from abm.world import World

DAY = 10
TARIFF = {"borders": [{"dest": "US", "channel": channel, "origin": "CN", "from": "2024-09-11", "extra_ad_valorem": 30.0}
                      for channel in ("parcel", "bulk")]}  # fmt: skip
LEVELS = {"off": 0.0, "half": 0.5, "full": 1.0}
MEASURES = ("switched", "chains_rebuilt", "chains_born", "chains_gone", "fill_rate", "profit_seller_usd")


def watch(world: World) -> dict[str, float]:
    """Of what was sold today into the United States: packs, those made in China, and money."""
    offers, codes = world.offers, world.names["countries"]
    sold = offers.sold * (offers.dest == codes.index("US"))
    china = world.nodes.origin[offers.node] == codes.index("CN")
    return {"us": float(sold.sum()), "us_china": float(sold[china].sum()),
            "us_paid": float((sold * offers.landed_cents)[china].sum() / 100),
            "us_duty": float((sold * offers.duty_cents)[china].sum() / 100)}  # fmt: skip


def score(days: Mapping[str, pd.DataFrame]) -> Scores:
    """The calm days by variant; by level also what the tariff moved, against the same days without it."""
    found = {name: means(days[name], MEASURES) for name in (*LEVELS, "5 tiers", "6 tiers") if name in days}
    for name, one in found.items():
        one |= means(days[name], ("amplification_tier_2", "amplification_tier_4"), since=DAY)
    for level in filter(days.__contains__, LEVELS):
        calm, struck = ((one.loc[: DAY - 1].sum(numeric_only=True), one.loc[DAY:].sum(numeric_only=True))
                        for one in (days[level], days[level + " tariff"]))  # fmt: skip
        price = [tuple(part["us_paid"] / part["us_china"] for part in one) for one in (struck, calm)]
        duty = struck[1]["us_duty"] / struck[1]["us_china"] - calm[1]["us_duty"] / calm[1]["us_china"]
        found[level]["tariff_pass_through"] = float(pass_through(*price, tariff=duty)) if duty else float("nan")
        part = [one["us_china"] / one["us"] for one in (struck[1], calm[1])]
        found[level]["tariff_china"] = 100 * float(part[0] - part[1])
        found[level]["tariff_orders"] = 100 * float(struck[1]["us"] / calm[1]["us"] - 1)
    return found


EXPERIMENT = Experiment(
    name="characteristic_5_complexity_and_dynamics",
    title="Complexity and dynamics", dial="dynamics.rewiring; network.tiers",
    variants={**{level + event: {"dials.dynamics.rewiring": value, **more}
                 for event, more in (("", {}), (" tariff", TARIFF)) for level, value in LEVELS.items()},
              **{f"{n} tiers": {"dials.network.tiers": n} for n in (5, 6)}},
    measures={"switched": "+", "chains_rebuilt": "+", "chains_born": "", "chains_gone": "", "fill_rate": "+",
              "profit_seller_usd": "+", "tariff_pass_through": "-", "tariff_china": "-", "tariff_orders": "+",
              "amplification_tier_2": "", "amplification_tier_4": ""},
    units={"tariff_pass_through": "share", "tariff_china": "% points", "tariff_orders": "%"},
    settings={"start": "2024-09-01", "warmup": 60, "days": 115}, score=score, watch=watch,
)  # fmt: skip

if __name__ == "__main__":
    main(EXPERIMENT)
