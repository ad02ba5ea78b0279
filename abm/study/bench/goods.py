"""Orders against stock, and inventory period by period: the kernels against what else does the same."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from abm.study.bench.measure import Row, Setting, Task, rounds, times_faster, typical
from abm.study.validation.periods import Arc, Point, System, up_to
from kernels.matching import match

I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]
U4 = NDArray[np.uint32]
NODES = 10_000
SHORT = 0.1
"""Part of the stocking points that are short."""
LEVELS, LEADS = (14, 14, 21), (1, 1, 2)
"""Base stocks and lead times of three stages in series, the customers' first."""
MEAN = 5.0
PERIODS = 200


class Orders:
    """Orders of one unit, by node and lot, and stock of which a part of the nodes has too little."""

    def __init__(self, count: int, seed: int = 1) -> None:
        chance = np.random.default_rng(seed)
        liked = chance.pareto(1.5, NODES) + 0.1
        self.node: I4 = chance.choice(NODES, count, p=liked / liked.sum()).astype(np.int32)
        self.lot: U4 = chance.integers(0, 2**32, count, dtype=np.uint32)
        self.identity = np.arange(count, dtype=np.uint64)
        asked = np.bincount(self.node, minlength=NODES)
        self.stock: I8 = np.where(chance.random(NODES) < SHORT, asked // 2, asked + 5).astype(np.int64)
        self.filled = np.empty(count, np.uint8)

    def matched(self) -> U1:
        """Who is served, by the kernel."""
        match(self.node, self.lot, self.identity, self.stock, self.filled)
        return self.filled

    def sorted(self) -> U1:
        """Who is served, by sorting everything in NumPy."""
        order = np.lexsort((self.identity, self.lot, self.node))
        node = self.node[order]
        first = np.searchsorted(node, np.arange(NODES))
        served = np.empty(len(node), np.uint8)
        served[order] = np.arange(len(node)) - first[node] < self.stock[node]
        return served


def matching_rows(count: int, times: int) -> list[Row]:
    """Matching against a sort."""
    orders = Orders(count)
    found = rounds([Task("match", orders.matched, count), Task("lexsort", orders.sorted, count)], times)
    setting = Setting(f"{count:,} orders at {NODES:,} nodes, a tenth of them short")
    return [
        Row("matching", "matching", typical(found, "match"), "ns/order", setting=setting),
        Row("matching", "matching against NumPy lexsort", times_faster(found, "match", "lexsort"), "x", 10.0,
            setting=setting),
    ]  # fmt: skip


def demand(copies: int, seed: int = 1) -> I8:
    """Poisson demand of customers, int64[period, copy]."""
    return np.random.default_rng(seed).poisson(MEAN, (PERIODS, copies))


def followed(asked: I8) -> I8:
    """Stock less what is owed at the stages, int64[stage, period, copy], by the market's order rules and rationing."""
    points = [Point(up_to(level), level, lead) for level, lead in zip(LEVELS, LEADS, strict=True)]
    return System(points, [Arc(1, 0), Arc(2, 1)]).run({0: asked}).level


def by_stockpyl(asked: I8) -> I8:
    """The same for one copy, by stockpyl's simulation, int64[stage, period]."""
    from importlib import import_module

    named = {
        "supply_chain_network": ("SupplyChainNetwork",), "supply_chain_node": ("SupplyChainNode",),
        "policy": ("Policy",), "demand_source": ("DemandSource",), "sim": ("simulation",),
    }  # fmt: skip
    of = {name: getattr(import_module(f"stockpyl.{module}"), name) for module, (name,) in named.items()}
    network, nodes = of["SupplyChainNetwork"](), [of["SupplyChainNode"](index=n) for n in range(len(LEVELS))]
    for node, level, lead in zip(nodes, LEVELS, LEADS, strict=True):
        node.shipment_lead_time, node.initial_inventory_level, node.local_holding_cost = lead, level, 1.0
        node.inventory_policy = of["Policy"](type="BS", base_stock_level=level, node=node)
        node.demand_source = of["DemandSource"](type=None)
        network.add_node(node)
    nodes[0].demand_source = of["DemandSource"](type="D", demand_list=[float(units) for units in asked])
    nodes[-1].supply_type = "U"
    network.add_edges_from_list([(2, 1), (1, 0)])
    of["simulation"](network, len(asked), rand_seed=1, progress_bar=False, consistency_checks="N")
    levels = [[sum(node.state_vars[t].inventory_level.values()) for t in range(len(asked))] for node in nodes]
    return np.asarray(levels, np.int64)


def by_supplynetpy(periods: int) -> object:
    """As many periods of three stages in series by SupplyNetPy; its clock is its own, so only its pace is compared."""
    from importlib import import_module

    components = import_module("SupplyNetPy.Components")
    names = ("R1", "D1", "D2")
    nodes: list[dict[str, object]] = [{"ID": "S1", "name": "source", "node_type": "infinite_supplier"}]
    for name, level, kind in zip(names, LEVELS, ("retailer", "distributor", "distributor"), strict=True):
        nodes.append({
            "ID": name, "name": name, "node_type": kind, "capacity": 10 * level, "initial_level": level,
            "inventory_holding_cost": 1.0, "replenishment_policy": components.SSReplenishment,
            "policy_param": {"s": level - 1, "S": level}, "product_buy_price": 1.0, "product_sell_price": 2.0,
        })  # fmt: skip
    chain = (*names, "S1")
    links = [
        {"ID": f"L{n}", "source": chain[n + 1], "sink": chain[n], "cost": 1, "lead_time": lambda days=lead: days}
        for n, lead in enumerate(LEADS)
    ]
    asked = {"ID": "C1", "name": "customers", "order_arrival_model": lambda: 1,
             "order_quantity_model": lambda: round(MEAN), "demand_node": names[0]}  # fmt: skip
    network = components.create_sc_net(nodes=nodes, links=links, demands=[asked])
    return components.simulate_sc_net(network, sim_time=periods, logging=False)


def inventory_rows(copies: int, times: int, peers: bool) -> list[Row]:
    """Node-periods of inventory a second, and against simulators of inventories where they are installed."""
    many = demand(copies)
    one = np.ascontiguousarray(many[:, 0])
    work = len(LEVELS) * PERIODS
    tasks = [Task("ours", lambda: followed(many), work * copies)]
    others: dict[str, tuple[str, float, Callable[[], object]]] = {
        "stockpyl": ("stockpyl", 10_000.0, lambda: by_stockpyl(one)),
        "SupplyNetPy": ("SupplyNetPy", 500.0, lambda: by_supplynetpy(PERIODS)),
    }
    here = [name for name, (module, _, _) in others.items() if peers and find_spec(module) is not None]
    tasks += [Task(name, others[name][2], work) for name in here]
    found = rounds(tasks, times)
    setting = Setting(f"three stages in series, {PERIODS} periods, {copies:,} copies")
    made = [Row("inventory", "node-periods", 1e9 / typical(found, "ours"), "1/s", setting=setting)]
    for name, (_, goal, _) in others.items():
        ratio = times_faster(found, "ours", name) if name in here else None
        note = "" if name in here else "not installed" if peers else "with --peers"
        made.append(Row("inventory", f"inventory against {name}", ratio, "x", goal, setting=setting, note=note))
    return made
