"""Everybody who decides, as Mesa agents: firms, people, and what they stand in."""

from __future__ import annotations

from abm.agents.asked import each
from abm.agents.firms import Firm
from abm.agents.pages import Page
from abm.agents.people import Consumer, People
from abm.agents.trade import Chain, Node, Offer

__all__ = ["Chain", "Consumer", "Firm", "Node", "Offer", "Page", "People", "each"]
