"""What stands in the world: countries, firms, nodes, offers, people; rows are appended and never moved."""

from __future__ import annotations

from abm.columns import F4, F8, I1, I2, I4, I8, U1, U4, U8, Table, column


class Countries(Table):
    """A market and customs territory."""

    identity: U8 = column("u8", "hash", "The 64-bit identity made from the country's code.")
    currency: U8 = column("u8", "hash", "Identity of its currency: countries that share one share its walk.")
    fx_par: F8 = column("f8", "currency/USD", "Units of currency per US dollar on the first day.", settable=True)
    fx_start: F8 = column("f8", "currency/USD", "Units of currency per US dollar for which usual prices hold.")
    fx_sd: F8 = column("f8", "ln/day", "Standard deviation of a day's step of the exchange rate.", settable=True)
    fx_walk: F8 = column("f8", "ln", "How far the exchange rate has walked.")
    fx: F8 = column("f8", "currency/USD", "Units of currency per US dollar today.", default=1)
    fx_past: F8 = column("f8", "currency/USD", "Units of currency per US dollar on past days, a ring.", default=1,
                         axes=("window",))  # fmt: skip
    weight: F8 = column("f8", "people/consumer", "Online shoppers that one consumer stands for.")
    rate: F8 = column("f8", "needs/day", "New needs of an idle consumer on a flat day.", settable=True)
    appetite: F8 = column("f8", "factor", "Needs of each category against the world's shares.", default=1,
                          axes=("category",))  # fmt: skip
    workdays: U1 = column("u1", "bits", "Days on which customs and warehouses work, Monday is bit 0.", default=127)
    customs: I8 = column("i8", "declarations/day", "What each customs queue can clear on a working day.",
                         axes=("queue",), settable=True)  # fmt: skip
    inspection: F8 = column("f8", "share", "Share of declarations that customs inspects.", settable=True)
    clearance: F8 = column("f8", "days", "Working days from the head of the queue to release.", settable=True)
    government: I4 = column("i4", "row", "The treasury's account.", key="accounts")
    people: I4 = column("i4", "row", "The account of the country's consumers.", key="accounts")
    broker: I4 = column("i4", "row", "The customs broker whom its importers use; -1 for none.", default=-1, key="firms")
    payment: I4 = column("i4", "row", "The payment provider of its shoppers; -1 for none.", default=-1, key="firms")
    interest_ppm: I8 = column("i8", "ppm/day", "What its banks take for a day of credit.", default=219, settable=True)
    penalty_ppm: I8 = column("i8", "ppm", "Fine on the value that an inspection finds undeclared.", default=1_000_000,
                             settable=True)  # fmt: skip


class Categories(Table):
    """A kind of goods."""

    identity: U8 = column("u8", "hash", "The 64-bit identity made from the category's name.")
    weight: I8 = column("i8", "g", "What a pack weighs, with its box.")
    price: F8 = column("f8", "USD", "The usual price of a pack, landed.")
    returns: F8 = column("f8", "share", "Share of packs sent back by a buyer whose hopes were met.", settable=True)
    needs: F8 = column("f8", "share", "Share of needs that are for this category.", settable=True)


class Borders(Table):
    """One dated import rule: destination x channel x category x origin x value band; amounts in the law's currency."""

    identity: U8 = column("u8", "hash", "The 64-bit identity made from the rule's key.")
    dest: I4 = column("i4", "row", "Country whose rule it is.", key="countries")
    channel: I1 = column("i1", "code", "0 parcel, 1 bulk, 2 bonded.")
    category: I4 = column("i4", "row", "Category it speaks of; -1 for all.", key="categories")
    origin: I4 = column("i4", "row", "Country of last manufacture it speaks of; -1 for all.", key="countries")
    postal: I1 = column("i1", "code", "-1 any, 1 post, 2 flat postal option.")
    priority: I4 = column("i4", "rank", "Of the rules that match, the highest wins.")
    from_day: I4 = column("i4", "day", "First day in force, as a calendar day number.")
    until_day: I4 = column("i4", "day", "First day no longer in force.")
    value_lo: I8 = column("i8", "minor units", "The value is above this; -1 for none.")
    value_hi: I8 = column("i8", "minor units", "The value is at most this.")
    ad_valorem_ppm: I8 = column("i8", "ppm", "Its own duty rate; 0 where the MFN rate holds.", settable=True)
    mfn: I8 = column("i8", "yes/no", "Whether the MFN rate is added.")
    extra_ppm: I8 = column("i8", "ppm", "Further duty on the value.", settable=True)
    specific: I8 = column("i8", "1/1000 minor", "Specific duty, each time.")
    specific_per: I8 = column("i8", "code", "0 none, 1 consignment, 2 item, 3 item type, 4 kilogram.")
    specific_least: I8 = column("i8", "yes/no", "Whether the specific duty is a least amount.")
    offset: I8 = column("i8", "minor units", "Taken off the duty.")
    valuation: I8 = column("i8", "code", "0 FOB, 1 CIF, 2 six tenths of retail.")
    duty_relief: I8 = column("i8", "yes/no", "Whether no duty is due at all.", settable=True)
    vat_ppm: I8 = column("i8", "ppm", "VAT.", settable=True)
    vat_base: I8 = column("i8", "code", "0 price, 1 price and duty, 2 grossed up.")
    vat_from: I8 = column("i8", "minor units", "VAT is due on values above this.")
    fee: I8 = column("i8", "minor units", "Handling fee, each time.", settable=True)
    fee_per: I8 = column("i8", "code", "1 consignment, 3 item type.")
    vat_checkout: U1 = column("u1", "yes/no", "Whether VAT is collected at checkout.")
    vat_recoverable: U1 = column("u1", "yes/no", "Whether the importer recovers the VAT.")


class Passages(Table):
    """A canal or a strait."""

    identity: U8 = column("u8", "hash", "The 64-bit identity made from the passage's name.")
    open: U1 = column("u1", "yes/no", "Whether ships may pass.", default=1, settable=True)


class Lanes(Table):
    """Origin x destination x way of carriage."""

    identity: U8 = column("u8", "hash", "The 64-bit identity made from the lane's name.")
    origin: I4 = column("i4", "row", "Where it starts.", key="countries")
    dest: I4 = column("i4", "row", "Where it ends.", key="countries")
    haul: I1 = column("i1", "code", "Way of carriage: a fulfilment mode, or air, sea, road.")
    carrier: I4 = column("i4", "row", "Who runs it.", key="firms")
    queue: I1 = column("i1", "code", "The customs queue at its end, -1 for none.", default=-1)
    transit: F8 = column("f8", "days", "Usual days from departure to the border, all passages open.", settable=True)
    detour: F8 = column("f8", "days", "Days more when a passage on its route is closed.")
    passage: U4 = column("u4", "bits", "The passages on its route.")
    last_mile: F8 = column("f8", "days", "Usual days from the border, or the shelf, to the door.", settable=True)
    spread: F8 = column("f8", "ln", "Standard deviation of the logarithm of the days.", settable=True)
    per_item: F8 = column("f8", "USD cents", "Base rate for each parcel.", settable=True)
    per_kg: F8 = column("f8", "USD cents/kg", "Base rate for each kilogram.", settable=True)
    capacity: F8 = column("f8", "g/day", "What its fleet can carry a day, all passages open.", settable=True)
    departures: U1 = column("u1", "bits", "Days on which it departs, Monday is bit 0.", default=127)
    open: U1 = column("u1", "yes/no", "Whether it runs at all.", default=1, settable=True)
    load_g: I8 = column("i8", "g", "Weight that left on it today.")
    asked_g: I8 = column("i8", "g", "Weight that wanted to leave on it today.")
    asked_ma: F8 = column("f8", "g/day", "Weight that wanted to leave, smoothed over a week.")
    room_ma: F8 = column("f8", "g/day", "Weight that there was room for, smoothed over a week.")
    spot: F8 = column("f8", "factor", "Spot freight rate against the base rate.", default=1)
    rate: F8 = column("f8", "factor", "Today's blended freight rate against the base rate.", default=1)
    days: F8 = column("f8", "days", "Usual days from departure to the border today.")
    co2: F8 = column("f8", "g/kg", "CO2e that the carriage of a kilogram along it emits, all passages open.")
    delay: F8 = column("f8", "days", "Days by which parcels on it came later than shown, smoothed over a hundred.")


class Firms(Table):
    """A company."""

    identity: U8 = column("u8", "hash", "The 64-bit identity made from the firm's name.")
    kind: I1 = column("i1", "code", "Which of the nine kinds of firm it is.")
    country: I4 = column("i4", "row", "Where it sits.", key="countries")
    category: I4 = column("i4", "row", "What it deals in; -1 for all.", default=-1, key="categories")
    account: I4 = column("i4", "row", "Its ledger account: the balance is its cash.", key="accounts")
    escrow: I4 = column("i4", "row", "The account that holds its unreleased sales.", default=-1, key="accounts")
    capacity: F8 = column("f8", "by kind/day", "Units, parcels, declarations, slots or USD cents a day.", settable=True)
    pooled: F8 = column("f8", "share", "Share of its capacity, cash and attention that is not ring-fenced by chain.",
                        default=1, axes=("pool",))  # fmt: skip
    credit_cents: I8 = column("i8", "USD cents", "How far its cash may fall below zero.", settable=True)
    fixed_cents: I8 = column("i8", "USD cents/day", "Rent and salaries of a day.", settable=True)
    labour_cents: I8 = column("i8", "USD cents/unit", "Wages for each unit made or handled.", settable=True)
    material_cents: I8 = column("i8", "USD cents/unit", "Materials from outside for each unit made.", settable=True)
    quality: F4 = column("f4", "sd", "Quality of what a maker's plant makes, in the mean of its lines.")
    load: F8 = column("f8", "share", "Part of its machines that a maker uses on a usual day.", default=0.8)
    fee_ppm: I8 = column("i8", "ppm", "A platform's commission or a payment provider's fee.", settable=True)
    spread_ppm: I8 = column("i8", "ppm", "What a payment provider takes where a sale changes its currency.")
    screening: F8 = column("f8", "share", "Good payments that a payment provider turns away for fear of fraud.",
                           settable=True)  # fmt: skip
    price_cents: I8 = column("i8", "USD cents/unit", "What a warehouse or broker charges for each.", settable=True)
    storage_cents: F8 = column("f8", "USD cents/kg/day", "What a warehouse asks for keeping goods while it has room.",
                               settable=True)  # fmt: skip
    shelf_g: F8 = column("f8", "g", "Weight for which a warehouse has shelves; beyond it goods stand in the aisles.",
                         settable=True)  # fmt: skip
    docks: F8 = column("f8", "shipments/day", "Slots in which a warehouse takes goods in on a working day.",
                       settable=True)  # fmt: skip
    priority_cents: I8 = column("i8", "USD cents", "What a broker asks to clear a declaration first; 0: it does not.",
                                settable=True)  # fmt: skip
    compliance: F8 = column("f8", "factor", "A broker's clients are inspected this much as often.", default=1)
    holding_days: I4 = column("i4", "days", "How long a platform holds a seller's money after delivery.", settable=True)
    terms_days: I4 = column("i4", "days", "Days of credit that it gives to those whom it supplies.", default=30)
    review_days: I4 = column("i4", "days", "Days between reviews of orders.", default=7, settable=True)
    price_days: F8 = column("f8", "days", "Mean days between reviews of prices.", default=14, settable=True)
    least_days: F8 = column("f8", "days", "The least that it takes an order for, in days of the buyer's usual flow.",
                            settable=True)  # fmt: skip
    batch_days: F8 = column("f8", "days", "What it makes at a time, in days of a line's usual flow.", settable=True)
    payable_cents: I8 = column("i8", "USD cents", "Trade invoices that it has not paid.")
    receivable_cents: I8 = column("i8", "USD cents", "Trade invoices that it waits for.")
    overdue: I4 = column("i4", "days", "Days that the oldest of its invoices is late.")
    earned_cents: I8 = column("i8", "USD cents", "Cash taken in since the start.")
    spent_cents: I8 = column("i8", "USD cents", "Cash paid out since the start.")
    worth_cents: I8 = column("i8", "USD cents", "Cash, escrow, trade credit and stock at cost, after yesterday.")
    profit_ma: F8 = column("f8", "USD cents/day", "Change of worth before dividends, smoothed over 120 days.")
    pricing: I1 = column("i1", "rule", "Which pricing rule it follows.")
    rationing: I1 = column("i1", "rule", "How it shares out what is short.")
    initiative: F8 = column("f8", "0..1", "How far it looks ahead instead of waiting for what comes.", default=0.5)
    least_declared_ppm: I8 = column("i8", "ppm", "Least part of the value that it would declare to customs.",
                                    default=1_000_000, settable=True)  # fmt: skip
    alive: U1 = column("u1", "yes/no", "Whether it trades.", default=1)
    connected: U1 = column("u1", "yes/no", "Whether it is a member of the shared information system.")
    adopted: U1 = column("u1", "yes/no", "Whether its order system takes and gives campaign notices and plans.")
    bought_units: I8 = column("i8", "units", "Ordered of others, or at the source made, by four weeks, a ring.",
                              axes=("ring",))  # fmt: skip
    sold_units: I8 = column("i8", "units", "Promised to others by four weeks, a ring.", axes=("ring",))
    bid_share: F8 = column("f8", "share", "Part of a margin that a seller bids for a slot that is sold.", default=0.5)
    ads_ma: F8 = column("f8", "USD cents/day", "What it owes for advertising, smoothed over four weeks.")
    sales_ma: F8 = column("f8", "USD cents/day", "What shoppers paid for its goods, smoothed over four weeks.")


class Accounts(Table):
    """The ledger: balances in US cents that always sum to zero."""

    identity: U8 = column("u8", "hash", "The 64-bit identity made from the holder's name.")
    balance_cents: I8 = column("i8", "USD cents", "What the holder has; negative for what it has paid in.")
    firm: I4 = column("i4", "row", "The firm whose cash it is; -1 for all other accounts.", default=-1, key="firms")


class Chains(Table):
    """A supply chain: from raw material to one seller's listing."""

    identity: U8 = column("u8", "hash", "The 64-bit identity made from the chain's name.")
    category: I4 = column("i4", "row", "What it makes.", key="categories")
    product: I4 = column("i4", "row", "Its finished product.", key="products")
    seller: I4 = column("i4", "row", "The seller or retailer at its end.", key="firms")
    searching: I4 = column("i4", "days", "Days for which it has looked for a lost member.")
    new_maker: I4 = column("i4", "row", "The node to whose maker its line is to move; -1 for none.", default=-1,
                           key="nodes")  # fmt: skip
    new_market: I4 = column("i4", "row", "The market in which it is to be listed too; -1 for none.", default=-1,
                            key="countries")  # fmt: skip
    new_mode: I1 = column("i1", "code", "The mode in which it is to be offered there; -1 for none.", default=-1)
    alive: U1 = column("u1", "yes/no", "Whether goods may still flow along it.", default=1)


class Members(Table):
    """Firm x chain x role x tier."""

    chain: I4 = column("i4", "row", "The chain.", key="chains")
    firm: I4 = column("i4", "row", "The member.", key="firms")
    tier: I1 = column("i1", "count", "Steps from the consumer, 1 for the seller; 0 for services.")
    share: F8 = column("f8", "share", "The chain's part in the member's usual flow.")
    alive: U1 = column("u1", "yes/no", "Whether it still takes part.", default=1)


class Products(Table):
    """What is made and sold; the counters of its goods."""

    identity: U8 = column("u8", "hash", "The 64-bit identity made from the product's name.")
    category: I4 = column("i4", "row", "The kind of goods.", key="categories")
    maker: I4 = column("i4", "row", "Who makes it.", key="firms")
    finished: U1 = column("u1", "yes/no", "Whether consumers buy it.")
    quality: F4 = column("f4", "sd", "True quality, which buyers learn by use.")
    claim: F4 = column("f4", "sd", "Quality as its brand and price suggest it.")
    style: F4 = column("f4", "-1..1", "Where it stands in taste.")
    opening: I8 = column("i8", "units", "What there was on the first day, wherever it was.")
    made: I8 = column("i8", "units", "Finished by production since the first day.")
    restocked: I8 = column("i8", "units", "Sent back by consumers and put on a shelf again.")
    in_work: I8 = column("i8", "units", "Being made.")
    in_transit: I8 = column("i8", "units", "On the way between nodes or to consumers.")
    in_customs: I8 = column("i8", "units", "Waiting for customs.")
    delivered: I8 = column("i8", "units", "Handed to consumers since the first day.")
    used: I8 = column("i8", "units", "Used up by production since the first day.")
    scrapped: I8 = column("i8", "units", "Lost, seized, written off or sold off since the first day.")


class Nodes(Table):
    """A stocking point: owner, operator, place, product."""

    identity: U8 = column("u8", "hash", "The 64-bit identity made from the node's name.")
    firm: I4 = column("i4", "row", "Who owns the goods.", key="firms")
    operator: I4 = column("i4", "row", "Who handles them.", key="firms")
    country: I4 = column("i4", "row", "Where it is.", key="countries")
    product: I4 = column("i4", "row", "What it holds.", key="products")
    origin: I4 = column("i4", "row", "Country of the last manufacture.", key="countries")
    market: I4 = column("i4", "row", "The market whose season it serves; -1 for none.", default=-1, key="countries")
    on_hand: I8 = column("i8", "units", "Free to promise.")
    reserved: I8 = column("i8", "units", "Promised and not yet departed.")
    cost_cents: F8 = column("f8", "USD cents/unit", "Average landed cost of what is on hand.")
    ordered: I8 = column("i8", "units", "Asked of it today by all buyers.")
    sold: I8 = column("i8", "units", "Promised by it today to all buyers.")
    short: I8 = column("i8", "units", "Asked of it today by shoppers and refused.")
    demand: I8 = column("i8", "1/100 units/day", "Recorded demand of past days, a ring.", axes=("window",))
    forecast: F8 = column("f8", "units/day", "Forecast of demand on a flat day.")
    variance: F8 = column("f8", "(units/day)^2", "Forecast of the squared error of a day.")
    baseline: F8 = column("f8", "units/day", "Flow in the mean-field steady state.")
    coming: I8 = column("i8", "units", "Ordered by it and not yet arrived.")
    owed: I8 = column("i8", "units", "Ordered from it and not yet granted.")
    lead: F8 = column("f8", "days", "The longest lead time of its live links.")
    season: F8 = column("f8", "factor", "Demand expected over lead time, review and cover against a flat day.",
                        default=1)  # fmt: skip
    beta: F8 = column("f8", "share", "Share of the gap to target closed at a review.")
    cover: F8 = column("f8", "days", "Days of safety stock.", settable=True)
    level: F8 = column("f8", "units", "Order-up-to level at the last review.")
    ahead: F8 = column("f8", "days", "Part of its cover that is held for what has been announced.")
    habit: F8 = column("f8", "units", "What it ordered at the last review to which its owner attended; -1 before.",
                       default=-1)  # fmt: skip
    bonded: U1 = column("u1", "yes/no", "Whether duty is suspended there until goods are sold.")
    stocking: I1 = column("i1", "rule", "Which stocking rule it follows.")
    predictor: I1 = column("i1", "rule", "Which forecasting rule it follows.")
    alive: U1 = column("u1", "yes/no", "Whether it is in use.", default=1)
    reported: I8 = column("i8", "1/100 units", "Demand reported to it by the shared system, by day of arrival, a ring.",
                          default=-1, axes=("ring",))  # fmt: skip
    told: U1 = column("u1", "yes/no", "Whether today's record is a report of the shared system.")
    recorded: I8 = column("i8", "units", "On hand as the records have it.")
    index: F8 = column("f8", "factor", "Season in today's record of demand against a flat day.", default=1)
    expects: F8 = column("f8", "factor", "Demand that it expects tomorrow against a flat day.", default=1)
    asked_ma: F8 = column("f8", "units/day", "Units asked of it, smoothed over four weeks.")
    surprise_ma: F8 = column("f8", "units/day", "Units asked of it beyond what it expected, smoothed likewise.")


class Links(Table):
    """Supplier node to buyer node; within a maker, from inputs to output."""

    identity: U8 = column("u8", "hash", "The 64-bit identity made from both nodes' names.")
    supplier: I4 = column("i4", "row", "Where goods come from; -1 for raw materials.", key="nodes")
    buyer: I4 = column("i4", "row", "Where goods go.", key="nodes")
    lane: I4 = column("i4", "row", "How they travel; -1 for production.", default=-1, key="lanes")
    cell: I4 = column("i4", "row", "Its cell of the law where it crosses a border; -1 within one.", default=-1)
    make: I4 = column("i4", "row", "The firm that makes, for production; else -1.", default=-1, key="firms")
    chain: I4 = column("i4", "row", "The chain that it mainly serves.", default=-1, key="chains")
    per_unit: I8 = column("i8", "units/unit", "Units of input for each unit of output.", default=1)
    share: F8 = column("f8", "share", "Part of the buyer's orders that go this way.", default=1)
    lead: F8 = column("f8", "days", "Days that the buyer reckons with.")
    work_days: I4 = column("i4", "days", "Days of production.")
    price_cents: I8 = column("i8", "USD cents/unit", "Transfer price; 0 between nodes of one owner.")
    markup: F8 = column("f8", "share", "What the supplier adds to its cost.", default=0.25)
    baseline: F8 = column("f8", "units/day", "Flow in the mean-field steady state.")
    placed: I8 = column("i8", "units", "Ordered today, answered tomorrow.")
    backlog: I8 = column("i8", "units", "Ordered earlier and not yet granted.")
    granted: I8 = column("i8", "units", "Granted and waiting to depart.")
    coming: I8 = column("i8", "units", "Departed and not yet arrived.")
    asked_ma: F8 = column("f8", "units/day", "Units due, smoothed over sixty days.")
    met_ma: F8 = column("f8", "units/day", "Units granted, smoothed over sixty days.")
    alive: U1 = column("u1", "yes/no", "Whether orders may be placed on it.", default=1)
    asked: I8 = column("i8", "units", "Ordered yesterday: what entered the supplier's book today.")
    since: I4 = column("i4", "day", "Day of its oldest order that is not granted.")
    ordered_ma: F8 = column("f8", "units/day", "Units ordered, smoothed over four weeks.")


class Listings(Table):
    """One seller's product in one market, over its fulfilment modes."""

    identity: U8 = column("u8", "hash", "The 64-bit identity made from seller, product and market.")
    seller: I4 = column("i4", "row", "Who sells.", key="firms")
    product: I4 = column("i4", "row", "What is sold.", key="products")
    dest: I4 = column("i4", "row", "The market.", key="countries")
    category: I4 = column("i4", "row", "The kind of goods.", key="categories")
    offer: I4 = column("i4", "row", "Its offer in each mode, or -1.", default=-1, axes=("mode",), key="offers")
    xi: F4 = column("f4", "utility", "What makes it liked beyond what is modelled.")
    home: U1 = column("u1", "yes/no", "Whether the seller is from the market's country.")
    reviews: I8 = column("i8", "count", "Reviews so far.")
    rating_sum: I8 = column("i8", "1/1000 sd", "Sum of reviewed quality, in thousandths.")
    qhat: F4 = column("f4", "sd", "Quality as shoppers judge it from the claim and the reviews.")
    popularity: F8 = column("f8", "units/day", "Packs sold a day, smoothed over four weeks.")
    sold: I8 = column("i8", "packs", "Sold today.")
    born: I4 = column("i4", "day", "Day of its first listing.")
    alive: U1 = column("u1", "yes/no", "Whether it may stand on a page.", default=1)


class Offers(Table):
    """Node x destination x fulfilment mode."""

    identity: U8 = column("u8", "hash", "The 64-bit identity made from node, market and mode.")
    listing: I4 = column("i4", "row", "The listing that it belongs to.", key="listings")
    node: I4 = column("i4", "row", "Where the goods stand.", key="nodes")
    lane: I4 = column("i4", "row", "How they travel.", key="lanes")
    dest: I4 = column("i4", "row", "The market.", key="countries")
    mode: I1 = column("i1", "code", "The fulfilment mode.")
    cell: I4 = column("i4", "row", "Its cell of the law: destination, channel, category, origin, mode.")
    price_minor: I8 = column("i8", "minor units", "List price net of freight, duty and VAT, in the market's currency.")
    value_cents: I8 = column("i8", "USD cents", "List price today: the intrinsic value.")
    freight_cents: I8 = column("i8", "USD cents", "Freight that the shopper pays.")
    duty_cents: I8 = column("i8", "USD cents", "Duty as quoted today.")
    vat_cents: I8 = column("i8", "USD cents", "VAT as quoted today.")
    handling_cents: I8 = column("i8", "USD cents", "Handling fees of the import rule as quoted today.")
    coupon_cents: I8 = column("i8", "USD cents", "The seller's rebate on today's quote.")
    landed_cents: I8 = column("i8", "USD cents", "What the shopper pays: the sum of the parts less the coupon.")
    relative: F4 = column("f4", "usual prices", "What the shopper pays against the market's usual price.")
    days: F8 = column("f8", "days", "Usual days to the door, as the page shows them.")
    promised: I4 = column("i4", "days", "Days to the door that the seller promises: nine of ten parcels make it.")
    demand_ma: F8 = column("f8", "packs/day", "Packs sold a day, smoothed over four weeks.")
    sold: I8 = column("i8", "packs", "Sold today.")
    alive: U1 = column("u1", "yes/no", "Whether it is on offer.", default=1)
    incoterm: I1 = column("i1", "code", "Who bears what the border takes: 0 the seller (DDP), 1 the shopper (DAP).")
    door_cents: I8 = column("i8", "USD cents", "Duty, VAT and fees left out of the landed price, due at the door.")
    declared_ppm: I8 = column("i8", "ppm", "Part of the value that is declared to customs.", default=1_000_000)
    admitted: U1 = column("u1", "yes/no", "Whether the law of today has a rule for it.", default=1)


class Consumers(Table):
    """One person; rows are ordered by country, once."""

    taste: F4 = column("f4", "utility", "Quality, price, time, style, home, loyalty, propensity; then income ratio.",
                       axes=("taste",))  # fmt: skip
    last_seller: I4 = column("i4", "row", "Whom they bought from last.", default=-1, key="firms")
    satisfaction: F4 = column("f4", "0..1", "How well past parcels met their hopes.", default=0.7)
    trust: F4 = column("f4", "0..1", "How far they rely on the platform.", default=0.7)
    last_surplus: F4 = column("f4", "usual prices", "Expected surplus of the last page.")
    bought: U1 = column("u1", "packs", "Packs bought by category, at most 255.", axes=("taste",))
    country: U1 = column("u1", "row", "Where they live.", key="countries")
    segment: U1 = column("u1", "code", "The segment that their platform believes they are in.")
    need: U1 = column("u1", "code", "Category of the open need plus 1, 0 for none.")
    need_age: U1 = column("u1", "days", "Age of the open need; 255 waits for an event.")
    storefront: U1 = column("u1", "row", "The storefront they use, counted within their country.")
    noted: U1 = column("u1", "purchases", "Purchases kept and not panned, from which platforms learned; at most 255.")
    learned: I2 = column("i2", "1/16 sd", "How much dearer, sooner, higher in style and more from home they bought "
                         "than a usual shopper would of what was shown; the sum.", axes=("trait",))  # fmt: skip


class Storefronts(Table):
    """A platform in one market."""

    platform: I4 = column("i4", "row", "Who runs it.", key="firms")
    country: I4 = column("i4", "row", "The market.", key="countries")
    local: I4 = column("i4", "count", "Its number within its market.")
    centre: I4 = column("i4", "1/1024 sd", "How much dearer, sooner, higher in style and more from home the shoppers "
                        "of each segment are believed to buy than all.", axes=("segment", "trait"))  # fmt: skip
    crowd: I8 = column("i8", "consumers", "Shoppers of each segment when it was last learned.", axes=("segment",))
    surplus: F8 = column("f8", "usual prices", "Surplus that a visit promises, smoothed over four weeks.")
