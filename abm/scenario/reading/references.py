"""Whether what a scenario says fits together: names that lead somewhere, days within the run, worlds that can trade."""

from __future__ import annotations

from datetime import date

from abm.scenario.facts import EU
from abm.scenario.reading.events import check_borders, check_campaigns, check_shocks
from abm.scenario.reading.firms import check_firms
from abm.scenario.reading.given import Reading
from abm.scenario.reading.known import known_categories, known_countries, known_passages, lane_parts, law_begins, listed
from abm.scenario.reading.trade import check_chains, check_markets
from abm.scenario.schema.describe import Place

SELLING = ("seller", "retailer")


def check(reading: Reading) -> None:
    """Note every error of reference in what could be read."""
    check_countries(reading)
    check_categories(reading)
    check_lanes(reading)
    check_law(reading)
    check_firms(reading)
    check_given(reading)
    check_chains(reading)
    check_markets(reading)
    check_borders(reading)
    check_campaigns(reading)
    check_shocks(reading)


def check_countries(reading: Reading) -> None:
    """Countries are among the facts', and their shares leave no more than there is."""
    scenario = reading.scenario
    for code, country in scenario.countries.items():
        if code not in known_countries():
            reading.complain(("countries", code), code, f"one of {listed(known_countries())}", known_countries())
        for name in country.categories:
            if name not in reading.categories:
                place = ("countries", code, "categories", name)
                reading.complain(place, name, f"one of {listed(reading.categories)}", reading.categories)
        if country.categories and not any(country.categories.values()):
            reading.complain(("countries", code, "categories"), country.categories, "shares of which one is above 0")
    given = [country.share for country in scenario.countries.values() if country.share is not None]
    if sum(given) > 1 + 1e-9:
        reading.complain(("countries",), f"shares that add up to {sum(given):g}", "shares that add up to 1 at most")
    if scenario.consumers and not scenario.countries and "countries" not in reading.spoilt:
        reading.complain(("countries",), "none", "at least one country, as in [countries.US]")
    elif scenario.consumers and len(given) == len(scenario.countries) and given and not any(given):
        reading.complain(("countries",), "shares that are all 0", "a share above 0 in one country, or consumers = 0")


def check_categories(reading: Reading) -> None:
    """Kinds of goods have duties in the facts, or are like one that has, and some are needed."""
    scenario, known = reading.scenario, known_categories()
    for name, category in scenario.categories.items():
        place: Place = ("categories", name)
        if category.like is not None and category.like not in known:
            reading.complain((*place, "like"), category.like, f"one of {listed(known)}", known)
        elif category.like is None and name not in known:
            reading.complain(place, name, f"one of {listed(known)}, or any name with `like` one of these", known)
    named = scenario.category_names
    needs = [scenario.categories[name].needs if name in scenario.categories else None for name in named]
    if needs and not any(need is None or need > 0 for need in needs):
        reading.complain(("categories",), "needs that are all 0", "needs above 0 in one category")


def check_given(reading: Reading) -> None:
    """Demand from outside is asked of those who sell, for goods and markets that there are."""
    scenario = reading.scenario
    sellers = [
        name for one in scenario.firms if one.kind in SELLING for name in dict.fromkeys((one.name, *one.members))
    ]
    for row, one in enumerate(scenario.demand.given):
        for key, value, known in (
            ("seller", one.seller, sellers),
            ("market", one.market, list(reading.countries)),
            ("category", one.category, list(reading.categories)),
        ):
            if value is not None and value not in known and not {"firms", "countries"} & reading.spoilt:
                reading.complain(("demand", "given", row, key), value, f"one of {listed(known)}", known)


def check_lanes(reading: Reading) -> None:
    """Lanes join two countries of the world in a known way; passages are among those that routes name."""
    scenario = reading.scenario
    for name in scenario.lanes:
        if lane_parts(name, reading.countries) is None:
            words = f'origin-destination-way, as in "CN-US-line", with countries among {listed(reading.countries)}'
            reading.complain(("lanes", name), name, words)
    for name in scenario.passages:
        if name not in known_passages():
            reading.complain(("passages", name), name, f"one of {listed(known_passages())}", known_passages())


def check_law(reading: Reading) -> None:
    """The law of a country is that of a country of the world, on days of which the facts know it."""
    scenario = reading.scenario
    for country in scenario.law.named:
        if country not in reading.countries and not (country == "EU" and {*EU} & {*reading.countries}):
            known = ("as_of", "EU", *reading.countries)
            reading.complain(("law", country), country, f"as_of, EU, or one of {listed(reading.countries)}", known)
    if reading.spoilt & {"law", "start", "warmup"}:
        return
    early: dict[Place, date] = {}
    for country in scenario.countries:
        as_of, begins = scenario.law.of(country), law_begins(country)
        own = country if country in scenario.law.named else "EU" if country in scenario.law.overrides else ""
        place: Place = ("law", own, "as_of") if own else ("law", "as_of")
        if as_of == "calendar":
            as_of, place = scenario.first, ("start",)
        if begins and as_of < begins:
            early[place] = max(begins, early.get(place, begins))
    for place, begins in early.items():
        given = f"{scenario.first}, the first day of the warm-up" if place == ("start",) else scenario.law.as_of
        if len(place) == 3:
            given = scenario.law.named[str(place[1])]
        reading.complain(place, given, f"days from {begins} on, the first of which the facts know the law")
