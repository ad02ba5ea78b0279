"""Two hundred random systems of stockpyl, and its optimisers: the same numbers period by period.

The optional dependencies `peers` bring stockpyl; its serial optimiser needs numpy below 2, an environment of its own.
"""

import numpy as np
import pytest

from abm.study.validation.chains import Assembly, Distribution, Serial
from abm.study.validation.inventory import Newsvendor, OrderQuantity, ReorderBatch, ReorderLevel

stockpyl = pytest.importorskip("stockpyl", reason="stockpyl is not installed: pip install -e '.[peers]'")

PERIODS = 40
SHAPES = {"serial": Serial, "assembly": Assembly, "distribution": Distribution}


def random_system(seed):
    """A system by name of its shape and inputs of its family, whole units throughout."""
    chance = np.random.default_rng(seed)
    shape = ["serial", "assembly", "distribution"][seed % 3]
    count = int(chance.integers(1, 5)) if shape == "serial" else int(chance.integers(2, 6))
    parent = None if shape == "serial" else tuple(int(chance.integers(1, n + 1)) for n in range(1, count))
    if shape == "assembly":
        bill = tuple(int(units) for units in chance.choice([1, 1, 2, 3], count - 1))
    else:
        bill = (1,) * (count - 1)
    leaves = [n for n in range(count) if n + 1 not in (parent or ())] if shape == "distribution" else [0]
    demand = tuple(tuple(float(units) for units in chance.integers(0, 10, PERIODS)) for _ in leaves)
    inputs = {
        "demand": demand,
        "lead_time": tuple(int(days) for days in chance.integers(0, 4, count)),
        "order_lead_time": tuple(int(days) for days in chance.integers(0, 3, count) * (chance.random() < 0.4)),
        "holding_cost": tuple(float(cost) for cost in chance.integers(1, 9, count)),
        "stockout_cost": tuple(float(cost) for cost in chance.integers(0, 40, count)),
    }
    if shape != "serial":
        inputs["parent"] = parent
    if shape == "assembly":
        inputs["bill"] = bill
    scale = flows(shape, count, parent, bill, len(leaves))
    policy = ["base_stock", "s_S", "r_Q"][int(chance.integers(0, 3))]
    low = [int(chance.integers(0, 25)) * units for units in scale]
    if policy == "base_stock":
        return shape, inputs | {"base_stock": tuple(map(float, low))}
    gap = [int(chance.integers(1, 15)) * units for units in scale]
    if policy == "s_S":
        high = tuple(float(s + more) for s, more in zip(low, gap, strict=True))
        return shape, inputs | {"reorder_point": tuple(map(float, low)), "order_up_to": high}
    batch = batches(shape, count, parent, bill, [9 + more for more in gap])
    start = tuple(float(r + Q) for r, Q in zip(low, batch, strict=True))
    return shape, inputs | {
        "reorder_point": tuple(map(float, low)), "order_quantity": tuple(map(float, batch)), "initial_level": start,
    }  # fmt: skip


def flows(shape, count, parent, bill, leaves):
    """Units of each point that a unit of customers' demand takes."""
    scale = [1] * count
    for n in range(1, count):
        if shape == "assembly":
            scale[n] = scale[parent[n - 1] - 1] * bill[n - 1]
    if shape == "distribution":
        scale[0] = leaves
    return scale


def batches(shape, count, parent, bill, least):
    """Batches so large that one always suffices: stockpyl orders one, ours as many as clear the reorder point."""
    batch = list(least)
    if shape == "serial":
        for n in range(1, count):
            batch[n] += batch[n - 1]
    if shape == "assembly":
        for n in range(1, count):
            batch[n] += batch[parent[n - 1] - 1] * bill[n - 1]
    if shape == "distribution":
        for n in range(count - 1, 0, -1):
            batch[parent[n - 1] - 1] += batch[n]
    return batch


def of_stockpyl(shape, inputs):
    """Levels and orders [point, period] and cost of each period, by stockpyl's own simulation."""
    from stockpyl.demand_source import DemandSource
    from stockpyl.policy import Policy
    from stockpyl.sim import simulation
    from stockpyl.supply_chain_network import SupplyChainNetwork
    from stockpyl.supply_chain_node import SupplyChainNode
    from stockpyl.supply_chain_product import SupplyChainProduct

    ours = SHAPES[shape](**inputs)
    count, arcs, sellers = ours.count(), ours.arcs(ours.count()), ours.sellers()
    network = SupplyChainNetwork()
    nodes = [SupplyChainNode(index=n) for n in range(count)]
    for n, node in enumerate(nodes):
        node.shipment_lead_time, node.order_lead_time = inputs["lead_time"][n], inputs["order_lead_time"][n]
        node.local_holding_cost, node.stockout_cost = inputs["holding_cost"][n], inputs["stockout_cost"][n]
        node.supply_type = "U" if all(arc.buyer != n for arc in arcs) else None
        if "base_stock" in inputs:
            policy = Policy(type="BS", base_stock_level=inputs["base_stock"][n], node=node)
            start = inputs["base_stock"][n]
        elif "order_up_to" in inputs:
            start = inputs["order_up_to"][n]
            policy = Policy(type="sS", reorder_point=inputs["reorder_point"][n], order_up_to_level=start, node=node)
        else:
            start = inputs["initial_level"][n]
            policy = Policy(type="rQ", reorder_point=inputs["reorder_point"][n],
                            order_quantity=inputs["order_quantity"][n], node=node)  # fmt: skip
        node.inventory_policy, node.initial_inventory_level = policy, start
        node.demand_source = DemandSource(type=None)
        if n in sellers:
            stream = inputs["demand"][sellers.index(n)]
            node.demand_source = DemandSource(type="D", demand_list=list(stream))
        network.add_node(node)
    network.add_edges_from_list([(arc.supplier, arc.buyer) for arc in arcs])
    if any(arc.units > 1 for arc in arcs):
        products = [SupplyChainProduct(index=100 + n) for n in range(count)]
        for arc in arcs:
            products[arc.buyer].set_bill_of_materials(raw_material=100 + arc.supplier, num_needed=arc.units)
        for node, product in zip(nodes, products, strict=True):
            node.add_product(product)
    simulation(network, PERIODS, rand_seed=1, progress_bar=False, consistency_checks="N")
    seen = [[node.state_vars[t] for t in range(PERIODS)] for node in nodes]
    levels = np.array([[sum(state.inventory_level.values()) for state in node] for node in seen])
    orders = np.array([[sum(state.order_quantity_fg.values()) for state in node] for node in seen])
    cost = np.array([[state.total_cost_incurred for state in node] for node in seen])
    return levels, orders, cost


@pytest.mark.parametrize("seed", range(200))
def test_a_random_system_is_that_of_stockpyl_period_by_period(seed):
    shape, inputs = random_system(seed)
    levels, orders, cost = of_stockpyl(shape, inputs)
    found = SHAPES[shape](**inputs).find()
    assert found["orders"] == pytest.approx(orders, rel=1e-9, abs=1e-6)
    assert found["levels"] == pytest.approx(levels, rel=1e-9, abs=1e-6)
    assert found["cost_per_period"] == pytest.approx(cost.sum(axis=0), rel=1e-9, abs=1e-6)
    assert found["costs"] == pytest.approx(cost.sum(axis=1), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_random_levels_and_batches_are_those_of_stockpyl(seed):
    from stockpyl.eoq import economic_order_quantity_with_backorders
    from stockpyl.newsvendor import newsvendor_normal, newsvendor_poisson
    from stockpyl.rq import r_q_poisson_exact
    from stockpyl.ss import s_s_discrete_exact

    chance = np.random.default_rng(seed)
    h, p = float(chance.uniform(0.1, 3)), float(chance.uniform(3, 40))
    K, mean, lead = float(chance.uniform(1, 60)), float(chance.uniform(0.5, 15)), int(chance.integers(0, 5))
    costs = {"holding_cost": h, "stockout_cost": p}
    found = Newsvendor(**costs, demand_mean=50 + mean, demand_sd=mean, lead_time=lead).find()
    level, cost = newsvendor_normal(h, p, 50 + mean, mean, lead)
    assert [found["S"], found["cost"]] == pytest.approx([level, cost], rel=1e-9)
    found = Newsvendor(**costs, demand_mean=mean).find()
    assert [found["S"], found["cost"]] == pytest.approx(newsvendor_poisson(h, p, mean), rel=1e-9)
    found = ReorderLevel(**costs, fixed_cost=K, demand_mean=mean, simulated_periods=0).find()
    theirs = s_s_discrete_exact(h, p, K, True, mean)
    assert [found["s"], found["S"], found["cost"]] == pytest.approx(theirs, rel=1e-9)
    found = ReorderBatch(**costs, fixed_cost=K, demand_mean=mean, lead_time=lead + 1).find()
    theirs = r_q_poisson_exact(h, p, K, mean, lead + 1)
    assert [found["r"], found["Q"], found["cost"]] == pytest.approx(theirs, rel=1e-9)
    found = OrderQuantity(**costs, fixed_cost=K, demand_rate=mean).find()
    theirs = economic_order_quantity_with_backorders(K, h, p, mean)
    assert [found["Q"], found["x"], found["cost"]] == pytest.approx(theirs, rel=1e-9)


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) >= "2.0.0", reason="stockpyl's optimiser needs numpy below 2")
@pytest.mark.filterwarnings("ignore:Conversion of an array:DeprecationWarning")
@pytest.mark.parametrize("seed", range(5))
def test_random_echelon_levels_are_those_of_stockpyl_within_its_grid(seed):
    from stockpyl.demand_source import DemandSource
    from stockpyl.ssm_serial import optimize_base_stock_levels

    chance = np.random.default_rng(seed)
    count = int(chance.integers(1, 4))
    lead = [int(days) for days in chance.integers(1, 4, count)]
    added = [float(cost) for cost in chance.uniform(0.5, 4, count)]
    p, mean = float(chance.uniform(10, 60)), float(chance.uniform(2, 8))
    found = Serial(first="source", lead_time=tuple(lead), echelon_holding_cost=tuple(added), stockout_cost=p,
                   demand_mean=mean).find()  # fmt: skip
    levels, cost = optimize_base_stock_levels(
        num_nodes=count, echelon_holding_cost=added, lead_time=lead, stockout_cost=p,
        demand_source=DemandSource(type="P", mean=mean),
    )  # fmt: skip
    assert found["echelon_S"].tolist() == [levels[n] for n in range(count, 0, -1)]
    assert found["cost"] == pytest.approx(cost, rel=2e-3)
