"""What shoppers want and what platforms show them: the keys of [demand] and [platform]."""

from __future__ import annotations

from abm.scenario.schema.fields import Mode, Section, entry, listing, quantity


class Given(Section):
    """Demand from outside: packs a day of each offer that it names, taken from the shelf at the list price."""

    seller: str = entry(..., "The seller or retailer, or the group, of whom it is asked.")
    market: str = entry(..., "The country whose offers are meant.")
    category: str | None = entry(None, "The kind of goods; left out, all that it sells there.")
    mode: Mode | None = entry(None, "The fulfilment mode; left out, all in which it sells there.")
    mean: float = quantity(..., "packs/day", 0, 1e9, "Mean of what is asked of each offer on a day.")
    sd: float = quantity(0.0, "packs/day", 0, 1e9, "Standard deviation of what is asked of each offer on a day.")


class Demand(Section):
    """How needs arise, how tastes are spread, and how a shopper weighs a page."""

    visits: float = quantity(0.6, "visits/day", 0, 0.95, "Visits per consumer and day on average, returns included.")
    conversion: float = quantity(
        0.034, "share", 0, 1, "Purchases per visit, assumed only where the steady start needs it beforehand."
    )
    survive: float = quantity(0.9, "share/day", 0, 1, "Chance that an unmet need is still felt on the next day.")
    longest: int = quantity(7, "days", 0, 254, "Days after which an unmet need is given up.")
    lam: float = quantity(
        0.4, "1", 0.05, 1, "How little offers of a page resemble each other; 1 is plain logit.", alias="lambda"
    )
    propensity: float = quantity(-2.9, "utility", -20, 20, "Mean liking of buying anything at all.")
    propensity_sd: float = quantity(0.5, "utility", 0, 5, "Spread of the liking of buying between consumers.")
    price_ln_mean: float = quantity(0.530628, "ln", -3, 3, "Mean logarithm of the dislike of price; ln 1.7.")
    price_ln_sd: float = quantity(0.35, "ln", 0, 2, "Spread of the logarithm of the dislike of price.")
    quality_mean: float = quantity(0.25, "utility/sd", 0, 5, "Mean liking of a standard deviation of quality.")
    quality_sd: float = quantity(0.1, "utility/sd", 0, 5, "Spread of the liking of quality, cut at 0.")
    theta: float = quantity(0.013, "prices/day", 0, 1, "What a day of waiting costs, as a share of the usual price.")
    style: float = quantity(0.15, "utility", 0, 5, "Dislike of the squared distance between a style and one's taste.")
    loyalty: float = quantity(0.25, "utility", 0, 5, "Liking of the seller from whom one bought last.")
    home: float = quantity(0.15, "utility", -5, 5, "Liking of sellers of one's own country.")
    rank: float = quantity(0.15, "utility", 0, 5, "How much attention falls with the logarithm of the slot.")
    income_sd: float = quantity(0.5, "ln", 0, 2, "Spread of the logarithm of income.")
    income_elasticity: float = quantity(-0.4, "1", -2, 0, "How the dislike of price changes with income.")
    xi_sd: float = quantity(0.25, "utility", 0, 3, "Spread of what makes a listing liked beyond what is modelled.")
    decline: float = quantity(
        0.036,
        "share",
        0,
        1,
        "Share of authorisations of payment that fail; what is turned away as suspect comes on top.",
    )
    fraud: float = quantity(0.002, "share", 0, 1, "Share of payments that are tried with stolen cards.")
    groups: int = quantity(4, "count", 1, 64, "Hidden groups of taste in each country.")
    group_gap: float = quantity(0.6, "style", 0, 1, "How far the groups' mean styles lie from their country's.")
    group_sd: float = quantity(0.25, "style", 0, 2, "Spread of style within a group.")
    seasons: bool = entry(True, "Whether the peaks of the calendar move needs.", unit="yes/no")
    prior_reviews: float = quantity(10, "reviews", 0.1, 1000, "Reviews that a claim of quality weighs as much as.")
    review_consumers: int = quantity(
        0,
        "consumers",
        0,
        200_000_000,
        "Consumers among whom a review counts as one; among more it counts for less in proportion. 0: however many.",
    )
    review_base: float = quantity(0.05, "share", 0, 1, "Chance of a review when a parcel is as was hoped.")
    review_gap: float = quantity(0.1, "share/sd", 0, 1, "Further chance of a review for each sd of disappointment.")
    given: tuple[Given, ...] = listing((), "Demand from outside, beside that of consumers or without any.")


class Objective(Section):
    """What a platform ranks its pages by."""

    relevance: float = quantity(0.6, "weight", 0, 1, "Weight of what the page's segment is likely to buy.")
    revenue: float = quantity(0.2, "weight", 0, 1, "Weight of the commission that a sale would bring.")
    rating: float = quantity(0.2, "weight", 0, 1, "Weight of the reviews.")


class Platform(Section):
    """What all platforms share: the length of a page, and how they hold sellers' money."""

    slots: int = quantity(32, "slots", 1, 32, "Listings shown on a page.")
    holding_days: int = quantity(10, "days", 0, 60, "Days for which a seller's money is held after delivery.")
    reserve_ppm: int = quantity(50_000, "ppm", 0, 1_000_000, "Part of a sale that is held back as a reserve.")
    reserve_days: int = quantity(30, "days", 0, 63, "Days for which the reserve is held back.")
    segments: int = quantity(4, "count", 1, 255, "Segments of taste that a platform tells apart.")
    objective: Objective = entry(Objective(), "What a platform ranks its pages by.")
    exploration: float = quantity(0.05, "share", 0, 1, "Shoppers put into a segment by lot, to go on learning of all.")
    new_share: float = quantity(0.04, "share", 0, 1, "Slots of a page kept for listings of their first thirty days.")
    paid_share: float = quantity(0.2, "share", 0, 1, "Slots of a page, the first ones, that are sold by auction.")
    stock_consumers: int = quantity(
        0,
        "consumers",
        0,
        200_000_000,
        "Consumers among whom a shelf with one pack is in stock; among more it takes more in proportion, but never "
        "more than a day's sales. 0: however many.",
    )
