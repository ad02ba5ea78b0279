"""Who trades, and along which chains: the keys of [[firms]] and [[chains]]."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from abm.scenario.schema.fields import Haul, Kind, Mode, Name, Scalar, Section, Units, entry, listing, quantity
from abm.scenario.schema.places import Country

CAPACITY_FACTOR = {
    "supplier": 1 / 0.8,
    "manufacturer": 1 / 0.8,
    "seller": 3.0,
    "retailer": 3.0,
    "platform": 1.0,
    "carrier": 1 / 0.75,
    "warehouse": 1.6,
    "broker": 1 / 0.7,
    "payment": 3.0,
}
FEE = {"platform": 15.0, "payment": 3.0}
PRICE_DAYS = {"retailer": 60.0}
FIXED_SHARE = dict.fromkeys(("platform", "carrier", "warehouse", "broker", "payment"), 0.6)
ANY = "*"
"""All countries, or any ending of a name."""
WORLDWIDE = ("carrier", "payment")


def member_names(name: str, count: int) -> tuple[str, ...]:
    """The name itself for one, else name-1 to name-count."""
    return (name,) if count == 1 else tuple(f"{name}-{k}" for k in range(1, count + 1))


def groups_of(tier: str, firms: Iterable[Firm]) -> list[Firm]:
    """The groups that a tier of a chain names: one, or all whose names begin with what stands before a *."""
    begin = tier.removesuffix(ANY)
    return [firm for firm in firms if firm.name == tier or (begin != tier and firm.name.startswith(begin))]


class RuleUse(Section):
    """A rule by its name, and the parameters in which it differs from what it was written with."""

    model_config = ConfigDict(extra="allow")
    others: ClassVar[Any] = Scalar
    __pydantic_extra__: dict[str, Scalar] = Field(init=False)
    rule: str = entry(..., 'A name of the phase\'s own rules, or "module:Class" of a file beside the scenario.')

    @property
    def parameters(self) -> dict[str, bool | int | float]:
        """What is given beside the rule's name."""
        return dict(self.__pydantic_extra__ or {})

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for two uses of one rule with the same parameters."""
        return (self.rule, *sorted(self.parameters.items()))


class Firm(Section):
    """A firm, or a group of `count` firms alike."""

    name: Name = entry(..., "Its name; a group's members are name-1 to name-count.")
    kind: Kind = entry(..., "Which of the nine kinds of firm it is.")
    country: str = entry(..., "Where it sits, by the two letters of its country.")
    count: int = quantity(1, "firms", 1, 100_000, "How many such firms there are.")
    category: str | None = entry(None, "What it deals in; left out, everything.")
    zipf: float = quantity(
        0.0,
        "exponent",
        0,
        10,
        "How unevenly chains that name this group fall to its firms: to the r-th as r^-zipf has it, one at least.",
    )
    quality: float = quantity(0.0, "sd", -5, 5, "Mean quality of what it makes or does.")
    capacity_factor: float | None = quantity(
        None, "factor", 0, 1000, "Capacity as a multiple of its usual flow; left out, by kind."
    )
    levelling_days: float = quantity(
        1.0,
        "days",
        0.1,
        365,
        "Days over which it levels its work; what it can do has room for two deviations of the chance in so many days.",
    )
    cash_days: float = quantity(75, "days", 0, 3650, "Cash on the first day, in days of its costs.")
    fixed_share: float | None = quantity(
        None, "share", 0, 1, "Rent and salaries as a share of its usual revenue; left out, by kind."
    )
    terms_days: int = quantity(30, "days", 0, 365, "Days of credit that it gives to those whom it supplies.")
    fee: float | None = quantity(None, "percent", 0, 90, "Commission or payment fee; left out, by kind.")
    fx_spread: float = quantity(
        0.0, "percent", 0, 50, "What a payment provider takes besides where money changes its currency on the way home."
    )
    review_days: int = quantity(7, "days", 1, 365, "Days between reviews of orders.")
    price_days: float | None = quantity(
        None, "days", 1, 3650, "Mean days between reviews of prices; left out, by kind."
    )
    storage_price: float | None = quantity(
        None,
        "USD/kg/month",
        0,
        1000,
        "What a warehouse asks for keeping goods while it has room; left out, by country.",
    )
    shelf_factor: float | None = quantity(
        None, "factor", 0, 1000, "A warehouse's shelves as a multiple of the usual stock; left out, as its capacity."
    )
    inbound_factor: float | None = quantity(
        None,
        "factor",
        0,
        1000,
        "A warehouse's slots for inbound goods as a multiple of usual; left out, as its capacity.",
    )
    priority_fee: float | None = quantity(
        None,
        "USD",
        0,
        1000,
        "What a broker asks for a declaration before its turn, 0 to sell none; left out, by country.",
    )
    screening: float | None = quantity(
        None,
        "share",
        0,
        1,
        "Good payments that a payment provider turns away as suspect; left out, what earns it most.",
    )
    minimum_order: float = quantity(
        0.0, "days", 0, 365, "The least that it takes an order for, in days of the buyer's usual flow; a unit if more."
    )
    batch: float = quantity(
        0.0, "days", 0, 365, "What it makes at a time, in days of a line's usual flow; a unit if that is more."
    )
    serves: tuple[str, ...] | None = listing(
        None,
        "Countries that a service works in, * for all; left out, all for carriers and payment, else its own.",
        least=1,
    )
    incoterm: Literal["DDP", "DAP"] = entry(
        "DDP", "Who bears duty and VAT of its direct parcels: the seller, or the shopper as far as checkout left them."
    )
    dap_modes: tuple[Literal["express", "line", "post"], ...] = listing(
        ("express", "line", "post"), "Of its direct modes those to which DAP applies; the others stay DDP."
    )
    least_declared: float = quantity(1.0, "share", 0.3, 1, "Least part of a parcel's value that it would declare.")
    pricing: RuleUse = entry(RuleUse(rule="cost_plus"), "How it sets prices.")
    stocking: RuleUse = entry(RuleUse(rule="proportional"), "How it orders stock.")
    forecast: RuleUse = entry(RuleUse(rule="smoothing"), "How it forecasts demand.")
    rationing: RuleUse = entry(RuleUse(rule="proportional"), "How it shares out what is too little.")

    @property
    def members(self) -> tuple[str, ...]:
        """The names of its firms."""
        return member_names(self.name, self.count)

    @property
    def factor(self) -> float:
        """Capacity as a multiple of the usual flow, given or by kind."""
        return CAPACITY_FACTOR[self.kind] if self.capacity_factor is None else self.capacity_factor

    @property
    def fee_percent(self) -> float:
        """The fee, given or by kind; 0 for those who take none."""
        return FEE.get(self.kind, 0.0) if self.fee is None else self.fee

    @property
    def fixed(self) -> float:
        """Rent and salaries as a share of its usual revenue, given or by kind."""
        return FIXED_SHARE.get(self.kind, 0.06) if self.fixed_share is None else self.fixed_share

    @property
    def price_review(self) -> float:
        """Mean days between reviews of prices, given or by kind."""
        return PRICE_DAYS.get(self.kind, 14.0) if self.price_days is None else self.price_days

    def reach(self, countries: Sequence[str]) -> tuple[str, ...]:
        """Where a service works, given or by kind, among the scenario's countries."""
        if self.serves is not None and ANY not in self.serves:
            return self.serves
        return tuple(countries) if self.serves or self.kind in WORLDWIDE else (self.country,)


class Chain(Section):
    """A supply chain, or `count` chains alike that share the members of their groups."""

    name: Name = entry(..., "Its name; several are name-1 to name-count.")
    category: str = entry(..., "What it makes.")
    count: int = quantity(1, "chains", 1, 100_000, "How many such chains there are.")
    tiers: tuple[str, ...] = listing(
        ...,
        "Groups of firms from raw material to who sells: suppliers, manufacturers, one seller or retailer; a name that "
        "ends in * stands for all groups whose names begin so.",
        least=2,
        most=16,
    )
    markets: tuple[str, ...] = listing(
        ..., "Countries in which it sells; * for all that have consumers, or a retailer's own.", least=1
    )
    modes: tuple[Mode, ...] = listing(..., "Fulfilment modes that it offers.", least=1)
    via: Haul = entry("sea", "How stock moves between countries.")
    units_per_unit: tuple[Units, ...] | None = listing(
        None,
        "Units of input for each unit of output, one for each step between makers; left out, 1.",
        unit="units/unit",
    )
    markup: float = quantity(0.25, "share", 0, 10, "What each tier adds to its cost in the transfer prices.")

    @property
    def members(self) -> tuple[str, ...]:
        """The names of its chains."""
        return member_names(self.name, self.count)

    def sold_in(self, seller: Firm, countries: Mapping[str, Country]) -> tuple[str, ...]:
        """Where a seller sells it: as given, or in all of the scenario's countries that have consumers."""
        if ANY not in self.markets:
            return self.markets
        if seller.kind == "retailer":
            return (seller.country,)
        return tuple(code for code, country in countries.items() if country.share != 0)

    @property
    def inputs(self) -> tuple[int, ...]:
        """Units of input for each unit of output, from the first step between makers to the last."""
        return self.units_per_unit or (1,) * (len(self.tiers) - 2)
