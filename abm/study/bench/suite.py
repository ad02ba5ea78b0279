"""Which measurements make up a benchmark, in its quick and in its full form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from abm.study.bench import crowd, days, goods, lanes, limit, peers, starting
from abm.study.bench.limit_in_c import ByC, NoCompilerError
from abm.study.bench.measure import Row, Setting, Task, rounds, times_faster, typical
from kernels.choice import LANES

OTHER = "three_countries"
"""A world that is built in a second, where two markets or processes of their own are needed."""


@dataclass(frozen=True)
class Form:
    """How large the measurements are, and how many rounds are taken."""

    times: int
    """Rounds of kernels."""
    weeks: int
    """Rounds of days."""
    pages: int
    each: int
    """Readers of each page."""
    sizes: tuple[int, ...]
    """Consumers of the markets that grow."""
    plain: int
    orders: int
    copies: int
    shared: int
    """Consumers of the market on two threads."""
    held: tuple[int, ...]
    starts: bool
    crowd: tuple[int, int, int] | None = None
    """Consumers, firms and chains of a world of very many."""
    world: str = days.WORLD
    threaded: str = OTHER
    """The world of the markets on two threads and of the processes that hold memory."""


QUICK = Form(5, 3, 8, 4096, (10_000, 100_000), 5_000, 200_000, 500, 100_000, (10_000, 200_000), starts=False)
FULL = Form(31, 3, 16, 8192, (10_000, 100_000, 1_000_000), 100_000, 1_000_000, 10_000, 1_000_000,
            (100_000, 1_000_000), starts=True, crowd=(1_000_000, 20_000, 50_000), threaded=days.WORLD)  # fmt: skip
LARGE = Form(31, 3, 16, 8192, (10_000, 100_000, 1_000_000, 10_000_000), 100_000, 1_000_000, 10_000, 1_000_000,
             (1_000_000, 10_000_000), starts=True, crowd=(1_000_000, 20_000, 50_000), threaded=days.WORLD)  # fmt: skip
BUYING = 0.03
"""Part of readers who buy in the baseline."""
SPREAD = (4, 32, 256, 2048)
"""Pages among which the same readers are spread."""


def run(form: Form, with_peers: bool = False, told: Callable[[int, int], None] | None = None) -> list[Row]:
    """Measure everything of a form; `told(done, all)` after each part."""
    parts = list(_parts(form, with_peers))
    found: list[Row] = []
    for number, part in enumerate(parts):
        found += part()
        if told:
            told(number + 1, len(parts))
    return found


def _parts(form: Form, with_peers: bool) -> Iterator[Callable[[], list[Row]]]:
    yield lambda: lane_rows(form.pages, form.each, form.times, with_peers)
    yield lambda: spread_rows(form.pages * form.each, form.times)
    yield lambda: goods.matching_rows(form.orders, form.times)
    yield lambda: goods.inventory_rows(form.copies, min(form.times, 5), with_peers)
    yield lambda: market_rows(form)
    yield lambda: days.thread_rows(form.shared, form.weeks, form.threaded)
    if form.crowd:
        many = form.crowd
        yield lambda: crowd.crowd_rows(*many, form.weeks, form.world)
    yield lambda: starting.memory_rows(form.held, form.threaded)
    if form.starts:
        yield starting.start_rows


def market_rows(form: Form) -> list[Row]:
    """Growing markets, then the phase of choice and the plain market beside one that has grown."""
    days.compile_days(OTHER if form.world == days.WORLD else form.world)
    grown = days.Grown.through(form.sizes, form.weeks, form.world)
    found = grown.rows() + days.choice_rows(grown.lived[-1], form.times)
    standard = grown.standard
    begun = standard
    if form.plain != standard.consumers:
        begun = days.Lived(form.plain, world=form.world)
        begun.week()
    return found + days.plain_rows(standard, begun, form.weeks)


def lane_rows(pages: int, each: int, times: int, with_peers: bool) -> list[Row]:
    """The limit of the machine, and the lane kernel of choice against it and against others."""
    of = lanes.readers(pages, each)
    made: dict[str, Callable[[], object]] = {"ours": lanes.Ours(of), "NumPy": lanes.ByNumpy(of)}
    made |= {"Gumbel": lanes.ByGumbel(of), "weighing": lanes.Ours(of, 0.0), "market": lanes.Ours(of, BUYING)}
    missing = ""
    try:
        made["C"] = ByC(of)
    except NoCompilerError as why:
        missing = str(why)
    tasks = [Task(name, call, of.pairs) for name, call in made.items()]
    found = rounds([*limit.tasks(), *tasks], times)
    found["limit"] = limit.pair(found)
    here = peers.installed() if with_peers else []
    # In rounds of their own, and last: with JAX and torch in the process everything else takes twice as long.
    others = rounds([tasks[0], *(Task(name, peers.by(name, of), of.pairs) for name in here)], times) if here else {}
    setting = Setting(f"{pages} pages of {each:,} readers", lanes.SLOTS, 1.0)

    def against(name: str, what: str, goal: float, note: str) -> Row:
        among = others if name in here else found
        ratio = times_faster(among, "ours", name) if name in among else None
        return Row("lanes", what, ratio, "x", goal, note=note, setting=setting)

    best = min(here, key=lambda name: typical(others, name), default="")
    absent = "" if best else "not installed" if with_peers else "with --peers"
    in_c = times_faster(found, "C", "limit") if "C" in made else None
    return [
        *limit.rows(found),
        Row("lanes", "lane kernel of choice", typical(found, "ours"), "ns/pair", setting=setting),
        Row(
            "lanes",
            "lane kernel, share of the limit",
            times_faster(found, "ours", "limit"),
            "share",
            0.60,
            setting=setting,
        ),
        Row(
            "lanes",
            "weighing alone, share of the limit",
            times_faster(found, "weighing", "limit"),
            "share",
            setting=setting,
        ),
        Row(
            "lanes",
            f"{BUYING:.0%} of readers buy, share of the limit",
            times_faster(found, "market", "limit"),
            "share",
            setting=setting,
        ),
        Row("lanes", "best C, share of the limit", in_c, "share", note=missing, setting=setting),
        against("C", "lane kernel against the best C", 0.85, missing),
        against("NumPy", "lane kernel against NumPy", 12.0, ""),
        against(best, "lane kernel against the best of JAX and torch", 6.0, best or absent),
        against("Gumbel", "lane kernel against Gumbel idioms in NumPy", 40.0, ""),
    ]


def spread_rows(readers: int, times: int) -> list[Row]:
    """The lane kernel with the same readers among ever more offers."""
    of = {pages: lanes.readers(pages, readers // pages) for pages in SPREAD if readers // pages >= LANES}
    tasks = [Task(str(pages), lanes.Ours(one), one.pairs) for pages, one in of.items()]
    found = rounds(tasks, times)
    return [
        Row("offers", f"lane kernel, {pages * lanes.SLOTS:,} offers", typical(found, str(pages)), "ns/pair",
            setting=Setting(f"{pages:,} pages, {readers:,} readers", lanes.SLOTS, 1.0))
        for pages in of
    ]  # fmt: skip
