"""What firms know of demand: members read sales at the end of the chain, adopters the calendar, others their orders."""

import numpy as np
import pytest

from abm import foresight

SHARED = {
    "dials__information__share": 1.0, "dials__information__latency": 0, "dials__information__accuracy": 1.0,
    "dials__channels__adoption": 0.0,
}  # fmt: skip
ALONE = {"dials__information__share": 0.0, "dials__channels__adoption": 0.0}
DEEP = 12


def lived(market, days, **changes):
    """A tiny market after some days."""
    made = market(warmup=0, **changes)
    for _ in range(days):
        made.step()
    return made


def end_demand(world):
    """Packs that shoppers asked of each node, and what that asks of all nodes above, link by link, in hundredths."""
    nodes, links = world.nodes, world.links
    shoppers = nodes.ordered.astype(float)
    rows = [link for link in range(len(links)) if links.supplier[link] >= 0]
    for link in rows:
        shoppers[links.supplier[link]] -= links.asked[link] * links.per_unit[link]
    total = shoppers.copy()
    for _ in range(DEEP):
        below, total = total, shoppers.copy()
        for link in rows:
            if links.alive[link]:
                total[links.supplier[link]] += below[links.buyer[link]] * links.share[link] * links.per_unit[link]
    return np.floor(100.0 * total + 0.5)


def yesterday(world):
    return (world.day - 1) % world.nodes.demand.shape[1]


def upstream(world):
    """Nodes of firms of the second tier and above."""
    return foresight.tiers(world)[world.nodes.firm] > 1


def test_members_record_what_consumers_wanted_at_the_end_of_their_chains(market):
    world = lived(market, 12, **SHARED).world
    assert (world.nodes.told == 1).all()
    assert (world.nodes.on_hand > 0).all()  # no shelf is empty, so none reports what it expected
    assert world.nodes.demand[:, yesterday(world)].tolist() == end_demand(world).tolist()
    assert world.nodes.demand[upstream(world), yesterday(world)].sum() > 0


def test_a_report_takes_its_days_up_the_chain_but_a_seller_sees_its_own_sales_at_once(market):
    late, seen, compared = market(warmup=0, **{**SHARED, "dials__information__latency": 5}), [], 0
    for _ in range(12):
        late.step()
        world = late.world
        empty = (world.nodes.on_hand == 0) & (world.nodes.ordered == 0)  # such a shelf tells what it expected
        seen.append(None if empty.any() else end_demand(world))
        above, today = upstream(world), world.nodes.demand[:, yesterday(world)]
        assert (world.nodes.told[above] == (world.day > 5)).all()
        if seen[-1] is not None:
            assert today[~above].tolist() == seen[-1][~above].tolist()
        if len(seen) > 5 and seen[-6] is not None:
            compared += 1
            assert today[above].tolist() == seen[-6][above].tolist()
    assert compared > 2


def test_how_far_up_the_chain_reports_are_seen_is_a_dial(market):
    for visibility, least in ((0.0, 1), (0.4, 2), (1.0, 4)):
        world = lived(market, 3, **{**SHARED, "dials__information__visibility": visibility}).world
        tier = foresight.tiers(world)[world.nodes.firm]
        assert (world.nodes.told == (tier <= least)).all()


def test_outside_the_system_records_are_of_own_orders_with_an_error(market):
    world = lived(market, 20, **ALONE).world
    assert not world.firms.connected.any()
    assert not world.nodes.told.any()
    own, written = 100 * (world.nodes.ordered - world.nodes.short), world.nodes.demand[:, yesterday(world)]
    assert (np.abs(written - own) <= 0.5 * own + 1).all()
    assert (written != own)[own > 100].all()
    assert (world.nodes.recorded != world.nodes.on_hand).mean() > 0.5
    exact = lived(market, 20, **SHARED).world
    assert (exact.nodes.recorded == exact.nodes.on_hand).all()


def test_a_buyer_outside_the_system_is_seen_by_its_orders(market):
    half = lived(market, 25, **{**SHARED, "dials__information__share": 0.5}).world
    nodes, links = half.nodes, half.links
    assert 0 < half.firms.connected.sum() < len(half.firms)
    told, hidden = nodes.told[links.supplier] > 0, nodes.told[links.buyer] == 0
    found = 0
    for link in np.flatnonzero(told & hidden & (links.supplier >= 0)):
        alone = (links.supplier == links.supplier[link]).sum() == 1 and not (
            half.offers.node == links.supplier[link]
        ).any()
        if alone:
            found += 1
            asked = links.asked[link] * links.per_unit[link]
            assert nodes.demand[links.supplier[link], yesterday(half)] == 100 * asked
    assert found > 0


@pytest.mark.parametrize(("dial", "column"), [("information__share", "connected"), ("channels__adoption", "adopted")])
def test_a_larger_share_contains_the_smaller(dial, column, market):
    before = None
    for share in (0.0, 0.2, 0.5, 0.8, 1.0):
        members = getattr(lived(market, 1, **{f"dials__{dial}": share}).world.firms, column) > 0
        assert before is None or (members | before).tolist() == members.tolist()
        before = members
    assert before.all()


AUTUMN = {"start": "2024-10-08", "dials__dynamics__entry": 0.0}
"""Weeks before the eleventh of November, to which orders look ahead."""


def test_only_order_systems_that_take_notices_know_the_campaign_weeks(market):
    told, alone = (
        lived(market, 2, **AUTUMN, **{**SHARED, "dials__channels__adoption": share}).world for share in (1.0, 0.0)
    )
    above = upstream(told)
    assert (alone.nodes.season[above] == 1.0).all()
    assert (told.nodes.season[above] != 1.0).all()
    assert told.nodes.season[~above].tolist() == alone.nodes.season[~above].tolist()
    assert (alone.nodes.season[~above] != 1.0).all()


def test_who_is_told_of_sales_without_knowing_the_calendar_takes_them_for_those_of_a_flat_day(market):
    world = lived(market, 2, **AUTUMN, **{**SHARED, "dials__channels__adoption": 0.0}).world
    told = (world.nodes.told > 0) & upstream(world)
    assert told.any()
    assert (world.nodes.index[told] == 1.0).all()
    assert (world.nodes.index[~upstream(world) & (world.nodes.market >= 0)] != 1.0).all()


def test_suppliers_see_the_peak_earlier_than_those_they_supply(market):
    dials = {**SHARED, "dials__channels__adoption": 1.0, "dials__dynamics__rewiring": 0.0}
    made, expects = market(warmup=0, **AUTUMN, **dials), []
    size = len(made.world.nodes)
    for _ in range(40):
        made.step()
        expects.append(made.world.nodes.expects[:size].copy())
    first = np.argmax(np.array(expects) >= 0.9 * np.max(expects, axis=0), axis=0)
    tier = foresight.tiers(made.world)[made.world.nodes.firm[:size]]
    assert first[tier == 4].max() < np.median(first[tier == 2]) < first[tier == 1].max()


def test_a_notice_stops_where_one_order_system_does_not_take_it(market):
    world = lived(market, 1, **AUTUMN, **ALONE).world
    world.firms.adopted[:] = 1
    world.firms.adopted[foresight.tiers(world) == 2] = 0
    visits = np.full((3, len(world.countries)), 2.0)
    wanted = foresight.calendar(world, foresight.climb(world), visits, early=False)
    season = foresight.against_a_flat_day(wanted)
    tier = foresight.tiers(world)[world.nodes.firm]
    assert season[tier == 1] == pytest.approx(2.0, abs=1e-3)
    assert (season[tier == 4] == 1.0).all()


def amplified(made, tier):
    """Variation of a tier's weekly orders against that of the packs that consumers bought."""
    rows = made.world.daily
    weeks = len(rows) // 7 * 7
    orders, sales = (np.reshape([row[name] for row in rows[:weeks]], (-1, 7)).sum(axis=1) for name in
                     (f"ordered_tier_{tier}", "sold_tier_1"))  # fmt: skip
    return (orders.std() / orders.mean()) / (sales.std() / sales.mean())


def test_sharing_what_consumers_buy_tames_the_orders_of_the_source(market):
    rule = [{"name": name, "stocking": {"rule": "order_up_to"}} for name in
            ("cotton", "knits", "tailors", "us-tailors", "sellers", "label", "store")]  # fmt: skip
    found = [lived(market, 110, firms=rule, demand__seasons=False, **dials) for dials in (ALONE, SHARED)]
    assert amplified(found[1], 4) < 0.8 * amplified(found[0], 4)


NAMES = ("cotton", "knits", "tailors", "us-tailors", "sellers", "label", "store")


def all_by(capacity=0.9, **rules):
    """Every maker and seller decides by these rules, with a little too little capacity."""
    used = {decision: {"rule": rule} for decision, rule in rules.items()}
    return [{"name": name, "capacity_factor": capacity, **used} for name in NAMES]


@pytest.fixture(scope="module")
def usual(market):
    """What was measured in a market of the usual rules."""
    return lived(market, 75, firms=all_by()).world.daily


@pytest.mark.parametrize(
    ("stocking", "forecast", "rationing"),
    [
        ("vendor_managed", "plan", "first_come"),
        ("r_Q", "ar1", "uniform"),
        ("sterman", "moving_average", "priority"),
        ("s_S", "plan", "proportional"),
    ],
)
def test_goods_flow_by_any_rule_and_nothing_is_lost(stocking, forecast, rationing, market, usual):
    firms = all_by(stocking=stocking, forecast=forecast, rationing=rationing)
    made = lived(market, 75, firms=firms, audited=True)
    sold, others = (sum(row["sold_tier_1"] for row in days) for days in (made.world.daily, usual))
    assert 0.7 * others < sold < 1.4 * others
    assert all(sum(row[f"ordered_tier_{tier}"] for row in made.world.daily) > 0 for tier in (1, 2, 3, 4))
    assert repr(made.world.daily) != repr(usual)


def test_who_waited_longest_is_served_first(market):
    made = market(warmup=0, firms=all_by(0.3, rationing="first_come"), dials__dynamics__entry=0.0,
                  dials__dynamics__rewiring=0.0)  # fmt: skip
    skipped = compared = 0
    waits = np.zeros(len(made.world.links), np.int64)
    for _ in range(40):
        before = made.world.links.backlog.copy()
        made.step()
        links = made.world.links
        new = np.zeros(len(links) - len(before), np.int64)
        before, waits = np.append(before, new), np.append(waits, new)
        fresh = (before == 0) & (links.backlog > 0)
        waits[fresh] = (
            made.world.day - 1
        )  # the day whose orders these are, remembered here and not taken from the links
        kept = (before > 0) & (links.backlog > 0)
        assert links.since[fresh | kept].tolist() == waits[fresh | kept].tolist()
        for maker in np.unique(links.make[links.make >= 0]):
            mine = np.flatnonzero((links.make == maker) & (links.alive > 0))
            left = mine[links.backlog[mine] > 0]
            served = mine[(links.backlog[mine] == 0) & (before[mine] > 0)]
            fed = [k for k in left if links.supplier[k] < 0 or made.world.nodes.on_hand[links.supplier[k]] > 0]
            for k in fed:
                compared += len(served)
                skipped += int((links.since[served] > links.since[k]).sum())
    assert compared > 0
    assert skipped == 0


def test_the_plan_of_buyers_is_what_their_supplier_forecasts(market):
    firms = [{"name": name, "forecast": {"rule": "plan"}} for name in ("cotton", "knits", "tailors", "us-tailors")]
    world = lived(market, 25, firms=firms, **{**ALONE, "dials__channels__adoption": 1.0}).world
    smoothed = lived(market, 25, **{**ALONE, "dials__channels__adoption": 1.0}).world
    above = upstream(world)
    assert (world.nodes.forecast[above] != smoothed.nodes.forecast[above]).any()
    assert world.nodes.forecast[above] == pytest.approx(world.nodes.baseline[above], rel=1.0, abs=1.0)
