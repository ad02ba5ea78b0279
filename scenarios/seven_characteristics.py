"""Write docs/seven_characteristics.md: what each characteristic does, from the results kept in docs/results."""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from abm.study import experiments
from abm.study.compare import effects
from abm.study.experiments import Result

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "seven_characteristics.md"
NAMES = (
    "characteristic_1_personalised_service", "characteristic_2_proactive_management",
    "characteristic_3_shared_information", "characteristic_4_marketing_channels",
    "characteristic_5_complexity_and_dynamics", "characteristic_6_user_demand_orientation",
    "characteristic_7_intersectionality", "who_takes_the_initiative", "market_position",
    "whom_a_failure_reaches", "campaigns_foretold", "flows_along_chains", "survival_and_entry",
    "chains_follow_demand",
)  # fmt: skip
HEAD = """# The seven characteristics

What makes a market one of cross-border e-commerce, one dial at a time: off, half, full, the same luck in each. Effects
are paired by seed and set against the first variant, with Student's 95% interval; a sign that is surely not the one
expected is marked *against*. `python scenarios/seven_characteristics.py` prints this page from
[the results](results), which the scripts named below live again. Of twenty intervals one leaves nought out by luck
alone."""


def told(name: str, effect: pd.Series, unit: str) -> str:
    """An effect in words."""
    change = f", {effect['per_cent']:+.1f}%" if np.isfinite(effect["per_cent"]) and not unit.startswith("%") else ""
    return f"`{name}` {effect['difference']:+.3g} {unit}{change}".replace(" share", "")


PAIRS = {
    NAMES[0]: [("pages only", "placebo")],
    NAMES[2]: [("full, none sent back", "off, none sent back")],
    NAMES[3]: [("full, shared", "off, shared")],
    NAMES[4]: [("5 tiers", "full"), ("6 tiers", "full")],
    NAMES[5]: [("full, no entry", "full"), ("full, no exit", "full")],
    NAMES[8]: [(f"without {one}", "full") for one in ("logistics", "capital", "product")],
    NAMES[10]: [
        ("off", "off, untold"),
        ("full, up to", "full"),
        ("full, vendor-managed", "full, up to"),
        ("off, false", "off, calm"),
        ("full, false", "full, calm"),
    ],
    NAMES[12]: [("full, low rent", "full")],
    NAMES[13]: [
        ("quarter", "off"),
        ("half", "off"),
        ("full, no rewiring", "off, no rewiring"),
        ("full, no entry or exit", "off, no entry or exit"),
        ("full, no rewiring", "full"),
        ("full, no entry or exit", "full"),
    ],
}
"""By experiment, other variants that a sentence holds against each other."""


def pair(result: Result, variant: str, against: str) -> str:
    """What one variant surely does that another does not."""
    if not {variant, against} <= set(result.values):
        return ""
    found = result.effects(variant, against).reindex(list(result.expected)).dropna(subset=["difference"])
    sure = [told(name, row, result.units[name]) for name, row in found[found["sure"].astype(bool)].iterrows()]
    return f"*{variant}* rather than *{against}*: {'; '.join(sure) or 'nothing named here is surely moved'}."


TWICE = {
    NAMES[2]: (
        "forecast_error_tier_2",
        ("where packs come back", "off", "full"),
        ("where none does", "off, none sent back", "full, none sent back"),
    ),
}
"""By experiment, a measure and two pairs of variants, whose difference differs."""


def twice(result: Result, measure: str, *pairs: tuple[str, str, str]) -> str:
    """How much more one variant does to a measure than another where the rest is different, too."""
    if not {name for _, *both in pairs for name in both} <= set(result.values):
        return ""
    apart, words = [], []
    for where, first, last in pairs:
        one, other = (pd.DataFrame(result.values[name])[[measure]] for name in (first, last))
        apart.append(other - one)
        words.append(f"{apart[-1][measure].mean():+.3g} {where}")
    found = effects(apart[1], apart[0]).loc[measure]
    reach = f"{found['difference']:+.3g} ({found['low']:+.3g} to {found['high']:+.3g})"
    return f"`{measure}` moves by {' and by '.join(words)}; the difference of the two is {reach}."


KNOWN = {
    NAMES[12]: [("full", ("growth_told", "growth_quality", "left", "left_worse")),
                ("full, low rent", ("entries", "entry_unserved", "entry_shortage", "entry_margin"))],
    NAMES[13]: [(name, ("followed:soon", "followed:all"))
                for name in ("quarter", "half", "full", "full, no rewiring", "full, no entry or exit")],
}  # fmt: skip
"""By experiment, variants and measures that are told by themselves, against nothing."""


def known(result: Result, variant: str, measures: tuple[str, ...]) -> str:
    """Means of some measures of a variant over the seeds that have them, with Student's interval."""
    if variant not in result.values:
        return ""
    values = pd.DataFrame({name: result.values[variant][name] for name in measures})
    found = effects(0.0 * values, values)
    told = [f"`{name}` {row['difference']:+.3g} ({row['low']:+.3g} to {row['high']:+.3g}, {row['pairs']:.0f} seeds)"
            for name, row in found.iterrows()]  # fmt: skip
    return f"By itself, *{variant}*: {'; '.join(told)}."


FLOWS = {"told": "information", "moved": "goods", "paid": "money"}
TIERS = ("sellers", "makers", "makers of parts", "sources of material")


def lags(result: Result) -> str:
    """Days by which information, goods and money lag what shoppers ask, side by side: by tier, and by chain."""
    ends = [name for name in ("off", "full") if name in result.values]
    heads = " | ".join(f"{name}: {what}" for name in ends for what in FLOWS.values())
    chains = [name.partition(":")[2] for name in result.expected if name.startswith("asked:")]
    lines = [f"| lag in days, median | asked in excess, packs | {heads} |", "|---" * (2 + len(FLOWS) * len(ends)) + "|"]
    rows = [(f"{who}, all chains", "", f"_{tier}") for tier, who in enumerate(TIERS, 1)]
    for name in chains:
        packs = np.mean(result.values[ends[0]][f"asked:{name}"])
        rows.append((f"all before the seller, {name}", f"{packs:+.0f}", f":{name}"))
    for who, packs, what in rows:
        days = [pd.Series(result.values[name].get(flow + what, [0.0])).median() for name in ends for flow in FLOWS]
        lines.append(
            f"| {who} | {packs} | " + " | ".join("" if np.isnan(one) else f"{round(one)}" for one in days) + " |"
        )
    return "\n".join(lines)


def sentence(result: Result) -> str:
    """What full does that off does not, and what it does not move for sure."""
    named = [name for name in result.expected if ":" not in name]
    found = result.effects("full").reindex(named).dropna(subset=["difference"])
    sure = [told(name, row, result.units[name]) for name, row in found[found["sure"].astype(bool)].iterrows()]
    unsure = [f"`{name}`" for name in found.index[~found["sure"].astype(bool)]]
    parts = [f"At full rather than off: {'; '.join(sure)}." if sure else "Nothing named here is surely moved at full."]
    return " ".join([*parts, f"Not surely moved: {', '.join(unsure)}." if unsure else ""]).strip()


def section(name: str, result: Result) -> str:
    """A characteristic: its dial, how it was lived, what a reader keeps, the table."""
    size = result.settings
    how = (
        f"Dial: {result.dial}. `python scenarios/{name}.py --seeds {result.seeds} --out docs/results/{name}.json`: "
        f"{result.world}, {size['consumers']:,} consumers, {size['days']} days from {size['start']} after "
        f"{size['warmup']} of warm-up, {result.seeds} seeds."
    )
    more = [pair(result, *both) for both in PAIRS.get(name, ())]
    if name in TWICE:
        more.append(twice(result, *TWICE[name]))
    more += [known(result, *one) for one in KNOWN.get(name, ())]
    if name == "flows_along_chains":
        more.append(lags(result))
    parts = (f"## {result.title}", how, sentence(result), *more, NOTES.get(name, ""), experiments.table(result))
    return "\n\n".join(part for part in parts if part)


def pairing(results: dict[str, Result]) -> str:
    """By headline measure and experiment, how many times fewer seeds pairs of off and full need."""
    saved = pd.DataFrame({name: one.saved() for name, one in results.items()}).dropna(how="all")
    short = {name: name.split("_")[name.startswith("characteristic")] for name in results}
    lines = ["| measure | " + " | ".join(short.values()) + " | median |", "|---" * (len(short) + 2) + "|"]
    for measure, row in saved.iterrows():
        cells = " | ".join("" if np.isnan(one) else f"{one:.1f}" for one in row)
        lines.append(f"| {measure} | {cells} | {row.median():.1f} |")
    middle = float(np.nanmedian(saved.to_numpy()))
    verdict = "at least the five aimed at" if middle >= 5 else "fewer than the five aimed at"
    return (
        "## Pairs against runs with luck of their own\n\nHow many times fewer seeds pairs of off and full need than "
        "runs with luck of their own, for an interval as narrow: the variance of the unpaired difference over that of "
        f"the paired one, by characteristic. The median of all is {middle:.1f}, {verdict}. {PAIRED}\n\n"
        + "\n".join(lines)
    )


PAIRED = (
    "Paths of stock, spot freight and profits part more the longer two worlds live: there pairs save little, and below "
    "1 they cost."
)
NOTES = {
    "characteristic_1_personalised_service": """With the dial off pages rank by what sells. Turned up, they weigh
quality, price, days and style too, each segment by what was learned of it. In the placebo pages weigh as much, but
each shopper reads the page made for the shopper before. As it gains nearly as much, most of what pages bring is that
they weigh at all, and what is left for whom they are made cannot be told from luck at these tastes. The long tail
shrinks against expectation, with the placebo too: what most would like comes first on every page, where it was what
had sold.""",
    "characteristic_3_shared_information": """Orders swing less with reports, at every tier and the more the farther
up, and what is asked of tier 3 is foreseen better. Against expectation what is asked of tier 2 is not: reports tell
what shoppers buy, and buyers order less than that where packs that are sent back return to their shelves. Where none
is sent back the error does not rise. Reports that reach only half of the tiers let tier 3 swing more, presumably
because it meets orders that follow reports which it does not see.""",
    "characteristic_4_marketing_channels": """Notices and plans bring suppliers a little profit, and nothing else that
is sure. Campaigns hardly strain stocks here: who waits for one buys less before it, so that shelves are full when it
comes, and they hold two weeks of sales. That reports are shared moves more, with plans or without.""",
    "characteristic_5_complexity_and_dynamics": """A tariff on goods from China alone takes 7% of orders in the United
States and 7 points of China's part of them, and prices bear all of it, whether links move or not. Against expectation
it does not pay on usual days that all look for cheaper suppliers and lanes: fill falls by almost a point and sellers
earn a tenth less, presumably as what is cheap comes to be full. Orders of tier 2 swing less. Chains are rebuilt only
where more tiers can lose a supplier.""",
    "characteristic_6_user_demand_orientation": """Where reviews weigh, better goods are what sells and pays, shoppers
get more of what they hoped for, and send back less. Entry follows what is not served: without it a fifth fewer
sellers trade, they are larger, and styles fit less what is wanted. Hardly a firm leaves in these days, so that exit
moves little.""",
    "characteristic_7_intersectionality": """Capacity that all chains share serves more orders on usual days; cash and
attention move nothing that is sure, as firms hold months of cash. The failure of one maker for forty days costs those
who share its chains about 3% of their sales, with pooling or without.""",
    "who_takes_the_initiative": """Shares of firms with full initiative, all others with none. What a seller gains is
the change of its worth before dividends, smoothed over 120 days.""",
    "whom_a_failure_reaches": """A maker's failure of thirty days costs its own chains 18% of their packs, and all
chains together half of one per cent, as shoppers turn to the others, who sell 1% more; where usual demand is asked
again whatever happens, nobody gains. Three weeks of stock at makers take away four fifths of what is lost near. That
capacity, cash and attention are pooled does not carry a failure into other chains as far as can be told from luck; on
usual days it makes sales steadier, and more. How much of a chain depends on the maker tells who loses only where
shoppers cannot turn elsewhere.""",
    "campaigns_foretold": """The sale multiplies needs by six for three days, makers hold a day of stock for
surprises and shops none; at usual days 95 of 100 orders find stock. That the sale is known lets 4 more of 100
orders on its days find it; that makers and their suppliers are told and plan, 12 more. Sellers who are told while
their makers are not spoil the makers' forecasts: variants without notice, marked *against*, are set against one
with it. Who fills the gap at once at each review serves more than who closes a part of it; the vendor who looks
daily serves fewer of the sale than a buyer who does so at its reviews, with less stock and more profit for the
seller: as it looks daily it reckons with a shorter time and holds less. A false sale leaves stock that serves the
weeks after it, more of it with plans; what it costs sellers cannot be told from luck in these days, in which
nothing perishes and stock counts at cost, and suppliers earn as much by a false sale as by a true one.""",
    "flows_along_chains": """For three weeks shoppers ask for more electronics and less apparel; a lag is the days
by which half of what a flow gains in these days comes after half of what shoppers ask. Where only orders tell, each
tier hears late of the shift, as the one before it orders little by little; goods follow at the pace of the orders,
and money weeks after the goods, as bills are due a month after departure. Where reports tell, all tiers hear of it
within days, and what is made far from the shopper follows weeks sooner; makers, to whom sellers order from their
own sales, follow a day sooner. What chains gain in orders, goods and money goes with what shoppers ask of them.
Chains follow alike, those of stores, which are small, within what luck does to them.""",
    "survival_and_entry": """Where rent takes what a usual seller earns, a fifth of the sellers leave in eight months,
and a seventh where reviews weigh. There growth goes with how content buyers are, but barely: who has no cash to spare
can hardly grow, presumably. Where rent is low it does so more, and with true quality too. Whether those who leave had
buyers less content than the others cannot be told from luck. Newcomers settle where most orders find no stock; with the
part of orders that finds none, and with margins, at which they look by their rule, newcomers for each listing go
neither way as far as can be told.""",
    "chains_follow_demand": """A quarter, half or nine tenths of what shoppers want of electronics turns to apparel,
for good. What is made follows in full, but late: a tenth of the way in the first month, presumably as orders under way
come first. The more demand moves, the more of the ties behind chains of electronics are others ten months later: a
third where nothing moves, seven tenths at nine; those of apparel are not more. Newcomers come as many as ever, in five
markets looked at to where demand has gone. A chain is rebuilt only when it loses a firm, and so demand reaches it
late: from half on makers and suppliers of electronics lose money and leave; after a quarter no more of them do, and no
more chains are rebuilt. Where nobody may switch twice as many are rebuilt, as who leaves still has its buyers: in five
markets looked at, a maker of electronics that left had three or four, else less than one. Without entry and exit no
chain is rebuilt or born, and most of the ties move all the same. Links move more at a quarter and at half, and against
expectation not at nine tenths, where lines to new makers move less. In the five markets most links move as a supplier
has met too little of what was asked: who is asked for nothing is short of nothing, and where all is asked for, fewer
makers have machines free for the line of another. Rewiring, which costs fill on usual days, pays here: without it the
same shift costs five times as much, presumably as makers then add no machines, while those of apparel else added four
fifths in the market looked at. In the one pair of the large world seven more firms leave and seven more chains are
dissolved, but none is rebuilt. Variants without rewiring or without entry and exit are marked *against* beside off,
and are to be held against their own.""",
    "market_position": """A lever acts where there is something to find: a way or a market enters the search only if a
lane for it exists in the world, and sellers begin in one market and by one way. Each lever opens what is its own:
logistics ways, capital markets and the ways to them, product cheaper makers and other styles. Against expectation
sellers earn less when all of them look for a better place: what one finds all find, and shoppers get it as lower
prices and better goods. It is the lever of product that does so; without it sellers lose nothing. It also draws
styles together, for each moves to where most is sold, and fits what is wanted less.""",
}
LEFT = "markets and ways that sellers open as demand moves: where all begin in every market, none is left to open"


def unshown(results: dict[str, Result]) -> str:
    """What the page does not show."""
    missing = [f"`{name}`" for name in NAMES if name not in results]
    sized = [one.title for one in results.values() if one.once]
    large = f"A large world confirms {', '.join(sized)} alone." if sized else "No large world confirms these effects."
    if len(sized) == len(NAMES):
        large = ""
    parts = [large, f"Left out are {LEFT}.", f"No result is kept yet of {', '.join(missing)}." if missing else ""]
    return "## What is not shown\n\n" + " ".join(part for part in parts if part)


def page() -> str:
    """The whole page."""
    kept = {name: DOCS / "results" / f"{name}.json" for name in NAMES}
    results = {name: experiments.get(path) for name, path in kept.items() if path.exists()}
    parts = [HEAD, *(section(name, one) for name, one in results.items()), pairing(results), unshown(results)]
    return "\n\n".join(parts) + "\n"


def live(words: list[str], names: tuple[str, ...] = NAMES) -> None:
    """Let each script live what its result lacks of the present code, then, of all, the large world; print the page."""
    size = words.index("--large") if "--large" in words else len(words)
    for rest in (words[:size] + words[size + 2 :], words) if size < len(words) else (words,):
        for name in names:
            script, out = DOCS.parent / "scenarios" / f"{name}.py", DOCS / "results" / f"{name}.json"
            subprocess.run([sys.executable, script, "--resume", "--out", out, *rest], check=True)
            PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--print", action="store_true", help="print the page, write nothing")
    parser.add_argument("--live", nargs=argparse.REMAINDER, help="first let the scripts live what results lack, with "
                        "these options of theirs, such as --seeds 20 --workers 2 --large 100000")  # fmt: skip
    given = parser.parse_args()
    if given.print:
        sys.stdout.write(page())
    elif given.live is not None:
        live(given.live)
    else:
        PAGE.write_text(page(), encoding="utf-8")
