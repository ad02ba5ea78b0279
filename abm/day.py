"""The day: one page of phases, in the order in which things happen."""

from __future__ import annotations

from abm.phases import Phase
from abm.phases.arrivals import arrivals
from abm.phases.border import border
from abm.phases.choice import choice
from abm.phases.feedback import feedback
from abm.phases.fulfilment import fulfilment
from abm.phases.information import information
from abm.phases.management import management
from abm.phases.marketing import marketing
from abm.phases.matching import matching
from abm.phases.measures import measures
from abm.phases.payments import payments
from abm.phases.pricing import pricing
from abm.phases.replenishment import replenishment
from abm.phases.shocks import shocks
from abm.phases.turnover import turnover

DAY: tuple[Phase, ...] = (
    shocks,  # dated changes; exchange rates walk
    border,  # today's law and freight give every offer its landed price
    arrivals,  # goods and parcels reach customs, shelves and doors
    marketing,  # campaigns; platforms rebuild their pages
    choice,  # needs arise; shoppers read a page and pick, or not
    matching,  # payments are authorised; orders meet stock; business books are rationed
    fulfilment,  # what was promised departs
    feedback,  # experience becomes reviews, loyalty, returns
    payments,  # escrow, fees, freight, taxes, credit, wages
    information,  # what was asked and sold is recorded; forecasts follow
    replenishment,  # every node places orders, answered tomorrow
    pricing,  # prices whose review is due
    management,  # suppliers, lanes and modes are weighed again
    turnover,  # the insolvent leave, entrants come, chains are rebuilt
    measures,  # what the user reads
)
