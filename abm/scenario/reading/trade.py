"""Whether chains run from raw material to a seller, and whether each market can be reached and served."""

from __future__ import annotations

from itertools import pairwise, product

from abm.scenario.reading.firms import check_names
from abm.scenario.reading.given import Reading
from abm.scenario.reading.known import known_categories, known_countries, law_currency, listed
from abm.scenario.schema import Chain, Firm
from abm.scenario.schema.describe import Place
from abm.scenario.schema.firms import ANY, groups_of

STEPS = {"supplier": 0, "manufacturer": 1, "seller": 2, "retailer": 2}
ORDER = "suppliers, then at least one manufacturer, then one seller or retailer"
STORED = ("overseas", "bonded")
SELLING = ("seller/retailer", "retailer/seller")


def check_chains(reading: Reading) -> None:
    """Note every chain whose goods, members, markets or modes do not fit together."""
    groups = {firm.name: firm for firm in reading.scenario.firms}
    written = reading.written("firms")
    check_names(reading, "chains")
    for place, chain in reading.entries("chains"):
        known = tuple(sorted({*known_categories(), *reading.written("categories")}))
        if chain.category not in known:
            reading.complain((*place, "category"), chain.category, f"one of {listed(known)}", known)
        for row, name in enumerate(chain.tiers):
            if not any(name == one or (name.endswith(ANY) and one.startswith(name[:-1])) for one in written):
                reading.complain((*place, "tiers", row), name, "the name of a group of firms", groups)
        for market in chain.markets:
            if market not in (ANY, *reading.countries):
                words = f"some of {listed(reading.countries)}"
                reading.complain((*place, "markets"), market, words, reading.countries)
        for key in ("tiers", "markets", "modes"):
            _check_once(reading, (*place, key), getattr(chain, key))
        members = [groups_of(name, reading.scenario.firms) for name in chain.tiers]
        if all(members):
            _check_members(reading, place, chain, members)
            for seller in members[-1]:
                _check_selling(reading, place, chain, seller)


def _check_once(reading: Reading, place: Place, given: tuple[str, ...]) -> None:
    twice = [name for name in dict.fromkeys(given) if given.count(name) > 1]
    if twice:
        reading.complain(place, given, f"each of them once; {listed(twice)} stands there twice")


def _check_members(reading: Reading, place: Place, chain: Chain, members: list[list[Firm]]) -> None:
    kinds = ["/".join(dict.fromkeys(member.kind for member in tier)) for tier in members]
    steps = [STEPS.get(kind, 2 if kind in SELLING else -1) for kind in kinds]
    if -1 in steps or steps != sorted(steps) or 1 not in steps or steps.count(2) != 1:
        reading.complain((*place, "tiers"), ", ".join(kinds), ORDER)
        return
    for row, member in ((row, member) for row, tier in enumerate(members) for member in tier):
        if member.category not in (None, chain.category):
            words = f"a group that deals in {chain.category}, or in everything"
            reading.complain((*place, "tiers", row), f"{member.name}, which deals in {member.category}", words)
    inputs = len(chain.tiers) - 2
    if chain.units_per_unit is not None and len(chain.units_per_unit) != inputs:
        words = f"{inputs} numbers, one for each step between its {inputs + 1} makers"
        reading.complain((*place, "units_per_unit"), chain.units_per_unit, words)


def _check_selling(reading: Reading, place: Place, chain: Chain, seller: Firm) -> None:
    if seller.kind == "retailer":
        if chain.modes != ("retail",):
            reading.complain((*place, "modes"), chain.modes, '["retail"], as a retailer sells it')
        if chain.markets not in ((seller.country,), (ANY,)):
            words = f'["{seller.country}"], where the retailer {seller.name} has its shelf'
            reading.complain((*place, "markets"), chain.markets, words)
    elif seller.kind == "seller" and "retail" in chain.modes:
        reading.complain((*place, "modes"), "retail", "modes of a seller: express, line, post, overseas, bonded")


def check_markets(reading: Reading) -> None:
    """Note every market that no chain reaches or that nobody serves."""
    scenario = reading.scenario
    if reading.spoilt & {"firms", "countries"}:
        return
    for place, chain in reading.entries("chains"):
        _check_warehouses(reading, place, chain)
        _check_carriers(reading, place, chain)
        _check_law(reading, place, chain)
    sold = {market for chain in scenario.chains for _, market in _sales(reading, chain)}
    for code, country in scenario.countries.items():
        if not scenario.consumers or country.share == 0 or code not in known_countries():
            continue
        if not _serving(reading, "platform", code):
            reading.complain(
                ("countries", code), "consumers and no platform", f"a platform that serves {code}, or share = 0"
            )
        if code not in sold and "chains" not in reading.spoilt:
            words = f"a chain with {code} among its markets, or share = 0"
            reading.complain(("countries", code), "consumers and no chain that sells there", words)


def _serving(reading: Reading, kind: str, country: str) -> list[Firm]:
    codes = tuple(reading.scenario.countries)
    return [firm for firm in reading.scenario.firms if firm.kind == kind and country in firm.reach(codes)]


def _countries(reading: Reading, chain: Chain) -> list[list[str]]:
    """Where its members sit, raw material first; none where a member is unknown."""
    tiers = [[firm.country for firm in groups_of(name, reading.scenario.firms)] for name in chain.tiers]
    return tiers if all(tiers) else []


def _sales(reading: Reading, chain: Chain) -> list[tuple[str, str]]:
    """Home of a seller, blank where it is unknown, and each market in which it sells the chain's goods."""
    scenario = reading.scenario
    sellers = groups_of(chain.tiers[-1], scenario.firms)
    if not sellers:
        return [("", market) for market in chain.markets]
    sold = ((one.country, market) for one in sellers for market in chain.sold_in(one, scenario.countries))
    return list(dict.fromkeys(sold))


def _check_warehouses(reading: Reading, place: Place, chain: Chain) -> None:
    if ANY in chain.markets:
        return
    for home, market in _sales(reading, chain):
        stored = [mode for mode in STORED if mode in chain.modes and market != home]
        if stored and market in reading.countries and not _serving(reading, "warehouse", market):
            reading.complain((*place, "modes"), stored[0], f"modes that need no warehouse, as none serves {market}")


def _check_carriers(reading: Reading, place: Place, chain: Chain) -> None:
    way = _countries(reading, chain)
    steps = [step for here, there in pairwise(way) for step in product(here, there)]
    for origin, dest in dict.fromkeys([*steps, *(_sales(reading, chain) if way else [])]):
        if not _serving(reading, "carrier", origin) and not _serving(reading, "carrier", dest):
            words = f"members and markets between which a carrier works; none serves {origin} or {dest}"
            reading.complain(place, f"goods from {origin} to {dest}", words)


def _check_law(reading: Reading, place: Place, chain: Chain) -> None:
    ruled = {border.dest for border in reading.scenario.borders}
    for market in dict.fromkeys(market for home, market in _sales(reading, chain) if market != home):
        if market in reading.countries and not law_currency(market) and market not in ruled:
            words = f"countries whose import law the facts know; {market} needs [[borders]] rows of its own"
            reading.complain((*place, "markets"), market, words)
