"""Proactive management: a peak, a closed canal, an announced tariff and a false alarm, met early or late."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from abm.study.experiments import Experiment, Scores, means, recovery_days
from abm.study.scripted import main
from abm.world import World

HIT, TOLD, END, WAIT = 10, 3, 50, slice(3, 10)
TARIFF = {"dest": "US", "channel": "bulk", "origin": "CN", "announced": "2024-09-18", "from": "2024-09-25",
          "extra_ad_valorem": 50.0}  # fmt: skip
CANAL = {"day": HIT, "until": END, "set": {"passages.suez.open": False}}
ALARM = {"day": HIT, "announced": TOLD, "until": 31, "truth": 0.0, "set": {"lanes.haul=sea,dest=US.open": False}}
EVENTS = {"": {}, " canal": {"shocks": [CANAL]}, " tariff": {"borders": [TARIFF]}, " alarm": {"shocks": [ALARM]}}
LEVELS = {"off": 0.0, "half": 0.5, "full": 1.0}
PEAK = slice(55, 66)


def watch(world: World) -> dict[str, float]:
    """Units on shelves by country."""
    nodes = world.nodes
    mine = {code: nodes.country == world.names["countries"].index(code) for code in ("US", "DE")}
    shelf = np.bincount(world.offers.node, minlength=len(nodes)) > 0
    return {f"stock_{code}": float(nodes.on_hand[rows & shelf].sum()) for code, rows in mine.items()}


def score(days: Mapping[str, pd.DataFrame]) -> Scores:
    """By level: the calm days, and what the events do to them."""
    found = {}
    for level in filter(days.__contains__, LEVELS):
        calm, canal, tariff, alarm = (days[level + event] for event in EVENTS)
        weeks = [one["stock_DE"].rolling(7, min_periods=1).mean().to_numpy() for one in (canal, calm)]
        back = recovery_days(*weeks, hit=HIT, band=0.25)
        found[level] = means(calm, ("fill_rate", "days_of_cover", "profit_seller_usd")) | {
            "peak_fill_rate": float(calm["fill_rate"].loc[PEAK].mean()),
            "canal_recovery": float("nan") if back is None else float(back),
            "canal_lost": 100 * float(1 - canal["orders"].loc[HIT:].sum() / calm["orders"].loc[HIT:].sum()),
            "front_loading": 100 * float(tariff["stock_US"].loc[WAIT].max() / calm["stock_US"].loc[WAIT].max() - 1),
            "alarm_profit": float((alarm["profit_seller_usd"] - calm["profit_seller_usd"]).mean()),
        }  # fmt: skip
    return found


EXPERIMENT = Experiment(
    name="characteristic_2_proactive_management", title="Proactive management", dial="management.initiative",
    variants={level + event: {"dials.management.initiative": value, **more}
              for event, more in EVENTS.items() for level, value in LEVELS.items()},
    measures={"fill_rate": "+", "peak_fill_rate": "+", "days_of_cover": "-", "profit_seller_usd": "+",
              "canal_recovery": "-", "canal_lost": "-", "front_loading": "+", "alarm_profit": "-"},
    units={"peak_fill_rate": "share", "canal_recovery": "days", "canal_lost": "%", "front_loading": "%",
           "alarm_profit": "USD/day"},
    settings={"start": "2024-09-15", "warmup": 60, "days": 75}, score=score, watch=watch,
)  # fmt: skip

if __name__ == "__main__":
    main(EXPERIMENT)
