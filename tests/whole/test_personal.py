"""Service person by person: segments from purchases and never from tastes, coupons by page, slots by second price."""

import numpy as np
import pytest

from abm.day import DAY
from abm.passing import Orders
from abm.phases import Phase
from abm.settlement import Reason
from abm.world import Outcome
from kernels.chance import words
from kernels.people import TASTES

KEEN = {
    "demand__propensity": 0.5, "demand__style": 1.0, "demand__groups": 2, "demand__group_gap": 0.8,
    "platform__segments": 2, "warmup": 0,
}  # fmt: skip
"""Shoppers of two kinds who buy often and mind style."""
LEARNED = ("learned", "segment", "bought", "storefront")


def blind(day):
    """The day, with tastes in sight only while shoppers choose and while what they want is measured."""
    hidden = {}

    def hide(world):
        """Nobody can read a taste."""
        hidden["taste"] = world.consumers.taste.copy()
        world.consumers.taste[:] = np.nan

    def show(world):
        """Shoppers know their own."""
        if hidden:
            world.consumers.taste[:] = hidden["taste"]

    names = [phase.name for phase in day]
    before, after, last = names.index("choice"), names.index("matching") + 1, names.index("measures")
    on, off = Phase("show", "", frozenset(), frozenset(), show), Phase("hide", "", frozenset(), frozenset(), hide)
    return (*day[:before], on, *day[before:after], off, *day[after:last], on, *day[last:], off)


def test_segments_are_learned_without_a_look_at_tastes(market):
    seeing, unseeing = (market(warmup=0, consumers=2000, phases=day).run(90).world for day in (DAY, blind(DAY)))
    assert np.isnan(unseeing.consumers.taste).all()
    for column in LEARNED:
        assert getattr(seeing.consumers, column).tobytes() == getattr(unseeing.consumers, column).tobytes()
    assert seeing.storefronts.centre.tobytes() == unseeing.storefronts.centre.tobytes()
    assert seeing.storefronts.crowd.sum() > 500


def hidden_groups(world):
    """The group of tastes from which each consumer was drawn: known here and nowhere in the market."""
    out = np.empty((len(world.consumers), 4), np.uint32)
    words(np.uint64(world.scenario.seed), np.arange(len(out), dtype=np.uint64), np.uint32(0), TASTES, out)
    return (out[:, 2].astype(np.int64) * world.scenario.demand.groups) >> 32


def pairs(counts):
    return int((counts * (counts - 1) // 2).sum())


def adjusted_rand(one, other):
    """Hubert and Arabie (1985), equation 5."""
    table = np.zeros((one.max() + 1, other.max() + 1), np.int64)
    np.add.at(table, (one, other), 1)
    rows, columns, both = pairs(table.sum(axis=1)), pairs(table.sum(axis=0)), pairs(table)
    expected = rows * columns / (len(one) * (len(one) - 1) / 2)
    return (both - expected) / ((rows + columns) / 2 - expected)


def agreement(world):
    """Adjusted Rand index of segments and hidden groups, mean over storefronts."""
    group, front = hidden_groups(world), world.front_of(np.arange(len(world.consumers)))
    known = world.consumers.bought.any(axis=1)
    mine = [np.flatnonzero(known & (front == row)) for row in range(len(world.storefronts))]
    return np.mean([adjusted_rand(world.consumers.segment[rows].astype(int), group[rows]) for rows in mine])


def test_learned_segments_come_closer_to_hidden_groups_with_purchases(market):
    made = market(**KEEN)
    assert abs(agreement(made.run(10).world)) < 0.05
    found = [agreement(made.run(days).world) for days in (18, 28, 56)]
    assert 0.5 < found[0] < found[1] < found[2]


def test_pages_of_segments_differ_as_far_as_they_are_personal(market):
    from abm.phases.marketing import _wants

    for dial in (0.0, 0.5, 1.0):
        world = market(dials__personalisation__pages=dial, **KEEN).run(30).world
        want = _wants(world).reshape(len(world.storefronts), 2, 4)
        apart = np.abs(want[:, 0, 2] - want[:, 1, 2])
        assert (apart > 0.04 * dial).all() if dial else not apart.any()
        bought = np.sign(world.storefronts.centre[:, 0, 2] - world.storefronts.centre[:, 1, 2])
        assert (np.sign(want[:, 0, 2] - want[:, 1, 2]) == bought * (dial > 0)).all()


@pytest.fixture(scope="module")
def event(market):
    """The market on each day of a week with an event, its segments learned before."""
    made = market(warmup=90, start="2024-11-27", consumers=3000)
    made.run(0)
    days = []
    for _ in range(5):
        made.step()
        world = made.world
        rows = np.flatnonzero(world.orders.outcome == Outcome.BOUGHT)
        orders = Orders.of(len(rows), **{name: getattr(world.orders, name)[rows] for name in Orders.columns})
        offers = {name: getattr(world.offers, name)[orders.offer] for name in ("value_cents", "landed_cents", "dest")}
        front, rest = np.divmod(orders.page, len(world.categories) * world.scenario.platform.segments * 8)
        segment = rest // 8 % world.scenario.platform.segments
        price = world.storefronts.centre[front, segment, 0]
        crowd = world.storefronts.crowd[front]
        mean = (crowd * world.storefronts.centre[front, :, 0]).sum(axis=1) / crowd.sum(axis=1)
        ppm = world.pages.coupon_ppm[orders.page, orders.slot]
        open_day = world.seasons.on(world.first + world.day - 1).event[offers["dest"]]
        days.append({"orders": orders, **offers, "dearer": np.sign(price - mean), "ppm": ppm, "event": open_day})
    return days


def test_coupons_go_to_segments_that_buy_below_the_mean_on_days_of_events(event):
    given = np.concatenate([day["ppm"] for day in event])
    dearer, on = (np.concatenate([day[name] for day in event]) for name in ("dearer", "event"))
    assert set(given[(on == 0) | (dearer > 0)].tolist()) == {0}
    assert set(given[dearer == 0].tolist()) <= {0, 80_000}  # whoever knows nothing of shoppers gives to all alike
    assert 160_000 in given[(on > 0) & (dearer < 0)]
    assert (given > 0).sum() > 20


def test_a_coupon_is_the_sellers_rebate_on_the_quote_of_one_page(event):
    for day in event:
        off = (2 * day["value_cents"] * day["ppm"].astype(np.int64) + 1_000_000) // 2_000_000
        assert day["orders"].coupon_cents.tolist() == off.tolist()
        assert day["orders"].paid_cents.tolist() == (day["landed_cents"] - off).tolist()


def test_where_coupons_are_not_aimed_every_page_has_the_same(market):
    made = market(warmup=0, start="2024-11-29", dials__personalisation__coupons=0.0)
    made.step()
    world = made.world
    assert not world.pages.coupon_ppm.any()
    rebates = world.offers.coupon_cents
    assert (rebates > 0).any()
    assert set(rebates[rebates > 0].tolist()) <= set((world.offers.value_cents * 80_000 // 1_000_000).tolist())


@pytest.mark.parametrize("dial", [0.0, 1.0])
def test_shoppers_choose_how_a_pack_comes_or_take_the_offer_that_leads(dial, market):
    made, chosen = market(warmup=0, dials__personalisation__delivery=dial), []
    for _ in range(8):
        made.step()
        orders, pages = made.world.orders, made.world.pages
        alone = np.flatnonzero((orders.tried == 0) & (orders.offer >= 0))
        chosen.append(orders.offer[alone] == pages.offer[orders.page[alone], orders.slot[alone]])
    lead = np.concatenate(chosen).mean()
    assert lead == 1.0 if dial == 0.0 else 0.2 < lead < 0.95


def test_sellers_owe_platforms_what_their_slots_cost_and_pay_it(market):
    made = market(warmup=0, consumers=3000, phases=DAY)
    world, owed, billed = made.world, {}, {}
    for _ in range(30):
        made.step()
        for _, _, bills in world.invoices.every():
            mine = bills.take((bills.reason == Reason.ADVERTISING) & (bills.issued == world.day - 1))
            for payer, payee, cents in zip(mine.payer, mine.payee, mine.amount_cents, strict=True):
                billed[int(payer), int(payee), world.day - 1] = billed.get((payer, payee, world.day - 1), 0) + cents
        orders = world.orders
        for row in np.flatnonzero(orders.outcome == Outcome.BOUGHT).tolist():
            cents = int(world.pages.ad_cents[orders.page[row], orders.slot[row]])
            seller = world.listings.seller[world.offers.listing[orders.offer[row]]]
            front = orders.page[row] // (len(world.categories) * world.scenario.platform.segments * 8)
            payee = world.firms.account[world.storefronts.platform[front]]
            key = int(world.firms.account[seller]), int(payee), world.day
            if cents:
                owed[key] = owed.get(key, 0) + cents
    assert sum(owed.values()) > 1000
    assert {key: cents for key, cents in owed.items() if key[2] < 30} == billed


def test_bids_follow_the_part_of_sales_that_goes_into_advertising(market):
    made = market(warmup=0, consumers=3000)
    world = made.run(90).world
    firms = world.firms
    part = firms.ads_ma[firms.sales_ma > 0] / firms.sales_ma[firms.sales_ma > 0]
    bid = firms.bid_share[firms.sales_ma > 0]
    assert (bid[part < 0.03] > 0.5).all()
    assert (bid[part > 0.12] < 0.5).all()
    assert 0.02 < firms.ads_ma.sum() / firms.sales_ma.sum() < 0.09
    assert (firms.bid_share[firms.sales_ma == 0] == 0.5).all()


def test_without_slots_for_sale_nobody_owes_anything(market):
    world = market(warmup=0, platform__paid_share=0.0).run(20).world
    assert not world.pages.ad_cents.any()
    assert not world.firms.ads_ma.any()


def test_experienced_surplus_falls_when_claims_are_not_true(market):
    plain, made = market(warmup=0), market(warmup=0)
    made.world.products.quality[:] -= 1.0
    felt = [one.run(1).daily.iloc[0] for one in (plain, made)]
    assert felt[0]["surplus"] == felt[1]["surplus"]
    assert felt[0]["experienced_surplus"] > felt[1]["experienced_surplus"]


def test_who_is_disappointed_by_a_storefront_goes_elsewhere_and_others_stay(market):
    made = market(warmup=0, consumers=4000)
    before = made.world.consumers.storefront.copy()
    world = made.run(56).world
    moved = (world.consumers.storefront != before).mean()
    assert 0.01 < moved < 0.3
    assert (world.storefronts.surplus > 0).all()
