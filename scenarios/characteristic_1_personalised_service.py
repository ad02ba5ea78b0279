"""Personalised service: pages, coupons and delivery for each shopper, beside pages that know someone else.

Pages have six slots: of eighteen listings the usual sixteen show nearly all to everybody.
"""

import numpy as np

from abm.day import DAY
from abm.phases import Phase, phase
from abm.study.experiments import Experiment
from abm.study.scripted import main
from abm.world import World


def placebo() -> tuple[Phase, ...]:
    """The day in which pages are made for each segment, and everybody reads those of the shopper before them."""
    known: list[np.ndarray] = []

    @phase(writes="consumers.segment")
    def mistake(world: World) -> None:
        """Segments as large and as fickle as those learned, but blind."""
        people = world.consumers
        known.append(people.segment.copy())
        order = np.lexsort((np.arange(len(people)), people.storefront))
        people.segment[order] = np.roll(people.segment[order], 1)

    @phase(writes="consumers.segment")
    def undo(world: World) -> None:
        """What platforms have learned is theirs again."""
        world.consumers.segment[:] = known.pop()

    at = next(row for row, one in enumerate(DAY) if one.name == "choice")
    return (*DAY[:at], mistake, DAY[at], undo, *DAY[at + 1 :])


PARTS = ("pages", "coupons", "delivery")


def dials(**levels: float) -> dict[str, float]:
    """The three dials, off unless said."""
    return {f"dials.personalisation.{part}": levels.get(part, 0.0) for part in PARTS}


EXPERIMENT = Experiment(
    name="characteristic_1_personalised_service",
    title="Personalised service",
    dial="personalisation.pages, .coupons, .delivery",
    variants={"off": dials(), "half": dials(**dict.fromkeys(PARTS, 0.5)), "full": dials(**dict.fromkeys(PARTS, 1.0)),
              **{f"{part} only": dials(**{part: 1.0}) for part in PARTS}, "placebo": dials(pages=1.0)},
    measures={"experienced_surplus": "+", "conversion": "+", "long_tail_share": "+", "style_mismatch": "-",
              "delivery_days": "", "coupon_usd": "", "orders": "+"},
    settings={"start": "2024-10-01", "warmup": 60, "days": 60, "platform.slots": 6},
    phases={"placebo": placebo},
)  # fmt: skip

if __name__ == "__main__":
    main(EXPERIMENT)
