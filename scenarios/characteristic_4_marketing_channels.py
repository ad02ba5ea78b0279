"""Marketing channels: notices down and plans up, with and without shared information, in weeks of campaigns."""

from collections.abc import Mapping

import pandas as pd

from abm.study.experiments import Experiment, Scores, means
from abm.study.scripted import main

CAMPAIGN = slice(38, 49)
"""Days about 11 November."""
MEASURES = ("fill_rate", "forecast_error_tier_2", "forecast_error_tier_3", "days_of_cover", "profit_supplier_usd")


def score(days: Mapping[str, pd.DataFrame]) -> Scores:
    """All days, those of the campaign, and what plans add where information is shared, less where it is not."""
    found = {
        name: means(one, MEASURES) | {"campaign_fill_rate": float(one["fill_rate"].loc[CAMPAIGN].mean())}
        for name, one in days.items()
    }
    return found


def dials(adoption: float, share: float = 0.0) -> dict[str, float]:
    """Both dials; information is not shared unless said."""
    return {"dials.channels.adoption": adoption, "dials.information.share": share}


EXPERIMENT = Experiment(
    name="characteristic_4_marketing_channels",
    title="Marketing channels",
    dial="channels.adoption; information.share",
    variants={"off": dials(0.0), "half": dials(0.5), "full": dials(1.0), "off, shared": dials(0.0, 1.0),
              "full, shared": dials(1.0, 1.0)},
    measures={"campaign_fill_rate": "+", "fill_rate": "+", "forecast_error_tier_2": "-", "forecast_error_tier_3": "-",
              "days_of_cover": "", "profit_supplier_usd": ""},
    units={"campaign_fill_rate": "share"},
    settings={"start": "2024-10-01", "warmup": 60, "days": 70},
    score=score,
)  # fmt: skip

if __name__ == "__main__":
    main(EXPERIMENT)
