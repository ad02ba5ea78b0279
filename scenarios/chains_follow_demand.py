"""Chains and demand: how much of the network is re-laid as more of what shoppers want turns from one kind of goods.

Expected: the more demand moves, the more chains are born, rebuilt and dissolved, the more links, lines and firms move.
"""

from collections.abc import Mapping

import pandas as pd

from abm.study import ties
from abm.study.experiments import Experiment, Scores, means
from abm.study.scripted import main

HIT, MONTH, LOSING, FOLLOWED = 7, 30, "electronics", ("followed:soon", "followed:all")
"""Day of the shift; days after which it is told how soon it is followed; the goods that shoppers turn from."""
PARTS = {"off": 0.0, "half": 0.5, "full": 0.9, "quarter": 0.25}
"""Part of the needs for these goods that are for the others from that day on; as many needs in all."""
CLOSED = {"no rewiring": {"dials.dynamics.rewiring": 0.0},
          "no entry or exit": {"dials.dynamics.entry": 0.0, "dials.dynamics.exit": 0.0}}  # fmt: skip
RELAID, NEW = ([name + group for group in ("", "_losing", "_gaining")] for name in ("relaid", "new_makers"))


def moved(part: float) -> dict[str, object]:
    """Needs of 0.4 for electronics and 0.6 for apparel, a part of the former turned to the latter."""
    needs = {"categories.electronics.needs": 0.4 * (1.0 - part), "categories.apparel.needs": 0.6 + 0.4 * part}
    return {"shocks": [{"day": HIT, "set": needs}]}


def score(days: Mapping[str, pd.DataFrame]) -> Scores:
    """What was re-laid in each world from the shift on, and how far what is made follows, against its calm pair."""
    found = {}
    for name, one in days.items():
        _, _, closed = name.partition(", ")
        calm = days["off, " + closed if closed else "off"]
        found[name] = ties.relaid(one, LOSING, HIT) | ties.shares(one, LOSING, HIT, len(one))
        found[name] |= means(one, ("fill_rate",), HIT)
        found[name] |= {what: ties.followed(calm, one, LOSING, HIT, until) for what, until in
                        zip(FOLLOWED, (min(HIT + MONTH, len(one)), len(one)), strict=True)}  # fmt: skip
    return found


EXPERIMENT = Experiment(
    name="chains_follow_demand", title="Chains follow demand", dial="how much demand moves; dynamics",
    variants={name: moved(part) for name, part in PARTS.items()} | {
        f"{end}, {what}": moved(PARTS[end]) | dials for what, dials in CLOSED.items() for end in ("off", "full")},
    measures=dict.fromkeys((*ties.TURNS, *RELAID, *NEW, "opened"), "+") | {"asked": "-", "made": "-", "fill_rate": "-"}
    | dict.fromkeys(FOLLOWED, ""),
    units=dict.fromkeys((*RELAID, *FOLLOWED), "share") | dict.fromkeys(NEW, "ties")
    | {"opened": "offers", "asked": "% of packs", "made": "% of packs"},
    settings={"start": "2024-03-01", "warmup": 30, "days": 300}, score=score, watch=ties.watch,
)  # fmt: skip

if __name__ == "__main__":
    main(EXPERIMENT)
