"""Which figures a report has, in order, each with a heading and a sentence that says what is seen."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

from matplotlib import rc_context

from abm.show import plots, totals
from abm.show.plots import STYLE, Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from abm.study.run import Run

PLOTS = (
    Plot("demand", "Demand", "Orders, what consumers paid, and how many visits end in an order.", plots.demand),
    Plot("earners", "Who earns", "What firms of each kind keep in cash and treasuries take in the reported days. What "
         "is paid to workers, owners and the makers of raw material is not kept.", totals.earners),
    Plot("waterfall", "What a pack costs", "From the list price to what was paid at the order; the mean of all packs "
         "sold.", totals.waterfall),
    Plot("landed", "Landed price by day", "The parts of what a pack costs at the door, before coupons.", plots.landed),
    Plot("lanes", "Ways", "Parcels from the country of last manufacture to the market, by mode.", totals.lanes),
    Plot("trade", "Trade", "The value of what was sold on the same ways.", plots.trade),
    Plot("parcels", "Modes", "Parcels sent and packs given back, by fulfilment mode.", plots.parcels),
    Plot("durations", "Days to the door", "How many parcels took how many days, each mode to its own height; a black "
         "line stands where half have come.", totals.durations),
    Plot("delivery", "Delivery", "Days from order to door, and parcels that come when promised.", plots.delivery),
    Plot("service", "Stock and service", "Orders that find stock, those that do not, and how long stock lasts.",
         plots.service),
    Plot("border", "Border", "Duty and VAT taken, and what waits.", plots.border),
    Plot("network", "Chains that share firms", "The chains that sell most; lines join who supplies whom, thicker where "
         "several chains do.", totals.network),
    Plot("chain", "Along the chain", "Orders by steps from the consumer, weeks or days in a short run; a bar "
         "above that of the consumers is amplification.", plots.chain),
    Plot("money", "Money", "Cash of firms by kind, and how sellers' sales are spread.", plots.money),
    Plot("turnover", "Firms and chains", "Who trades, who came and left, what was moved.", plots.turnover),
    Plot("quality", "Reviews and rates", "Reviewed quality; exchange rates, in colour those that moved "
         "farthest; freight rates.", plots.quality),
)  # fmt: skip


def drawn(plot: Plot, run: Run) -> Figure:
    """Draw a figure in the house's style."""
    with rc_context(STYLE):
        return plot.draw(run)


def saved(figure: Figure, where: str | os.PathLike[str] | IO[bytes], kind: str = "svg") -> None:
    """Write a figure as SVG or PNG, laid out once for all: matplotlib would draw all of it once more for the layout."""
    with rc_context(STYLE):
        if (layout := figure.get_layout_engine()) is not None:
            layout.execute(figure)
            figure.set_layout_engine("none")
        figure.savefig(where, format=kind, dpi=110, metadata={"Date": None} if kind == "svg" else None)
