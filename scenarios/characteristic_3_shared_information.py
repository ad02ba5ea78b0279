"""Shared integrated information: who is a member, how late, how exact and how far up reports are, one at a time."""

from abm.study.experiments import Experiment
from abm.study.scripted import main

KEPT = {f"categories.{name}.returns": 0.0 for name in ("apparel", "electronics")}
"""Worlds in which what buyers order is not less than what shoppers buy for the packs that come back to the shelf."""
FULL = {"share": 1.0, "latency": 0, "accuracy": 1.0, "visibility": 1.0}


def dials(**changes: float) -> dict[str, float]:
    """The dials of information, at full unless said."""
    return {f"dials.information.{name}": value for name, value in {**FULL, **changes}.items()}


EXPERIMENT = Experiment(
    name="characteristic_3_shared_information",
    title="Shared integrated information",
    dial="information.share; .latency, .accuracy, .visibility",
    variants={
        "off": dials(share=0.0), "half": dials(share=0.5), "full": dials(), "28 days late": dials(latency=28),
        "a tenth wrong": dials(accuracy=0.9), "seen by half the tiers": dials(visibility=0.5),
        "off, none sent back": dials(share=0.0) | KEPT, "full, none sent back": dials() | KEPT,
    },
    measures={
        "amplification_tier_2": "-", "amplification_tier_3": "-", "amplification_tier_4": "-",
        "forecast_error_tier_2": "-", "forecast_error_tier_3": "-", "record_error": "-", "fill_rate": "+",
        "profit_supplier_usd": "+", "profit_manufacturer_usd": "+", "profit_seller_usd": "",
    },
    settings={"start": "2024-07-01", "warmup": 60, "days": 120},
    since=20,
)  # fmt: skip

if __name__ == "__main__":
    main(EXPERIMENT)
