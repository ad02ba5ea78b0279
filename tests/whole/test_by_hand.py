"""What phases reckon for all rows at once, reckoned again row by row: books, orders, freight, bills and days."""

from collections import Counter
from math import floor

import numpy as np
import pytest

from abm.day import DAY
from abm.passing import Invoices, Parcels
from abm.phases import fulfilment, information, payments, replenishment
from abm.phases.matching import RELIABILITY_DAYS
from abm.settlement import BANK, Reason, bill
from abm.world import Stage


@pytest.fixture
def lived(market):
    """Live some days; look at the world before and after the phases that are named."""

    def live(days, before=None, after=None, **changes):
        world = market(**{"warmup": 0, "consumers": 3000, **changes}).world
        for _ in range(days):
            for phase in DAY:
                if before and phase.name in before:
                    before[phase.name](world)
                phase(world)
                if after and phase.name in after:
                    after[phase.name](world)
            world.day += 1
        return world

    return live


def kept(table, *names):
    """Columns as they are now, as plain lists."""
    return {name: getattr(table, name).tolist() for name in names}


def units_by(rows, units, size):
    """Units summed by row; rows below 0 are passed over."""
    total = [0] * size
    for row, amount in zip(rows, units, strict=True):
        if row >= 0:
            total[row] += amount
    return total


def test_what_is_on_order_and_owed_is_each_order_once_and_the_lead_that_of_the_slowest_live_link(lived):
    seen = Counter()

    def looked(world):
        links = world.links
        coming = [links.placed, links.backlog, links.granted, links.coming]
        before[0] = np.sum(coming, axis=0).tolist(), links.backlog.tolist(), [part.sum() for part in coming]

    def placed(world):
        links, nodes = world.links, world.nodes
        due, backlog, parts = before[0]
        assert nodes.coming.tolist() == units_by(links.buyer.tolist(), due, len(nodes))
        owed = [units * each for units, each in zip(backlog, links.per_unit.tolist(), strict=True)]
        assert nodes.owed.tolist() == units_by(links.supplier.tolist(), owed, len(nodes))
        for node in range(len(nodes)):
            live = (links.buyer == node) & (links.alive > 0)
            assert nodes.lead[node] == max(links.lead[live], default=0.0)
        seen.update({place: int(units > 0) for place, units in enumerate(parts)})

    before = [None]
    lived(25, {"replenishment": looked}, {"replenishment": placed})
    assert min(seen[part] for part in (1, 2, 3)) > 5


def test_a_vendor_fills_a_shelf_up_to_a_day_more_than_lead_time_and_cover_by_its_record_of_it(market):
    world = market(warmup=0).world
    nodes = world.nodes
    replenishment._look(world)
    nodes.forecast[:], nodes.season[:], nodes.cover[:], nodes.lead[:] = 10.0, 2.0, 8.0, 5.0
    nodes.on_hand[:], nodes.recorded[:], nodes.coming[:], nodes.owed[:] = 50, 40, 30, 7
    rows = np.arange(3, dtype=np.int32)
    level = 20.0 * (5.0 + 1.0 + 8.0 / 2.0)
    assert replenishment.VendorManaged()(world, rows) == pytest.approx(level - (40 + 30 - 7))
    nodes.recorded[:] = 500
    assert (replenishment.VendorManaged()(world, rows) == 0.0).all()


def test_what_was_placed_yesterday_enters_the_book_today_and_is_granted_where_nothing_is_short(lived):
    seen = Counter()

    def plenty(world):
        if world.day != 10:
            return
        world.nodes.on_hand[:] += 10**6
        world.firms.capacity[:] = 1e9
        world.accounts.balance_cents[world.firms.account] += 10**12
        world.links.alive[0] = 0
        before[0] = kept(world.links, "placed", "backlog", "granted", "since")

    def answered(world):
        if world.day != 10:
            return
        links, was = world.links, before[0]
        assert links.placed.sum() == 0
        assert links.asked.tolist() == was["placed"]
        for link in range(len(links)):
            due = was["placed"][link] + was["backlog"][link]
            granted = int(links.granted[link]) - was["granted"][link]
            assert granted == (due if links.alive[link] else 0)
            assert granted + links.backlog[link] == due
            if was["placed"][link] and not was["backlog"][link]:
                assert links.since[link] == world.day
            else:
                assert links.since[link] == was["since"][link]
            seen["granted"] += granted > 0

    before = [None]
    lived(11, {"matching": plenty}, {"matching": answered})
    assert seen["granted"] > 3


def test_reliability_is_what_was_due_and_what_of_it_was_granted_each_smoothed_over_sixty_days(lived):
    seen = Counter()

    def opened(world):
        links = world.links
        before[0] = links.asked_ma.copy(), links.met_ma.copy(), (links.backlog + links.placed).copy()

    def answered(world):
        links = world.links
        asked, met, due = before[0]
        assert links.asked_ma == pytest.approx(asked + (due - asked) / RELIABILITY_DAYS)
        assert links.met_ma == pytest.approx(met + (due - links.backlog - met) / RELIABILITY_DAYS)
        seen["short"] += int((links.backlog > 0).sum())

    before = [None]
    lived(12, {"matching": opened}, {"matching": answered})
    assert seen["short"] > 0


def test_freight_is_paid_by_the_kilogram_at_todays_rate_and_goods_at_their_transfer_price(lived):
    seen = Counter()

    def departing(world):
        before[0] = world.lanes.rate.tolist(), world.nodes.cost_cents.tolist()

    def departed(world):
        if world.day == 0:
            return
        links, nodes, lanes, firms = world.links, world.nodes, world.lanes, world.firms
        rate, cost = before[0]
        owed, billed = Counter(), Counter()
        for _, stage, sent in world.shipments.every():
            for row in np.flatnonzero(sent.ordered == world.day) if stage == Stage.LINE_HAUL else ():
                link, units = int(sent.link[row]), int(sent.units[row])
                lane, source = int(links.lane[link]), int(links.supplier[link])
                grams = int(world.categories.weight[world.products.category[nodes.product[source]]])
                freight = floor(units * grams / 1000.0 * float(lanes.per_kg[lane]) * rate[lane] + 0.5)
                price = int(links.price_cents[link])
                assert sent.freight_cents[row] == freight
                assert sent.value_cents[row] == (units * price if price else floor(units * cost[source] + 0.5))
                buyer, seller = int(nodes.firm[links.buyer[link]]), int(nodes.firm[source])
                owed[int(firms.account[buyer]), int(firms.account[seller])] += units * price
                seen["bought" if price else "moved"] += 1
        for _, _, bills in world.invoices.every():
            for row in np.flatnonzero((bills.reason == Reason.GOODS) & (bills.issued == world.day)).tolist():
                billed[int(bills.payer[row]), int(bills.payee[row])] += int(bills.amount_cents[row])
        assert billed == +owed

    before = [None]
    lived(20, {"fulfilment": departing}, {"fulfilment": departed})
    assert min(seen["bought"], seen["moved"]) > 10


def test_a_lane_carries_in_its_sailings_what_it_would_carry_in_a_week_of_days(market):
    world = market(warmup=0).world
    lanes = world.lanes
    lanes.departures[:] = 0b1111111
    lanes.departures[0], lanes.departures[1] = 0b0000001, 0b0010010
    DAY[1](world)
    week = []
    for world.day in range(7):
        week.append(fulfilment._room(world))
    total = np.sum(week, axis=0)
    assert total == pytest.approx(np.full(len(lanes), 7.0) * lanes.capacity, abs=7.0)
    assert np.count_nonzero(week, axis=0)[:3].tolist() == [1, 2, 7]


def test_wages_are_paid_before_other_bills_and_what_is_not_paid_makes_its_debtor_late(market):
    world = market(warmup=0).world
    firms, accounts = world.firms, world.accounts
    world.invoices.slabs.clear()
    poor, rich = np.array([2]), np.array([5])
    firms.credit_cents[poor] = 40
    accounts.balance_cents[firms.account[poor]] = 60
    payer, payee = firms.account[poor], firms.account[rich]
    for reason, cents in ((Reason.GOODS, 100), (Reason.WAGES, 100), (Reason.FREIGHT, 1)):
        bill(world, payer, payee, np.array([cents]), reason, world.day, poor)
    payments._settle_invoices(world)
    left = Invoices.join([bills for day, _, bills in world.invoices.every() if day == world.day + 1])
    assert sorted(left.reason[left.debtor == poor].tolist()) == sorted([Reason.GOODS, Reason.FREIGHT])
    assert accounts.balance_cents[firms.account[poor]] == -40
    assert (firms.overdue > 0).nonzero()[0].tolist() == poor.tolist()
    world.day += 1
    payments._settle_invoices(world)
    assert firms.overdue[poor] == 2


def test_the_oldest_invoices_are_paid_first_as_far_as_cash_reaches_and_say_how_late_a_firm_is(market):
    world = market(warmup=0).world
    firms, balance = world.firms, world.accounts.balance_cents
    poor, payee = np.array([2]), firms.account[[5]]
    payer, firms.credit_cents[poor] = firms.account[poor], 0
    late = []
    for cents, cash in ((100, 60), (60, 60), (60, 80), (0, 0), (0, 20)):
        world.invoices.slabs = {key: slabs for key, slabs in world.invoices.slabs.items() if late}
        bill(world, payer, payee, np.array([cents]), Reason.GOODS, world.day, poor)
        balance[payer] = cash
        payments._settle_invoices(world)
        mine = Invoices.join(bills for day, _, bills in world.invoices.every() if day == world.day + 1)
        left = mine.take(mine.debtor == poor)
        late.append((int(balance[payer[0]]), left.amount_cents.tolist(), int(firms.overdue[2])))
        world.day += 1
    assert late == [(0, [40], 1), (0, [40], 1), (0, [20], 1), (0, [20], 2), (0, [], 0)]


def test_who_owes_the_bank_pays_the_interest_of_one_day_and_who_does_not_pays_none(market):
    world = market(warmup=0, countries__CN__interest=0.365).world
    firms, balance, cn = world.firms, world.accounts.balance_cents, world.names["countries"].index("CN")
    firms.fixed_cents[:] = 0
    debtor, saver = np.flatnonzero(firms.country == cn)[:2]
    balance[firms.account[debtor]], balance[firms.account[saver]] = -1_000_000, 1_000_000
    bank = balance[BANK]
    world.day = 1  # no day on which owners take something out
    payments._run_costs(world)
    assert balance[firms.account[debtor]] == -1_001_000
    assert balance[firms.account[saver]] == 1_000_000
    assert balance[BANK] == bank + 1000


def test_profit_is_what_worth_grows_by_in_the_mean_and_worth_is_cash_claims_and_stock_at_cost(lived):
    def closed(world):
        firms, nodes, balance = world.firms, world.nodes, world.accounts.balance_cents
        for firm in range(len(firms)):
            worth = int(balance[firms.account[firm]]) + int(firms.receivable_cents[firm] - firms.payable_cents[firm])
            if firms.escrow[firm] >= 0:
                worth += int(balance[firms.escrow[firm]])
            for node in np.flatnonzero(nodes.firm == firm):
                worth += floor(int(nodes.on_hand[node] + nodes.reserved[node]) * float(nodes.cost_cents[node]))
            assert firms.worth_cents[firm] == worth
            if before[0] is not None:
                was, mean = before[0][0][firm], before[0][1][firm]
                assert firms.profit_ma[firm] == pytest.approx(mean + (worth - was - mean) / payments.MEMORY_DAYS)
        before[0] = firms.worth_cents.tolist(), firms.profit_ma.tolist()

    before = [None]
    lived(10, after={"payments": closed})


def test_a_pack_that_came_back_is_made_good_for_three_tenths_of_its_cost_by_the_owner_of_its_own_shelf(market):
    world = market(warmup=0).world
    world.invoices.slabs.clear()
    offers, nodes = world.offers, world.nodes
    sent = np.repeat(np.flatnonzero(np.diff(offers.node))[:1] + 1, 3)  # the offer before each is of another shelf
    packs, shelf = Parcels.of(len(sent), offer=sent), offers.node[sent]
    world.parcels.put(packs, np.full(len(sent), world.day), Stage.RETURNING)
    nodes.cost_cents[:] = 1000.0 + np.arange(len(nodes))
    cost, stock = nodes.cost_cents.tolist(), nodes.on_hand.copy()
    DAY[2](world)
    came = np.bincount(shelf, minlength=len(nodes))
    assert (nodes.on_hand - stock)[came > 0].tolist() == came[came > 0].tolist()
    assert nodes.cost_cents.tolist() == cost
    expected = Counter()
    for node in shelf.tolist():
        expected[int(world.firms.account[nodes.firm[node]])] += floor(0.3 * cost[node] + 0.5)
    billed = Counter()
    for _, _, bills in world.invoices.every():
        for row in np.flatnonzero(bills.reason == Reason.WAGES):
            billed[int(bills.payer[row])] += int(bills.amount_cents[row])
    assert billed == expected


@pytest.mark.parametrize("day, rate", [(0, 0.1), (1, 0.4)])
def test_offers_are_quoted_by_the_law_of_the_day(day, rate, market):
    law = {"dest": "US", "channel": "parcel", "extra_ad_valorem": 0.0}
    old, new = (
        {"from": "2024-01-01", "until": "2024-07-02", "ad_valorem": 10.0},
        {"from": "2024-07-02", "ad_valorem": 40.0},
    )
    world = market(warmup=0, borders=[law | old, law | new], law__as_of="calendar").world
    world.day = day
    DAY[0](world)
    DAY[1](world)
    offers = world.offers
    abroad = (offers.cell >= 0) & (offers.dest == world.names["countries"].index("US")) & (offers.mode < 3)
    assert abroad.any()
    assert offers.duty_cents[abroad] == pytest.approx(rate * offers.value_cents[abroad], abs=0.51)


def test_firms_remember_a_month_of_what_they_ordered_and_sold_and_nodes_what_was_asked(lived):
    seen, month = Counter(), information.MONTH

    def opened(world):
        nodes, links, firms = world.nodes, world.links, world.firms
        expected = nodes.forecast * information._expected(world)
        before[0] = [one.copy() for one in (links.ordered_ma, nodes.asked_ma, nodes.surprise_ma, expected,
                                            firms.bought_units, firms.sold_units)]  # fmt: skip

    def watched(world):
        nodes, links, firms, offers = world.nodes, world.links, world.firms, world.offers
        ordered, asked, surprise, expected, bought, sold = before[0]
        assert links.ordered_ma == pytest.approx(ordered + (links.asked - ordered) / month)
        assert nodes.asked_ma == pytest.approx(asked + (nodes.ordered - asked) / month)
        assert nodes.surprise_ma == pytest.approx(surprise + (nodes.ordered - expected - surprise) / month)
        now = world.day // month % bought.shape[1]
        if world.day % month == 0:
            bought[:, now] = sold[:, now] = 0
        sources = set()
        for link in range(len(links)):
            buyer, supplier = int(nodes.firm[links.buyer[link]]), int(links.supplier[link])
            if supplier < 0 or nodes.firm[supplier] != buyer:
                bought[buyer, now] += links.asked[link] * links.per_unit[link]
                sources |= {supplier} - {-1}
        for node in sources:
            sold[nodes.firm[node], now] += nodes.sold[node]
        for offer in range(len(offers)):
            sold[nodes.firm[offers.node[offer]], now] += offers.sold[offer]
        assert firms.bought_units.tolist() == bought.tolist()
        assert firms.sold_units.tolist() == sold.tolist()
        seen["months"] += world.day % month == 0
        seen["sold"] += int(sold.sum() > 0)

    before = [None]
    lived(32, {"information": opened}, {"information": watched})
    assert seen["months"] == 2
    assert seen["sold"] > 20


def test_a_parcel_takes_the_days_of_its_customs_and_of_its_last_mile_from_the_head_of_the_queue(market, monkeypatch):
    world, filed = market(warmup=0, consumers=3000, chance__noise=False).world, []
    world.lanes.spread[:], world.countries.inspection[:] = 0.0, 0.0
    really = world.parcels.put
    monkeypatch.setattr(world.parcels, "put", lambda *given: (filed.append(given), really(*given)))
    seen = Counter()
    for world.day in range(25):
        for phase in DAY:
            filed.clear()
            phase(world)
            for packs, due, stage in filed if phase.name == "arrivals" else ():
                for lane, day in (
                    zip(packs.lane.tolist(), due.tolist(), strict=True) if stage == Stage.LAST_MILE else ()
                ):
                    release = floor(world.countries.clearance[world.lanes.dest[lane]] + 0.5)
                    assert day == world.day + release + max(1, floor(world.lanes.last_mile[lane] + 0.5))
                    seen["cleared"] += 1
    assert seen["cleared"] > 15


def test_a_refund_is_paid_by_escrow_and_seller_who_gets_back_the_taxes_that_the_state_returns(market):
    world = market(warmup=0).world
    offers, firms, balance = world.offers, world.firms, world.accounts.balance_cents
    for mode, booked, back, returned in ((3, 3, 1000, 150), (0, 3, 1000, 0), (0, 5, 800, 0)):
        offer = int(np.flatnonzero(offers.mode == mode)[0])
        seller, dest = int(world.listings.seller[offers.listing[offer]]), int(offers.dest[offer])
        packs = Parcels.of(
            1, offer=offer, paid_cents=1000, duty_cents=100, vat_cents=50, freight_cents=200, booked=booked
        )
        balance[firms.escrow[seller]] = 850
        before = balance.copy()
        payments._refund(world, packs)
        moved = {account: int(cents) for account, cents in enumerate(balance - before) if cents}
        due = {
            int(world.countries.people[dest]): back, int(firms.escrow[seller]): -850,
            int(firms.account[seller]): 850 - back + returned, int(world.countries.government[dest]): -returned,
        }  # fmt: skip
        assert moved == {account: cents for account, cents in due.items() if cents}
