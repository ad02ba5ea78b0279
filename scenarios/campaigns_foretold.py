"""Campaigns foretold: a sale that makes needs, on lean shelves; told of, planned for, filled by suppliers, or false.

Each shopper needs something once in eight days and acts on it once, so that a sale can bring many to the shops at once.
"""

from collections.abc import Mapping

import pandas as pd

from abm import load
from abm.study.experiments import Experiment, Scores, means
from abm.study.scripted import main

SALE, LASTS, AFTER = 10, 3, 21
"""Day of the sale, how long it lasts, and the days after it that count as its wake."""
EVENT = {"name": "sale", "day": SALE, "days": LASTS, "share": 0.0, "factor": 6.0}
MAKERS, SHOPS = ([one.name for one in load("three_countries").firms if one.kind in kinds]
                 for kinds in (("supplier", "manufacturer"), ("seller", "retailer")))  # fmt: skip


def stocking(firms: list[str], cover: float, rule: str = "proportional") -> dict[str, object]:
    """Settings by which firms stock by a rule with so many days for surprises."""
    return {f"firms.{name}.stocking": {"rule": rule, "cover": cover} for name in firms}


def world(adoption: float, rule: str = "proportional", **event: object) -> dict[str, object]:
    """Lean shelves, and a sale that firms always know of unless ``event`` tells them later; none where its day is 0."""
    sale = EVENT | event
    return {"dials.channels.adoption": adoption, "campaigns": [sale] if sale["day"] else [],
            **stocking(MAKERS, 1.0), **stocking(SHOPS, 0.0, rule)}  # fmt: skip


def score(days: Mapping[str, pd.DataFrame]) -> Scores:
    """All days, and the orders of those of the sale and of its wake that found stock."""
    found = {name: means(one, [*filter(one.columns.__contains__, EXPERIMENT.measures)]) for name, one in days.items()}
    for name, one in days.items():
        for what, since, until in (("sale", SALE, SALE + LASTS), ("wake", SALE + LASTS, SALE + LASTS + AFTER)):
            part = one.loc[since : until - 1, ["orders", "lost"]].sum()
            found[name][f"{what}_fill_rate"] = float(part["orders"] / part.sum()) if part.sum() else float("nan")
    return found


EXPERIMENT = Experiment(
    name="campaigns_foretold", title="Campaigns foretold", dial="channels.adoption; a sale's announcement and truth",
    variants={"off": world(0.0), "half": world(0.5), "full": world(1.0), "off, untold": world(0.0, announced=SALE),
              "full, up to": world(1.0, "order_up_to"), "full, vendor-managed": world(1.0, "vendor_managed"),
              **{f"{name}, {how}": world(level, **event) for how, event in (("false", {"truth": 0.0}),
                 ("calm", {"day": 0})) for name, level in (("off", 0.0), ("full", 1.0))}},
    measures={"sale_fill_rate": "+", "wake_fill_rate": "+", "fill_rate": "+", "forecast_error_tier_2": "-",
              "forecast_error_tier_3": "-", "days_of_cover": "", "profit_seller_usd": "+",
              "profit_manufacturer_usd": "", "profit_supplier_usd": ""},
    units={"sale_fill_rate": "share", "wake_fill_rate": "share"}, consumers=100_000,
    settings={"start": "2024-08-31", "warmup": 45, "days": 45, "demand.visits": 0.12, "demand.longest": 0,
              "dials.information.share": 0.0}, score=score,
)  # fmt: skip

if __name__ == "__main__":
    main(EXPERIMENT)
