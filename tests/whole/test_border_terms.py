"""Who bears what the border takes, what customs finds out, what the law does not admit, and goods kept under bond."""

from collections import Counter

import numpy as np
import pytest

from abm import settlement
from abm.day import DAY
from abm.passing import Parcels
from abm.phases import payments
from abm.settlement import Reason
from abm.world import MODES, Stage

STEEP = [{"dest": "US", "channel": "parcel", "from": "2024-01-01", "ad_valorem": 40.0,
          "extra_ad_valorem": 0.0}]  # fmt: skip
UNPAID = {"warmup": 0, "borders": STEEP, "firms__sellers__incoterm": "DAP", "consumers": 3000}


def lived(made, days, look=None):
    """Live some days, looking at the world after every phase."""
    for _ in range(days):
        for phase in DAY:
            phase(made.world)
            if look:
                look(phase.name, made.world)
        made.world.day += 1
    return made.world


def test_a_page_without_taxes_leaves_out_what_checkout_does_not_collect(market):
    world = market(**UNPAID).world
    DAY[0](world)
    DAY[1](world)
    offers = world.offers
    parts = offers.duty_cents + offers.vat_cents + offers.handling_cents
    unpaid = offers.incoterm == 1
    assert unpaid.any()
    assert set(offers.mode[unpaid].tolist()) <= {MODES.index(mode) for mode in ("express", "line", "post")}
    assert (offers.door_cents[unpaid] == parts[unpaid]).all()
    assert (offers.door_cents[~unpaid] == 0).all()
    assert (offers.landed_cents + offers.door_cents == offers.value_cents + offers.freight_cents + parts).all()


def test_where_checkout_collects_vat_only_duty_is_left_to_the_door(market):
    collected = [{**STEEP[0], "vat": 0.1, "vat_collected": "checkout", "handling_fee": 1.0}]
    world = market(**{**UNPAID, "borders": collected}).world
    DAY[0](world)
    DAY[1](world)
    offers = world.offers
    abroad = (offers.incoterm == 1) & (offers.dest == world.names["countries"].index("US"))
    assert (offers.vat_cents[abroad] > 0).all()
    assert (offers.door_cents[abroad] == (offers.duty_cents + offers.handling_cents)[abroad]).all()


def test_what_is_refused_is_scrapped_refunded_less_freight_and_reviewed_badly(market):
    seen = Counter()

    def look(phase, world):
        packs = world.delivered
        if phase == "arrivals":
            refused = packs.take(packs.booked == 5)
            seen["refused"] += len(refused)
            seen["back"] += int((refused.paid_cents - refused.freight_cents).sum())
            assert (refused.door_cents > 0).all()
            seen["asked"] += int((packs.door_cents > 0).sum())
            seen["scrapped today"] = int(world.products.scrapped.sum())
        if phase == "matching":
            seen["reviews before"] = int(world.listings.reviews.sum())
        if phase == "feedback":
            assert world.listings.reviews.sum() - seen["reviews before"] >= (packs.booked == 5).sum()
        if phase == "payments":
            seen["refunded"] += world.counts["refunds_cents"]
            assert not (packs.booked == 5).any()

    kept = {"categories__apparel__returns": 0.0, "dials__dynamics__exit": 0.0}
    made = market(audited=True, **UNPAID, **kept)
    world = lived(made, 40, look)
    assert seen["refused"] > 20
    assert 0.1 < seen["refused"] / seen["asked"] < 0.7
    assert world.products.scrapped.sum() >= seen["refused"]
    assert seen["refunded"] >= seen["back"] > 0


def test_shoppers_pay_the_treasury_at_the_door_what_escrow_did_not(market):
    made, seen = market(**UNPAID), Counter()

    def look(phase, world):
        if phase == "arrivals":
            packs = world.delivered.take((world.delivered.door_cents > 0) & (world.delivered.booked == 1))
            people = set(world.countries.people.tolist())
            bills = [bills for day, _, bills in world.invoices.every() if day == world.day]
            paid = sum(int(one.amount_cents[np.isin(one.payer, list(people))].sum()) for one in bills)
            assert paid == packs.door_cents.sum()
            seen["paid"] += paid
            assert (packs.door_cents <= packs.duty_cents + packs.vat_cents + packs.handling_cents).all()

    lived(made, 25, look)
    assert seen["paid"] > 0


def test_what_was_paid_is_the_parts_of_the_price_less_coupons_and_what_is_left_for_the_door(market):
    made = market(**UNPAID)
    made.run(20)
    days = [day for day in made.world.daily if day["orders"]]
    assert sum(day["landed_door_usd"] for day in days) > 1.0
    for day in days:
        parts = sum(day[f"landed_{part}_usd"] for part in ("value", "freight", "duty", "vat", "handling"))
        paid = parts - day["coupon_usd"] - day["landed_door_usd"]
        assert paid == pytest.approx(day["landed_price_usd"], abs=1e-9)


def test_nobody_refuses_where_the_seller_bears_the_taxes(market):
    made = market(warmup=0, borders=STEEP, consumers=3000)
    made.run(20)
    assert sum(day["refused"] for day in made.world.daily) == 0
    assert sum(day["parcel_duty_usd"] for day in made.world.daily) > 0


def test_what_is_declared_too_low_pays_less_unless_it_is_found_out_and_fined(market):
    known, seen = set(), Counter()

    def look(phase, world):
        for _, stage, packs in world.parcels.every() if phase == "arrivals" else ():
            if stage != Stage.LAST_MILE:
                continue
            cell = (world.offers.cell[packs.offer] >= 0) & (world.offers.dest[packs.offer] == us)
            for row in np.flatnonzero(cell & (world.offers.declared_ppm[packs.offer] == 500_000)).tolist():
                name = int(packs.consumer[row]), int(packs.ordered[row])
                if name in known or packs.duty_cents[row] == 0:
                    continue
                known.add(name)
                full = (2 * int(packs.value_cents[row]) * 4 + 10) // 20
                half = (2 * ((int(packs.value_cents[row]) + 1) // 2) * 4 + 10) // 20
                assert packs.duty_cents[row] in (full, half)
                seen["full" if packs.duty_cents[row] == full else "half"] += 1
                seen["hidden"] += int(packs.value_cents[row]) // 2 if packs.duty_cents[row] == full else 0
        for day, _, bills in world.invoices.every() if phase == "arrivals" else ():
            mine = bills.take(bills.reason == Reason.PENALTY)
            if day == world.day and len(mine):
                assert np.isin(mine.payee, world.countries.government).all()
                seen["fines"] += int(mine.amount_cents.sum())

    made = market(audited=True, warmup=0, borders=STEEP, consumers=6000, countries__US__inspection=0.08,
                  firms__label__price_days=3650.0, firms__sellers__price_days=3650.0)  # fmt: skip
    made.world.offers.declared_ppm[made.world.offers.cell >= 0] = 500_000
    us = made.world.names["countries"].index("US")
    made.world.firms.compliance[:] = 1.0
    made.world.firms.least_declared_ppm[:] = 500_000
    lived(made, 30, look)
    assert seen["half"] > 50
    assert seen["full"] > 50
    assert seen["fines"] >= seen["hidden"] > 0


@pytest.mark.parametrize("penalty, honest", [(0.0, False), (100.0, True)])
def test_sellers_declare_less_where_fines_are_low_and_all_where_they_are_high(penalty, honest, market):
    made = market(warmup=0, borders=STEEP, countries__US__penalty=penalty, firms__sellers__least_declared=0.3,
                  firms__sellers__price_days=2.0)  # fmt: skip
    made.run(15)
    offers = made.world.offers
    us = made.world.names["countries"].index("US")
    mine = (offers.cell >= 0) & (offers.dest == us) & (made.world.firms.least_declared_ppm[made.world.nodes.firm[
        offers.node]] < 1_000_000)  # fmt: skip
    assert mine.any()
    assert (offers.declared_ppm[mine] == 1_000_000).all() == honest
    assert (offers.declared_ppm >= 300_000).all()
    assert (offers.declared_ppm[~mine & (offers.dest == us)] == 1_000_000).all()


def test_what_the_law_has_no_rule_for_stands_on_no_page_and_is_not_sold(market):
    world = market(warmup=0).world
    post = (world.offers.mode == MODES.index("post")) & (world.offers.cell >= 0)
    first = world.law.bands(world.first).first
    first[np.unique(world.offers.cell[post])] = -1
    sold = 0
    for _ in range(10):
        for phase in DAY:
            phase(world)
        sold += int(world.offers.sold[post].sum())
        assert (world.offers.admitted[post] == 0).all()
        world.day += 1
    assert post.any()
    assert sold == 0
    assert (world.offers.admitted[~post] == 1).all()


def test_duty_on_bonded_goods_waits_until_they_are_sold(market):
    entered, released = Counter(), Counter()

    def look(phase, world):
        if phase != "arrivals":
            return
        bonded = world.nodes.bonded > 0
        for _, stage, freight in world.shipments.every():
            into = bonded[world.links.buyer[freight.link]]
            if stage == Stage.LAST_MILE and into.any():
                entered["units"] += int(freight.units[into].sum())
        for _, stage, packs in world.parcels.every():
            mine = world.offers.mode[packs.offer] == MODES.index("bonded")
            if stage == Stage.LAST_MILE:
                released["packs"] += int(mine.sum())
                released["vat"] += int(packs.vat_cents[mine].sum())
                expected = packs.value_cents[mine].astype(np.int64) + packs.freight_cents[mine]
                assert (np.abs(packs.vat_cents[mine] - 0.091 * expected) <= 2).all()
        for _, _, bills in world.invoices.every():
            china = bills.take(bills.payee == world.countries.government[world.names["countries"].index("CN")])
            assert not np.isin(china.payer, world.firms.account).any()

    made = market(warmup=0, consumers=3000, countries__CN__fx_sd=0.0, chains={
        "direct": {"modes": ["express"]}, "shelf": {"tiers": ["us-tailors", "store"]}})  # fmt: skip
    world = lived(made, 40, look)
    links = world.links
    assert (links.cell[world.nodes.bonded[links.buyer] > 0] == -1).all()
    assert entered["units"] > 0
    assert released["packs"] > 0
    assert released["vat"] > 0


def test_returned_packs_go_back_the_way_that_costs_least_and_the_carrier_is_paid(market):
    seen = Counter()

    def look(phase, world):
        if phase == "feedback":
            asked = world.delivered.take(world.delivered.booked == 3)
            coming = [(day, stage, slab) for day, stage, slab in world.parcels.every()
                      if stage in (Stage.RETURNING, Stage.CONSOLIDATING)]  # fmt: skip
            left = world.counts["back_0"]
            assert len(asked) == sum(world.counts[f"back_{code}"] for code in range(3))
            seen["left"] += left
            for _, stage, slab in coming:
                seen[int(stage)] = max(seen[int(stage)], len(slab))
            bills = [one for day, _, one in world.invoices.every() if day == world.day + 15]
            if len(asked) > left:
                assert any((one.reason == Reason.FREIGHT).any() for one in bills)
        if phase == "arrivals":
            seen["restocked"] += world.counts["restocked"]
            seen["here"] = max(seen["here"], world.counts["restocked"])

    cheap = {"categories__apparel__returns": 0.6, "warmup": 0, "consumers": 2000}
    lived(market(audited=True, categories__apparel__price_usd=12.0, **cheap), 25, look)
    assert seen["left"] > 0
    seen.clear()
    world = lived(market(audited=True, categories__apparel__price_usd=400.0, **cheap), 45, look)
    assert seen[int(Stage.CONSOLIDATING)] > 0
    assert seen[int(Stage.RETURNING)] > 0
    assert seen["restocked"] == world.products.restocked.sum() > 0


def test_a_pack_gathered_in_a_market_with_a_shelf_there_stands_on_that_shelf(market):
    world = market(warmup=0, categories__apparel__returns=0.6, consumers=2000).world
    offers, nodes = world.offers, world.nodes
    direct = offers.mode == MODES.index("express")
    found = 0
    for _ in range(30):
        for phase in DAY[:2]:
            phase(world)
        gathered = (world.day, Stage.CONSOLIDATING)
        due = [pack for day, stage, pack in world.parcels.every() if (day, stage) == gathered]
        expected = Counter()
        for pack in due:
            for offer in pack.offer[direct[pack.offer] & (offers.dest[pack.offer] == 1)].tolist():
                other = world.listings.offer[offers.listing[offer], MODES.index("overseas")]
                if other >= 0:
                    expected[int(offers.node[other])] += 1
        before = nodes.on_hand.copy()
        for phase in DAY[2:]:
            phase(world)
            if phase.name == "arrivals":
                assert all(nodes.on_hand[node] >= before[node] + units for node, units in expected.items())
        found += sum(expected.values())
        world.day += 1
    assert found > 0


@pytest.mark.parametrize("back", [True, False])
def test_import_vat_is_a_cost_only_where_the_importer_does_not_recover_it(market, back):
    bulk = {
        "dest": "US",
        "channel": "bulk",
        "from": "2024-06-01",
        "ad_valorem": 0.0,
        "vat": 0.2,
        "recoverable_vat": back,
    }
    world = market(warmup=0, borders=[bulk]).run(45).world
    links, us = world.links, world.names["countries"].index("US")
    entering = np.flatnonzero((links.cell >= 0) & (world.nodes.country[links.buyer] == us))
    came = world.shipments.every()
    vat_paid = sum(row["bulk_vat_usd"] for row in world.daily)
    recovered = sum(
        int(part.amount_cents[part.reason == Reason.VAT_RECOVERED].sum()) for _, _, part in world.invoices.every()
    )
    assert len(entering)
    assert came
    assert vat_paid > 0
    assert (recovered > 0) == back


def test_a_sale_that_changes_its_currency_pays_the_spread_and_one_at_home_does_not(market):
    world = market(warmup=0, firms__payment__fx_spread=1.5).world
    firms, offers, coin = world.firms, world.offers, world.countries.currency
    seller = world.listings.seller[offers.listing]
    changes = coin[firms.country[seller]] != coin[offers.dest]
    payment = world.names["firms"].index("payment")
    assert firms.spread_ppm[payment] == 15_000
    for change in (True, False):
        packs = Parcels.of(1, offer=np.flatnonzero(changes == change)[:1], paid_cents=80_000, value_cents=80_000)
        world.accounts.balance_cents[firms.escrow[seller]] = 10**6
        before = int(world.accounts.balance_cents[firms.account[payment]])
        payments._split(world, packs)
        taken = int(world.accounts.balance_cents[firms.account[payment]]) - before
        assert taken == 80_000 * (firms.fee_ppm[payment] + 15_000 * change) // 1_000_000


def test_credit_costs_what_the_banks_of_its_country_take(market):
    made = market(warmup=0, countries__CN__interest=0.365)
    world = made.world
    assert world.countries.interest_ppm[world.names["countries"].index("CN")] == 1000
    assert world.countries.interest_ppm[world.names["countries"].index("US")] == 219
    cotton = world.names["firms"].index("cotton")
    owed = 10_000_000
    settlement.post(world, np.array([world.firms.account[cotton]]), np.array([settlement.BANK]),
                    np.array([int(world.accounts.balance_cents[world.firms.account[cotton]]) + owed]))  # fmt: skip
    bank = int(world.accounts.balance_cents[settlement.BANK])
    made.step()
    assert int(world.accounts.balance_cents[settlement.BANK]) - bank > 0.8 * owed / 1000
