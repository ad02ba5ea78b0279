"""What a consignment costs landed: goods, freight, duty, VAT and fees, each line with its rule, source and status.

Duty, VAT and fee are those of the border kernels to the cent, in the currency in which the law counts; dollars beside
them are at the exchange rate of the facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from abm.question import CHANNEL_OF, Asked, QuoteError, checked
from abm.scenario.facts import table, weakest

if TYPE_CHECKING:
    from abm.scenario.law import Law
    from abm.scenario.law.rules import Rule

Number = int | float | str | Decimal

HAULS: Final = {"express": "express_courier", "line": "air_parcel_direct_line", "post": "post_mail_service"}
SHIP: Final = "sea_LCL"
LAST_MILE: Final = "overseas_warehouse_last_mile"
KG_PER_CBM: Final = Decimal(200)
SHELF_DAYS: Final = (1, 4)
TRANSFER: Final = Decimal("0.5")
CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Line:
    """One part of the landed price, in the law's currency and in USD."""

    label: str
    amount: Decimal
    currency: str
    usd: Decimal
    rule: str = ""
    source: str = ""
    status: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """A landed price and its parts; `recoverable_vat` tells that the importer gets the VAT of the entry back."""

    asked: Asked
    lines: tuple[Line, ...]
    currency: str
    rule: str
    recoverable_vat: bool
    days: tuple[float, float]
    remarks: tuple[str, ...]

    @property
    def total(self) -> Decimal:
        """Landed price in the law's currency: the sum of the rounded parts."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def total_usd(self) -> Decimal:
        """Landed price in USD: the sum of the rounded parts."""
        return sum((line.usd for line in self.lines), Decimal(0))

    def __getitem__(self, label: str) -> Decimal:
        """Amount of a part in the law's currency; 0 when the quote has no such part."""
        return sum((line.amount for line in self.lines if line.label == label), Decimal(0))


def quote(
    origin: str,
    dest: str,
    category: str,
    price: Number,
    mode: str,
    date: date | str,
    *,
    currency: str = "USD",
    goods_origin: str | None = None,
    freight: Number | None = None,
    units: int = 1,
    item_types: int = 1,
    kg: Number | None = None,
    channel: str | None = None,
    us_post: str | None = None,
    transfer: Number | None = None,
) -> Quote:
    """Quote one consignment sent from `origin` to `dest`; QuoteError lists all that is wrong with the question.

    price is the value of the whole consignment without freight and tax, in `currency` as is freight; goods_origin is
    the country of the last manufacture, by default the origin. In bulk the price is that of the entry, between firms;
    with `transfer`, the share of the price declared at entry, it is the price to the shopper, and VAT is the sale's.
    """
    asked = checked(locals())
    if asked.origin == asked.dest:
        return _domestic(asked)
    return _imported(asked)


def compare_modes(origin: str, dest: str, category: str, price: Number, date: date | str, **more: Any) -> list[Quote]:
    """The same goods to the shopper's door by every mode; goods that enter in bulk are declared at half their price."""
    more.pop("channel", None)
    us_post = more.pop("us_post", None)
    transfer = more.pop("transfer", None) or TRANSFER
    quotes = []
    for mode, channel in CHANNEL_OF.items():
        if origin == dest and mode != "retail":
            continue
        special: dict[str, Any] = {"transfer": transfer} if channel == "bulk" and origin != dest else {}
        special |= {"us_post": us_post} if mode == "post" else {}
        quotes.append(quote(origin, dest, category, price, mode, date, **more, **special))
    return quotes


def _haul(mode: str) -> tuple[Decimal, Mapping[str, str]]:
    """Middle of the price range of a line haul, in USD, and its row of the facts."""
    row = next(row for row in table("line_haul_modes") if row["mode"] == mode and row["cost_unit"].startswith("USD"))
    return (Decimal(row["cost_lo"]) + Decimal(row["cost_hi"])) / 2, row


def _days(mode: str) -> tuple[float, float]:
    if mode not in HAULS and mode != "overseas":
        return SHELF_DAYS
    row = _haul(HAULS.get(mode, LAST_MILE))[1]
    return float(row["transit_days_lo"]), float(row["transit_days_hi"])


@cache
def _fx(currency: str) -> tuple[Decimal, str]:
    """Units of a currency for one USD, and the status of the figure."""
    row = next(row for row in table("fx") if row["currency"] == currency)
    return Decimal(row["per_usd_2024_07"]), row["status_rate"]


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def _exchanged(amount: Decimal, given: str, wanted: str) -> Decimal:
    """An amount in another currency, rounded once, half up."""
    return _cents(amount) if given == wanted else _cents(amount * _fx(wanted)[0] / _fx(given)[0])


def _line(label: str, amount: Decimal, given: str, currency: str, **more: str) -> Line:
    return Line(label, _exchanged(amount, given, currency), currency, _exchanged(amount, given, "USD"), **more)


def _freight_line(asked: Asked, label: str, currency: str, haul: str, by_item: bool = False) -> Line:
    """Freight as given, or by the middle of the range of a haul, which is then taken for every lane."""
    if asked.freight is not None and not by_item:
        return _line(label, asked.freight, asked.currency, currency, status="given")
    cost, row = _haul(haul)
    if by_item:
        usd, note = cost * asked.units, f"{row['mode']}: {cost:.2f} USD x {asked.units}"
    elif haul == SHIP:
        usd = cost / KG_PER_CBM * asked.kg
        note = f"{haul}: {cost:.2f} USD/cbm, {KG_PER_CBM} kg/cbm x {asked.kg:f} kg"
        if asked.channel == "bonded":
            last = _haul(LAST_MILE)[0]
            usd, note = usd + last * asked.units, f"{note}, and {LAST_MILE}: {last:.2f} USD x {asked.units}"
    else:
        usd, note = cost * asked.kg, f"{haul}: {cost:.2f} USD/kg x {asked.kg:f} kg"
    status = weakest(row["status_cost"], asked.kg_status, "assumed")
    return _line(label, usd, "USD", currency, status=status, source=f"line_haul_modes {row['lane']}", note=note)


def _law(asked: Asked) -> Law:
    from abm.scenario.law import Law

    countries = tuple(dict.fromkeys((asked.dest, asked.goods_origin)))
    return Law(countries, (asked.category,), as_of=asked.date)


def _domestic(asked: Asked) -> Quote:
    """A sale inside one country: no import, VAT at the rate of the country."""
    from kernels.border import Channel

    law, day = _law(asked), asked.date.toordinal()
    rule = law.find(day, int(law.cell(0, 0, Channel.BULK, 0)), 0)
    money = next(row["currency"] for row in table("fx") if row["iso2"] == asked.dest)
    goods = _line("goods", asked.price, asked.currency, money, status="given")
    freight = _freight_line(asked, "freight", money, LAST_MILE, by_item=asked.freight is None)
    lines = [goods, freight]
    if rule:
        lines.append(_sale_vat(goods.amount + freight.amount, money, rule))
    return Quote(asked, tuple(lines), money, rule.key if rule else "", False, _days("overseas"), _remarks(asked, money))


def _sale_vat(base: Decimal, money: str, rule: Rule) -> Line:
    rate = Decimal(rule.row["vat"])
    note = f"{_percent(rate * 100)} of the sale, as at the border"
    return _line(
        "VAT", base * rate, money, money,
        rule=rule.key, source=rule.row["source"], status=rule.row["status"], note=note,
    )  # fmt: skip


def _imported(asked: Asked) -> Quote:
    from abm.scenario.law.rules import CHANNELS
    from kernels.border import Postal, assess

    law, day = _law(asked), asked.date.toordinal()
    money, postal = law.currencies[0], Postal.OTHER
    if asked.mode == "post":
        postal = Postal.POST_FLAT if asked.us_post == "flat" else Postal.POST
    cell = int(law.cell(0, 0, CHANNELS[asked.channel], len(law.countries) - 1, postal))
    goods = _line("goods", asked.price, asked.currency, money, status="given")
    freight = _freight_line(asked, "freight", money, HAULS.get(asked.mode, SHIP))
    entered = _exchanged(asked.price * (1 if asked.transfer is None else asked.transfer), asked.currency, money)
    row = law.row(day, cell, int(entered * 100))
    if row < 0:
        raise QuoteError([f"date = {asked.date}; the facts have no rule for {asked.dest} {asked.channel} on that day"])
    rule = law.rules[row]
    if postal is Postal.POST_FLAT and rule.row["mode"] != "post_flat":
        raise QuoteError([f"us_post = 'flat'; there is no flat postal duty for these goods on {asked.date}"])
    parts = assess(
        row, int(law.mfn_ppm[0]), int(entered * 100), int(freight.amount * 100), asked.units, asked.item_types,
        int((asked.kg * 1000).to_integral_value(ROUND_HALF_UP)), law.terms,
    )  # fmt: skip
    duty, vat, fee = _levies(asked, rule, money, [Decimal(int(part)) / 100 for part in parts])
    lines = [goods, freight, duty, vat, fee]
    remarks = _remarks(asked, money)
    recoverable = rule.row["recoverable_vat"] == "1"
    if asked.transfer is not None:
        mile = _freight_line(asked, "last mile", money, LAST_MILE, by_item=True)
        sale = sum((line.amount for line in (goods, freight, duty, fee, mile)), Decimal(0))
        lines = [goods, freight, duty, fee, mile, _sale_vat(sale, money, rule)]
        remarks += (f"declared at entry: {entered} {money}, {_percent(asked.transfer * 100)} of the price (assumed)",)
        remarks += (f"VAT of the entry, {vat.amount} {money}, is recovered after 45 days (assumed) and not counted",)
    elif recoverable:
        remarks += ("VAT of the entry is recoverable by the importer and counted here",)
    return Quote(asked, tuple(lines), money, rule.key, recoverable, _days(asked.mode), remarks)


def _levies(asked: Asked, rule: Rule, money: str, parts: list[Decimal]) -> list[Line]:
    """Duty, VAT and handling fee as lines, each with what it follows from."""
    row, status, source = rule.row, weakest(rule.row["status"], rule.row["status_valuation"]), rule.row["source"]
    duty_source, duty_status = source, status
    if rule.terms["mfn"] and not rule.terms["duty_relief"]:
        cells = table("mfn")
        mfn = next(cell for cell in cells if (cell["dest"], cell["category"]) == (asked.dest, asked.category))
        duty_source, duty_status = f"{source}; MFN: {mfn['source']}", weakest(status, mfn["status"])
        rate = f"MFN {_percent(Decimal(mfn['rate_pct']))}"
    else:
        rate = _percent(Decimal(row["ad_valorem"])) if row["ad_valorem"] != "MFN" else "MFN"
    notes = (_duty_note(row, rate), _vat_note(row), f"per {row['handling_per'].replace('_', ' ')}")
    sources = ((duty_source, duty_status), (source, status), (source, row["status"]))
    return [
        _line(label, part, money, money, rule=rule.key, source=where, status=how, note=note if part else "none")
        for label, part, note, (where, how) in zip(("duty", "VAT", "handling fee"), parts, notes, sources, strict=True)
    ]


def _percent(rate: Decimal) -> str:
    return f"{rate.normalize():f}%"


def _duty_note(row: Mapping[str, str], rate: str) -> str:
    extra = Decimal(row["extra_ad_valorem"] or "0")
    text = rate + (f" + {_percent(extra)}" if extra else "") + f" of {row['valuation']} value"
    if row["specific"]:
        joint = "at least" if row["specific_op"] == "min" else "and"
        text += f", {joint} {row['specific']} {row['currency']} per {row['specific_per'].replace('_', ' ')}"
    return text + (f", less {row['offset']} {row['currency']}" if row["offset"] else "")


def _vat_note(row: Mapping[str, str]) -> str:
    bases = {"price": "value and freight", "price_plus_duty": "customs value, freight and duty"}
    base = bases.get(row["vat_base"], "the sum with VAT")
    if row["valuation"] == "RETAIL60" and row["vat_base"] == "price_plus_duty":
        base = "customs value and duty"
    return f"{_percent(Decimal(row['vat']) * 100)} of {base}, at {row['vat_collected']}"


def _remarks(asked: Asked, money: str) -> tuple[str, ...]:
    remarks: tuple[str, ...] = ()
    for currency in dict.fromkeys((money, asked.currency)):
        if currency != "USD":
            rate, status = _fx(currency)
            remarks += (f"1 USD = {rate.normalize():f} {currency}, July 2024, held for all days ({status})",)
    if asked.kg_status:
        remarks += (f"weight {asked.kg:f} kg by category ({asked.kg_status})",)
    return remarks
