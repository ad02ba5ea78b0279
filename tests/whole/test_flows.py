"""Money moves for goods: what is paid, taken and held follows from single parcels and invoices, never from a sum."""

from collections import Counter

import numpy as np
import pytest

from abm.day import DAY
from abm.settlement import Reason
from abm.world import MODES, Outcome, Stage
from kernels import settlement as flow

DAYS = 45


def part(amount, ppm):
    """A share of a whole amount, half up."""
    return (2 * amount * ppm + 1_000_000) // 2_000_000


class Journal:
    """Every posting of money, by phase: payer, payee, cents, in the order in which they were posted."""

    def __init__(self, monkeypatch):
        self.phase, self.entries, really = "", [], flow.post

        def post(payer, payee, cents, balance):
            self.entries += zip(payer.tolist(), payee.tolist(), cents.tolist(), strict=True)
            return really(payer, payee, cents, balance)

        monkeypatch.setattr(flow, "post", post)

    def take(self):
        """What was posted since the last time."""
        taken, self.entries = self.entries, []
        return taken


@pytest.fixture
def lived(market, monkeypatch):
    """Live a day, phase by phase: each visitor is called after its phase with the world and what was posted in it."""
    journal = Journal(monkeypatch)

    def live(days, before=None, after=None, **changes):
        world = market(warmup=0, categories__apparel__returns=0.3, **changes).world
        journal.take()
        for _ in range(days):
            for phase in DAY:
                if before and phase.name in before:
                    before[phase.name](world)
                phase(world)
                posted = journal.take()
                if after and phase.name in after:
                    after[phase.name](world, posted)
            world.day += 1
        return world

    return live


def test_what_shoppers_pay_is_price_times_units_of_what_they_bought(lived):
    seen = Counter()

    def matched(world, posted):
        offers = world.offers
        parts = [offers.value_cents, offers.freight_cents, offers.duty_cents, offers.vat_cents, offers.handling_cents]
        assert (offers.landed_cents == np.sum(parts, axis=0) - offers.coupon_cents).all()
        expected, orders = Counter(), world.orders
        for row in np.flatnonzero(orders.outcome == Outcome.BOUGHT).tolist():
            offer, ppm = orders.offer[row], int(world.pages.coupon_ppm[orders.page[row], orders.slot[row]])
            seller = world.listings.seller[offers.listing[offer]]
            pair = int(world.countries.people[offers.dest[offer]]), int(world.firms.escrow[seller])
            expected[pair] += int(offers.landed_cents[offer]) - part(int(offers.value_cents[offer]), ppm)
            seen["coupons"] += ppm > 0
        paid = Counter()
        for payer, payee, cents in posted:
            paid[payer, payee] += cents
        assert paid == expected
        today = [packs.take(packs.ordered == world.day) for _, _, packs in world.parcels.every()]
        assert sum(map(len, today)) == offers.sold.sum()
        seen["orders"] += int(offers.sold.sum())

    lived(DAYS, after={"matching": matched}, start="2024-11-01")
    assert seen["orders"] > 300
    assert seen["coupons"] > 10


def test_each_fee_is_a_part_of_its_own_parcel_and_the_seller_gets_the_rest(lived):
    owed, seen = [], Counter()

    def matched(world, posted):
        for _, stage, packs in world.parcels.every():
            new = packs.take(packs.ordered == world.day)
            if stage == Stage.READY:
                added = new.freight_cents + new.duty_cents + new.vat_cents + new.handling_cents
                goods = new.paid_cents.astype(np.int64) - added
                ppm = world.firms.fee_ppm[world.storefronts.platform[new.storefront]]
                assert new.commission_cents.tolist() == list(map(part, goods.tolist(), ppm.tolist()))

    def due(world):
        owed.clear()
        firms, offers = world.firms, world.offers
        packs = world.delivered
        for row in np.flatnonzero(packs.booked == 1).tolist():
            escrow = int(firms.escrow[world.listings.seller[offers.listing[packs.offer[row]]]])
            platform = int(world.storefronts.platform[packs.storefront[row]])
            provider = int(world.countries.payment[offers.dest[packs.offer[row]]])
            paid, commission = int(packs.paid_cents[row]), int(packs.commission_cents[row])
            taxes = int(packs.duty_cents[row]) + int(packs.vat_cents[row]) + int(packs.handling_cents[row])
            held = max(paid - taxes, 0)
            commission = min(commission, held)
            fee = min(part(paid, int(firms.fee_ppm[provider])), held - commission)
            owed.append((escrow, int(firms.account[platform]), commission))
            owed.append((escrow, int(firms.account[provider]), fee))

    def split(world, posted):
        takers = np.isin(world.firms.kind, (4, 8))
        accounts = set(world.firms.account[takers].tolist())
        escrows = set(world.firms.escrow[world.firms.escrow >= 0].tolist())
        taken = [entry for entry in posted if entry[1] in accounts and entry[0] in escrows]
        assert Counter(taken) == Counter(owed)
        seen["fees"] += len(taken)

    lived(DAYS, before={"payments": due}, after={"matching": matched, "payments": split}, start="2024-11-01")
    assert seen["fees"] > 300


OWN_LAW = [
    {"dest": "US", "channel": "parcel", "from": "2024-01-01", "ad_valorem": 12.5, "handling_fee": 2.57},
    {"dest": "CN", "channel": "bonded", "from": "2024-01-01", "ad_valorem": 7.3, "vat": 0.091, "vat_base": "gross_up"},
]


def test_treasuries_get_what_was_assessed_on_each_parcel_and_entry_and_on_domestic_sales(lived):
    assessed, known = Counter(), set()

    def fingerprint(packs, row):
        return int(packs.consumer[row]), int(packs.ordered[row]), int(packs.offer[row])

    def cleared(world, posted):
        for _, stage, packs in world.parcels.every():
            for row in range(len(packs) if stage == Stage.LAST_MILE else 0):
                offer = packs.offer[row]
                if world.lanes.queue[packs.lane[row]] >= 0 and fingerprint(packs, row) not in known:
                    known.add(fingerprint(packs, row))
                    taxes = packs.duty_cents[row], packs.vat_cents[row], packs.handling_cents[row]
                    assert packs.booked[row] == 1
                    assessed["parcels"] += sum(map(int, taxes))
                    assessed[f"handling {MODES[world.offers.mode[offer]]}"] += int(taxes[2])

    def departed(world, posted):
        for _, stage, packs in world.parcels.every():
            for row in range(len(packs) if stage == Stage.LAST_MILE else 0):
                if world.lanes.queue[packs.lane[row]] < 0 and fingerprint(packs, row) not in known:
                    known.add(fingerprint(packs, row))
                    assessed["domestic"] += int(packs.vat_cents[row])
        assessed["bulk"] += world.counts["bulk_duty_cents"]

    def balanced(world, posted):
        assessed["returned"] += world.counts["taxes_returned_cents"]
        states = world.countries.government
        got = int(world.accounts.balance_cents[states].sum())
        for _, _, bills in world.invoices.every():
            got += int(bills.amount_cents[np.isin(bills.payee, states)].sum())
            got -= int(bills.amount_cents[np.isin(bills.payer, states)].sum())
        total = assessed["parcels"] + assessed["domestic"] + assessed["bulk"] - assessed["returned"]
        assert got == total, f"treasuries have {got} cents, assessed were {total}, on day {world.day}"

    after = {"arrivals": cleared, "fulfilment": departed, "payments": balanced}
    lived(70, after=after, consumers=4000, borders=OWN_LAW, chains={"abroad": {"modes": ["express", "bonded", "post"]}})
    assert min(assessed[name] for name in ("parcels", "domestic", "bulk", "returned", "handling line")) > 0


def test_what_some_owe_for_goods_others_wait_for(lived):
    seen = Counter()

    def weighed(world, posted):
        payable = int(world.firms.payable_cents.sum())
        assert payable == int(world.firms.receivable_cents.sum())
        bills = [slab.take(slab.reason == Reason.GOODS) for _, _, slab in world.invoices.every()]
        assert payable == sum(int(slab.amount_cents.sum()) for slab in bills)
        seen["most"] = max(seen["most"], payable)

    lived(DAYS, after=dict.fromkeys([phase.name for phase in DAY], weighed))
    assert seen["most"] > 0


def test_cash_is_opening_cash_and_what_came_in_less_what_went_out(lived, market):
    opening = market(warmup=0).world
    world = lived(DAYS, before={"shocks": lambda world: None})
    for firm in range(len(opening.firms)):
        start = int(opening.accounts.balance_cents[opening.firms.account[firm]])
        flows = int(world.firms.earned_cents[firm] - world.firms.spent_cents[firm])
        assert world.accounts.balance_cents[world.firms.account[firm]] == start + flows
