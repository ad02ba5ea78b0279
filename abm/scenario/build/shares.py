"""How orders and firms are divided: a node's orders over its links, a firm's usual flow over its chains."""

from __future__ import annotations

import numpy as np

from abm.columns import F8
from abm.scenario.build.capacities import spread_over
from abm.scenario.build.network import Network
from abm.world import World


def set_shares(world: World, network: Network) -> None:
    """Write each link's part of its buyer's orders, and each chain's part of its members' usual flow."""
    links, members = world.links, world.members
    uses = np.array([network.uses[link] for link in range(len(links))], np.float64)
    links.share[:] = uses / spread_over(links.buyer, uses, len(world.nodes))[links.buyer]
    flow = chain_flows(world)[members.chain]
    total = spread_over(members.firm, flow, len(world.firms))[members.firm]
    count = np.bincount(members.firm, minlength=len(world.firms))[members.firm]
    members.share[:] = np.where(total > 0.0, flow / np.where(total > 0.0, total, 1.0), 1.0 / np.maximum(count, 1))


def chain_flows(world: World) -> F8:
    """Packs a day that each chain sells."""
    chain_of = np.zeros(len(world.products), np.int64)
    chain_of[world.chains.product] = np.arange(len(world.chains))
    return spread_over(chain_of[world.listings.product], world.listings.popularity, len(world.chains))
