"""What passes through the world: parcels, shipments, invoices, sales in escrow, the orders and pages of a day."""

from __future__ import annotations

from abm.columns import F4, I1, I4, I8, U1, U2, U4, Passing, Table, column


class Parcels(Passing):
    """One pack on its way to, or back from, one consumer."""

    consumer: U4 = column("u4", "row", "Who bought it.", key="consumers")
    offer: I4 = column("i4", "row", "What was bought.", key="offers")
    value_cents: I4 = column("i4", "USD cents", "Intrinsic value: the list price, without freight and tax.")
    paid_cents: I4 = column("i4", "USD cents", "What the consumer paid.")
    duty_cents: I4 = column("i4", "USD cents", "Duty: quoted until customs has assessed it.")
    vat_cents: I4 = column("i4", "USD cents", "VAT: quoted until customs has assessed it.")
    handling_cents: I4 = column("i4", "USD cents", "Handling fees of the import rule, likewise.")
    freight_cents: I4 = column("i4", "USD cents", "Freight that the consumer paid.")
    commission_cents: I4 = column("i4", "USD cents", "The platform's commission.")
    ordered: U2 = column("u2", "day", "Day of the order.")
    lane: U2 = column("u2", "row", "How it travels.", key="lanes")
    storefront: U2 = column("u2", "row", "Where it was bought.", key="storefronts")
    promised: U1 = column("u1", "days", "Days to the door as promised.")
    signal: U4 = column("u4", "4 x 1/16 sd", "How much dearer, sooner, higher in style and more from home it is than "
                        "what its page sells in the mean: four signed bytes.")  # fmt: skip
    booked: U1 = column(
        "u1",
        "code",
        "Its money: 0 held whole, 1 taxes have left escrow, 2 split, 3 to be refunded, 4 refunded, "
        "5 refused at the door and to be refunded.",
    )
    door_cents: I4 = column("i4", "USD cents", "What of duty, VAT and handling the consumer is asked for at the door.")


class Shipments(Passing):
    """Units on their way along a link, or in work."""

    link: I4 = column("i4", "row", "The link.", key="links")
    units: I8 = column("i8", "units", "How many arrive.")
    value_cents: I8 = column("i8", "USD cents", "Transfer price, or cost between nodes of one owner, and duty paid.")
    freight_cents: I8 = column("i8", "USD cents", "Freight paid on them.")
    ordered: I4 = column("i4", "day", "Day of departure.")


class Invoices(Passing):
    """What one account owes to another for one reason, from one day and due on another."""

    payer: I4 = column("i4", "row", "Who pays.", key="accounts")
    payee: I4 = column("i4", "row", "Who is paid.", key="accounts")
    amount_cents: I8 = column("i8", "USD cents", "How much.")
    reason: I1 = column("i1", "code", "What for.")
    debtor: I4 = column("i4", "row", "The firm that may be short of cash; -1 pays always.", default=-1, key="firms")
    issued: I4 = column("i4", "day", "Day of the invoice.")
    due: I4 = column("i4", "day", "Day on which it is to be paid.")


class Releases(Passing):
    """What one seller waits for of its sales in one market, in escrow until a day of release."""

    seller: I4 = column("i4", "row", "Who waits.", key="firms")
    market: I4 = column("i4", "row", "Where it was sold.", key="countries")
    cents: I8 = column("i8", "USD cents", "At the rates of the days of the orders.")
    local_cents: I8 = column("i8", "USD cents", "The same in the market's own currency, at the rates of the start.")


class Orders(Table):
    """A shopper who picked something from a page today."""

    consumer: I4 = column("i4", "row", "Who.", key="consumers")
    page: I4 = column("i4", "row", "The page read.")
    slot: I1 = column("i1", "count", "The slot picked.")
    tried: U4 = column("u4", "bits", "Slots found short so far.")
    lot: U4 = column("u4", "lot", "Place in the queue for stock.")
    offer: I4 = column("i4", "row", "The offer taken.", default=-1, key="offers")
    outcome: U1 = column("u1", "code", "What became of it.")
    first: I4 = column("i4", "row", "The offer taken before any retry.", default=-1, key="offers")
    coupon_cents: I8 = column("i8", "USD cents", "The seller's rebate on the quote of the page read.")
    paid_cents: I8 = column("i8", "USD cents", "What the shopper paid for what was bought.")
    stolen: U1 = column("u1", "yes/no", "Whether it is paid with a stolen card.")


class Pages(Table):
    """What a platform shows to one segment in one market, category and variant."""

    feature: F4 = column("f4", "by feature", "Constant, quality, price, days, style, home of each slot.",
                         axes=("slot", "feature"))  # fmt: skip
    listing: I4 = column("i4", "row", "The listing in each slot.", default=-1, axes=("slot",), key="listings")
    seller: I4 = column("i4", "row", "Its seller.", default=-1, axes=("slot",), key="firms")
    filled: I4 = column("i4", "count", "Slots in use.")
    offer: I4 = column("i4", "row", "The offer that leads the listing in each slot.", default=-1, axes=("slot",),
                       key="offers")  # fmt: skip
    attention: F4 = column("f4", "utility", "What the rank of each slot costs it in the constant.", axes=("slot",))
    ad_cents: I4 = column("i4", "USD cents/order", "What the seller owes for an order from each slot.", axes=("slot",))
    coupon_ppm: I4 = column("i4", "ppm", "Rebate on the goods in each slot, for readers of this page.", axes=("slot",))
