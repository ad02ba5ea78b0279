"""What customs takes from parcels in the market is what the text of the law says, reckoned again by hand."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor

import numpy as np
import pytest

from abm.day import DAY
from abm.scenario.facts import table
from abm.world import MODES, Stage

MANY = 1000
STARTS = [("2024-07-01", 35), ("2025-04-20", 35), ("2026-06-20", 35)]


def half_up(value):
    """The nearest whole number, ties upward."""
    return floor(value + Fraction(1, 2))


def number(text):
    """A number of the law, exactly; blank is none."""
    return Fraction(Decimal(text or "0"))


def matching_row(day, dest, channel, category, origin, mode, value):
    """The row of the facts that rules a consignment of this value (in the law's currency) on a day."""
    found = []
    for row in table("trade_rules"):
        named = all(row[key] in ("*", given) for key, given in
                    (("category", category), ("origin", origin), ("mode", mode)))  # fmt: skip
        holds = row["from"] <= day.isoformat() and (not row["until"] or day.isoformat() < row["until"])
        low = not row["value_lo"] or not number(row["value_lo"]) or value > number(row["value_lo"])
        high = not row["value_hi"] or value <= number(row["value_hi"])
        if row["dest"] == dest and row["channel"] == channel and named and holds and low and high:
            found.append(row)
    return max(found, key=lambda row: int(row["priority"])) if found else None


def by_hand(row, dest, category, value, freight, grams):
    """Duty, VAT and fee of one item in cents of the law's currency, each rounded half up once."""
    base = {"FOB": value, "CIF": value + freight, "RETAIL60": value * Fraction(3, 5)}[row["valuation"]]
    rate = number(row["extra_ad_valorem"])
    if row["ad_valorem"] == "MFN":
        (tariff,) = [cell for cell in table("mfn") if (cell["dest"], cell["category"]) == (dest, category)]
        rate += number(tariff["rate_pct"])
    else:
        rate += number(row["ad_valorem"])
    times = {"": 0, "consignment": 1, "item": 1, "item_type": 1, "kg": Fraction(grams, 1000)}[row["specific_per"]]
    duty, fixed = base * rate / 100, number(row["specific"]) * 100 * times
    duty = max(duty, fixed) if row["specific_op"] == "min" else duty + fixed
    duty = 0 if row["duty_relief"] == "1" else max(half_up(duty - number(row["offset"]) * 100), 0)
    share, vat = number(row["vat"]), Fraction(0)
    if value > number(row["vat_from_value"]) * 100:
        missing = freight if row["valuation"] == "FOB" else 0
        vat = {
            "price": (value + freight) * share,
            "price_plus_duty": (base + missing + duty) * share,
            "gross_up": (value + freight + duty) * share / (1 - share),
        }[row["vat_base"]]
    return duty, half_up(vat), half_up(number(row["handling_fee"]) * 100)


class Customs:
    """Watches the parcels that customs lets go, and reckons what each should have been charged."""

    def __init__(self, world):
        self.world, self.known, self.checked, self.taxed = world, set(), [], 0

    def look(self):
        """Check every parcel that has left customs since the last look."""
        for _, stage, packs in self.world.parcels.every():
            if stage != Stage.LAST_MILE:
                continue
            for row in np.flatnonzero(self.world.lanes.queue[packs.lane] >= 0).tolist():
                name = int(packs.consumer[row]), int(packs.ordered[row]), int(packs.offer[row])
                if name not in self.known:
                    self.known.add(name)
                    self.check(packs, row)

    def check(self, packs, row):
        """One parcel: what it was charged and what the law says, in US cents."""
        world, offer = self.world, int(packs.offer[row])
        places, listing = world.names["countries"], world.offers.listing[offer]
        dest, mode = places[world.offers.dest[offer]], MODES[world.offers.mode[offer]]
        category = world.names["categories"][world.listings.category[listing]]
        origin = places[world.nodes.origin[world.offers.node[offer]]]
        channel = "bonded" if mode == "bonded" and dest == "CN" else "parcel"
        rate = Fraction(float(world.countries.fx[world.offers.dest[offer]]))
        value, freight = (half_up(int(cents[row]) * rate) for cents in (packs.value_cents, packs.freight_cents))
        post = "post" if mode == "post" else "*"
        found = matching_row(world.date, dest, channel, category, origin, post, Fraction(value, 100))
        grams = int(world.categories.weight[world.listings.category[listing]])
        expected = by_hand(found, dest, category, value, freight, grams) if found else (0, 0, 0)
        due = [half_up(cents / rate) for cents in expected]
        charged = [int(part[row]) for part in (packs.duty_cents, packs.vat_cents, packs.handling_cents)]
        self.checked.append((charged, due, (str(world.date), dest, mode, value, found and found["rule"])))
        self.taxed += sum(due) > 0


@pytest.mark.parametrize("start, days", STARTS)
def test_the_charge_on_every_cleared_parcel_agrees_to_the_cent(start, days, market):
    shops = {"consumers": 24_000, "warmup": 0, "law__as_of": "calendar", "countries__CN__fx_sd": 0.01}
    dear = {"categories__apparel__price_usd": 150.0 if start < "2025" else 40.0}
    kinds = {"chains": {"abroad": {"modes": ["express", "bonded", "post"]}}}
    world = market(start=start, **shops, **dear, **kinds).world
    customs = Customs(world)
    for _ in range(days):
        for phase in DAY:
            phase(world)
            if phase.name == "arrivals":
                customs.look()
        world.day += 1
    assert [case for case in customs.checked if case[0] != case[1]] == []
    assert len(customs.checked) > MANY
    assert customs.taxed > 100
    assert {case[2][1:3] for case in customs.checked} >= {("US", "line"), ("CN", "bonded"), ("CN", "express")}
    assert date.fromisoformat(start) < world.date
