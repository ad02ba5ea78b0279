"""Who leaves, takes over, searches and comes, and who looks back, row by row: exactly the rows meant, and no others."""

from collections import Counter

import numpy as np
import pytest

from abm import anticipation, entrants, moves, positions, sourcing
from abm.phases import management, turnover
from abm.settlement import Reason
from abm.sourcing import Choice


@pytest.fixture
def due_now(world, monkeypatch):
    """Let firms look back, and tell whose turn it is."""
    seen = {}
    for name in ("_take_initiative", "_weigh_lanes", "_weigh_suppliers", "_weigh_modes", "_invest", "_heed"):
        monkeypatch.setattr(management, name, lambda *_: None)
    monkeypatch.setattr(management, "_lay_on", lambda _, due: seen.update(due=due.copy()))
    monkeypatch.setattr(management, "_reposition", lambda _, known, willing: seen.update(willing=willing.copy()))

    def look():
        management.management(world)
        return seen

    return look


def choice(supplier, lane, cost):
    return Choice(np.array(supplier, np.int32), np.array(lane, np.int32), np.array(cost))


def test_only_links_chains_and_listings_of_who_leaves_end_and_what_had_ended_is_not_counted_again(world):
    nodes, links, chains = world.nodes, world.links, world.chains
    firm = int(nodes.firm[-1])
    own = np.flatnonzero(chains.seller == firm)
    assert len(own) > 1
    chains.alive[own[0]] = 0
    raw = np.flatnonzero((links.supplier < 0) & (nodes.firm[links.buyer] != firm))
    links.granted[raw], links.backlog[raw] = 3, 5
    fed = np.flatnonzero((links.supplier >= 0) & (nodes.firm[links.buyer] == firm))
    links.alive[fed[0]], links.backlog[fed] = 0, 4
    turnover._wind_up(world, np.array([firm]))
    assert world.counts["chains_gone"] == len(own) - 1
    assert (links.granted[raw] == 3).all()
    assert (links.backlog[raw] == 5).all()
    assert (links.alive[raw] == 1).all()
    assert links.backlog[fed].tolist() == [4] + [0] * (len(fed) - 1)
    assert not chains.alive[own].any()


def test_a_buyer_keeps_a_line_whose_supplier_has_left_with_nothing_in_its_book(world):
    nodes, links = world.nodes, world.links
    bought = (links.supplier >= 0) & (nodes.firm[links.supplier] != nodes.firm[links.buyer])
    row = int(np.flatnonzero(bought)[0])
    firm = int(nodes.firm[links.supplier[row]])
    lost = bought & (nodes.firm[links.supplier] == firm) & (nodes.firm[links.buyer] != firm)
    links.placed[:] = 1 + np.arange(len(links))
    before = links.placed.copy()
    turnover._wind_up(world, np.array([firm]))
    theirs = (nodes.firm[links.buyer] == firm) | lost
    assert (links.alive == (nodes.firm[links.buyer] != firm)).all()
    assert (links.placed == np.where(theirs, 0, before)).all()


def test_each_day_counts_its_exits_and_newcomers_are_admitted_once_a_week_after_the_first(world, monkeypatch):
    admitted, leaving = [], [np.array([2, 9]), np.array([], np.int64), np.array([5])]
    for name in ("_wind_up", "_hand_over", "_rebuild", "_carry_out"):
        monkeypatch.setattr(turnover, name, lambda *_: None)
    for name in ("freeze", "share"):
        monkeypatch.setattr(turnover.estates, name, lambda *_: None)
    monkeypatch.setattr(turnover, "_admit", lambda world: admitted.append(world.day))
    monkeypatch.setattr(turnover, "_leaving", lambda _: leaving.pop(0) if leaving else np.array([], np.int64))
    for world.day in range(16):
        turnover.turnover(world)
    assert admitted == [7, 14]
    assert world.counts["exits"] == 3
    assert np.flatnonzero(world.firms.alive == 0).tolist() == [2, 5, 9]


def test_clients_shelves_and_lanes_go_to_the_same_kind_and_category_at_home_by_identity_and_else_nowhere(world):
    firms, names = world.firms, world.names["firms"].index
    columns = {"carrier-1": world.lanes.carrier, "warehouse": world.nodes.operator, "broker": world.countries.broker,
               "payment": world.countries.payment, "bazaar": world.storefronts.platform}  # fmt: skip
    for name, column in columns.items():
        gone = names(name)
        changed = ("kind", "category", "country", "alive", "identity", "capacity")
        usual = {one: getattr(firms, one).copy() for one in changed}
        capacity = usual["capacity"]
        firms.alive[(firms.kind == firms.kind[gone])] = 0
        before = column.copy()
        turnover._hand_over(world, np.array([gone]))
        assert (column == before).all()
        dead, odd, abroad, home = 0, 1, 2, 3
        firms.kind[:5], firms.category[:5], firms.alive[:5] = firms.kind[gone], firms.category[gone], 1
        firms.alive[dead], firms.category[odd] = 0, firms.category[gone] + 1
        firms.country[:5] = firms.country[gone]
        firms.country[abroad] = 1 - firms.country[gone]
        firms.identity[:5] = 1, 2, 3, 5, 9
        turnover._hand_over(world, np.array([gone]))
        assert (column == np.where(before == gone, home, before)).all()
        assert (before == gone).any()
        more = 0.0 if name == "bazaar" else capacity[gone]
        assert firms.capacity[:5].tolist() == (capacity[:5] + more * (np.arange(5) == home)).tolist()
        for one, values in usual.items():
            getattr(firms, one)[:] = values


def test_a_chain_searches_for_thirty_days_and_is_dissolved_on_the_next(world, monkeypatch):
    links, chains, gone = world.links, world.chains, []
    rows = np.flatnonzero((links.chain >= 0) & (links.supplier >= 0) & (links.lane >= 0))
    rows = rows[np.unique(links.chain[rows], return_index=True)[1]][:3]
    links.chain[:] = np.where(np.isin(np.arange(len(links)), rows), links.chain, -1)
    free = np.flatnonzero((links.chain < 0) & (links.supplier >= 0) & (links.lane >= 0))[:1]
    world.products.finished[:] = 0
    lost, found = np.sort(np.concatenate([rows, free])), {"supplier": -1}
    monkeypatch.setattr(turnover, "_lost", lambda _: lost)
    monkeypatch.setattr(turnover, "_dissolve", lambda _, ended: gone.append(ended.tolist()))
    monkeypatch.setattr(sourcing, "joined_up", lambda world, known, rows, *_: Choice(
        np.full(len(rows), found["supplier"], np.int32), links.lane[rows], np.ones(len(rows))))  # fmt: skip
    chains.searching[:], chains.searching[links.chain[rows[1]]] = 0, 5
    searching = np.isin(np.arange(len(chains)), links.chain[rows])
    before = chains.searching.copy()
    for day in range(1, 32):
        turnover._rebuild(world)
        assert (chains.searching == before + day * searching).all()
    assert gone == [[]] * 25 + [[int(links.chain[rows[1]])]] * 5 + [sorted(links.chain[rows].tolist())]
    joined = Counter()
    monkeypatch.setattr(moves, "join", lambda world, ties, *pairs: joined.update(zip(*pairs, strict=True)))
    found["supplier"], counted, before = 0, world.counts["chains_rebuilt"], chains.searching.copy()
    chains.searching[:] = 1
    turnover._rebuild(world)
    assert (chains.searching[~searching] == 1).all()
    assert (chains.searching[links.chain[rows]] == 0).all()
    assert world.counts["chains_rebuilt"] - counted == len(rows)
    assert joined == {(int(chain), int(world.nodes.firm[0])): 1 for chain in links.chain[rows]}
    assert (links.supplier[lost] == 0).all()


def test_a_chain_that_ends_takes_its_own_links_and_members_and_no_others(world):
    links, chains, members = world.links, world.chains, world.members
    ended = np.array([0, 2])
    product = world.nodes.product[links.buyer]
    own = (product == chains.product[0]) | (product == chains.product[2])
    links.backlog[:], links.granted[:], links.placed[:] = 5, 0, 2
    shut = np.flatnonzero(own)[0]
    links.alive[shut] = 0
    turnover._dissolve(world, ended)
    assert (links.alive == ~own).all()
    assert (links.backlog == np.where(own & (np.arange(len(links)) != shut), 0, 5)).all()
    assert np.flatnonzero(chains.alive == 0).tolist() == [0, 2]
    assert (members.alive == ((members.chain != 0) & (members.chain != 2))).all()
    assert world.counts["chains_gone"] == 2
    assert own.any()
    assert not own.all()


def test_what_sellers_have_decided_is_done_once_for_the_living_and_forgotten_for_the_dead(world, monkeypatch):
    chains, done = world.chains, []
    monkeypatch.setattr(turnover, "_close_lines", lambda _: None)
    monkeypatch.setattr(moves, "open_offers", lambda world, known, ties, rows: done.append(("offers", rows.tolist())))
    monkeypatch.setattr(moves, "move_lines", lambda world, known, ties, rows: done.append(("lines", rows.tolist())))
    chains.new_maker[:], chains.new_market[:], chains.new_mode[:] = -1, -1, -1
    turnover._carry_out(world)
    assert done == []
    chains.new_maker[[0, 2, 4]], chains.new_market[[1, 2, 5]], chains.new_mode[:] = 0, 0, 2
    chains.alive[4] = 0
    world.firms.alive[chains.seller[5]] = 0
    dead = (np.arange(len(chains)) == 4) | (chains.seller == chains.seller[5])
    assert not dead[:3].any()
    turnover._carry_out(world)
    assert done == [("offers", [1, 2]), ("lines", [0, 2])]
    assert (chains.new_mode == np.where(dead, -1, 2)).all()
    assert chains.new_maker.tolist() == [-1 if gone else 0 if row in (0, 2) else -1 for row, gone in enumerate(dead)]
    assert chains.new_market.tolist() == [-1 if gone else 0 if row in (1, 2) else -1 for row, gone in enumerate(dead)]


def test_newcomers_are_like_the_middle_seller_of_their_own_cell_and_numbered_there(world, monkeypatch):
    came, joined, kinds = [], [], len(world.categories)
    size = len(world.countries) * kinds * 3
    middle = np.arange(size) % len(world.listings)
    coming = np.zeros(size, np.int64)
    coming[[0, size - 1]] = 1
    monkeypatch.setattr(turnover, "_middle", lambda *_: middle)
    monkeypatch.setattr(turnover, "_prospects", lambda *_: (np.ones(size), np.ones(size)))
    monkeypatch.setattr(turnover, "births", lambda *_: coming)

    def enter(world, ties, model, name):
        came.append((model, name))
        return np.array([len(came)], np.int32)

    monkeypatch.setattr(entrants, "enter", enter)
    monkeypatch.setattr(entrants, "join_makers", lambda world, known, ties, rows: joined.append(rows.tolist()))
    for _ in range(2):
        turnover._admit(world)
    product = world.listings.product[middle[[0, size - 1]]]
    chain = [int(np.flatnonzero(world.chains.product == one)[0]) for one in product]
    assert chain[0] != chain[1]
    (first, *_), (*_, last), kind = world.names["countries"], world.names["countries"], world.names["categories"]
    assert came == [(model, f"{place}/entrant/{turn}") for turn in (1, 2) for model, place in zip(
        chain, (f"{first}/{kind[0]}/0", f"{last}/{kind[-1]}/2"), strict=True)]  # fmt: skip
    assert joined == [[1, 2], [3, 4]]


def test_whose_turn_it_is_follows_from_its_name_and_how_often_from_its_initiative(market, due_now, world):
    firms = world.firms
    firms.initiative[:] = np.array([0.0, 0.5, 1.0] * 6)[: len(firms)]
    firms.fixed_cents[:] = 1001 + np.arange(len(firms))
    firms.alive[3] = 0
    cycle = [(56, 28, 14)[row % 3] for row in range(len(firms))]
    turns = Counter()
    for world.day in range(56):
        world.invoices.slabs.clear()
        due = due_now()["due"]
        word = world.words(management.Stream.MANAGE, firms.identity)[:, 0]
        willing = word < world.scenario.dials.dynamics.rewiring * 2.0**32
        for row in range(len(firms)):
            turn = int(firms.identity[row]) % cycle[row] == world.day % cycle[row]
            assert due[row] == (turn and willing[row] and row != 3)
            turns[row] += int(due[row])
        bills = [(day, int(one.debtor[k]), int(one.payer[k]), int(one.amount_cents[k]), int(one.reason[k]))
                 for day, _, one in world.invoices.every() for k in range(len(one))]  # fmt: skip
        assert sorted(bills) == [(world.day + 1, row, int(firms.account[row]), (1003 + row) // 4, Reason.WAGES)
                                 for row in np.flatnonzero(due).tolist()]  # fmt: skip
    assert sum(turns.values()) > len(firms)


def test_initiative_is_taken_on_by_its_part_of_firms_and_shortens_or_lengthens_their_reviews(market):
    world = market(warmup=0, dials__management__share=0.5, dials__management__initiative=0.75).world
    firms = world.firms
    word = world.words(management.Stream.MANAGE, firms.identity, block=2, day=0)[:, 0]
    takes = word < 0.5 * 2.0**32
    assert 3 < takes.sum() < len(firms) - 3
    firms.initiative[:] = np.array([0.75, 0.5, 0.25, 0.0] * 5)[: len(firms)]
    firms.review_days[:] = np.array([7, 7, 14, 3, 40] * 4)[: len(firms)]
    before, days = firms.initiative.copy(), firms.review_days.tolist()
    management._take_initiative(world)
    assert (firms.initiative == 0.75 * takes).all()
    for row in range(len(firms)):
        less = before[row] - firms.initiative[row]
        found = int(days[row] * 2.0 ** (4 * less) + 0.5)
        assert firms.review_days[row] == (days[row] if not less else min(max(found, 1), max(days[row], 30)))


def test_shelves_hold_more_by_what_they_mean_to_hold_ahead_and_less_again(world, monkeypatch):
    nodes = world.nodes
    ahead = 1.0 + np.arange(len(nodes))
    nodes.ahead[:] = 2.0
    cover, pointed = nodes.cover.copy(), []
    hurried = np.array([1, 4])
    monkeypatch.setattr(anticipation, "look_ahead", lambda *_: (ahead, hurried, "choice"))
    monkeypatch.setattr(sourcing, "point", lambda world, known, rows, chosen: pointed.append((rows.tolist(), chosen)))
    management._heed(world, None)
    assert nodes.ahead.tolist() == ahead.tolist()
    assert nodes.cover == pytest.approx(cover + ahead - 2.0)
    assert pointed == [([1, 4], "choice")]
    assert world.counts["hurried"] == 2


@pytest.fixture
def switched(world, monkeypatch):
    """Give costs, now and found; tell which links switch, and to what."""

    def switch(weigh, now, found, met=None, granted=()):
        links, seen = world.links, {}
        rows = np.flatnonzero((links.lane > 0) & (links.supplier >= 0) & (links.alive > 0))[: len(now)]
        links.price_cents[:], links.share[:] = 0, 0.0
        links.price_cents[rows], links.share[rows], links.lane[rows] = 1, 1.0, 3
        links.granted[rows] = 0
        links.granted[rows[list(granted)]] = 1
        links.identity[rows] = np.arange(len(rows), dtype=np.uint64)[::-1]
        links.asked_ma[rows], links.met_ma[rows] = 10.0, 10.0 if met is None else met
        cost = np.zeros(len(links))
        cost[rows] = now
        picked = {row: k for k, row in enumerate(rows.tolist())}
        of = {name: np.array(getattr(found, name)) for name in ("supplier", "lane", "cost")}

        def take(rows):
            at = [picked[row] for row in rows.tolist()]
            return Choice(*(of[name][at] for name in ("supplier", "lane", "cost")))

        monkeypatch.setattr(sourcing, "haul_cost", lambda world, known, rows: cost[rows])
        monkeypatch.setattr(sourcing, "cheapest_haul", lambda world, known, rows: take(rows))
        monkeypatch.setattr(sourcing, "cheapest_supplier", lambda world, known, rows: take(rows))
        monkeypatch.setattr(sourcing, "duties", lambda world, rows: np.tile([0.5, 4.0], (len(rows), 1)))
        monkeypatch.setattr(sourcing, "load", lambda world, rows: np.ones(len(rows)))
        monkeypatch.setattr(sourcing, "taken_on", lambda _, node, units: seen.update(node=node.tolist()) or node >= 0)
        monkeypatch.setattr(sourcing, "point", lambda world, known, rows, chosen: seen.update(
            {"rows": [picked[row] for row in rows.tolist()], "supplier": chosen.supplier.tolist(),
             "lane": chosen.lane.tolist(), "cost": chosen.cost.tolist()}))  # fmt: skip
        weigh(world, None, np.ones(len(world.firms), bool))
        return seen

    return switch


def test_a_link_takes_another_lane_that_is_a_twentieth_cheaper_the_first_lane_as_any_other(world, switched):
    found = choice([2] * 6, [0, 1, 3, -1, 2, 2], [100.0, 100.0, 1.0, 1.0, 100.0, 90.0])
    seen = switched(management._weigh_lanes, [106.0, 104.0, 900.0, 900.0, 105.01, 105.0], found)
    assert (seen["rows"], seen["lane"], seen["cost"]) == ([0, 4, 5], [0, 2, 2], [100.0, 100.0, 90.0])
    assert world.counts["switched"] == 3


def test_a_link_takes_another_supplier_that_is_cheaper_with_its_duty_or_when_its_own_does_not_keep_up(world, switched):
    links = world.links
    country = world.nodes.country[links.supplier[np.flatnonzero((links.lane > 0) & (links.supplier >= 0) & (
        links.alive > 0))[:6]]]  # fmt: skip
    price = np.array([1.5, 5.0])[country]
    found = choice([0, 5, 6, -1, 7, 8], [2] * 6, [100.0] * 6)
    now = np.array([105.1, 104.9, 0.0, 0.0, 0.0, 900.0]) - price
    seen = switched(management._weigh_suppliers, now, found, met=[10.0, 10.0, 7.9, 0.0, 8.0, 10.0], granted=[5])
    assert (seen["rows"], seen["supplier"]) == ([2, 0], [6, 0])
    assert seen["node"] == [-1, -1, 6, -1, 0]
    assert world.counts["switched"] == 2


def test_a_carrier_lays_on_a_quarter_of_a_full_lane_that_is_open_and_as_long_as_usual(world):
    lanes, firms, balance = world.lanes, world.firms, world.accounts.balance_cents
    lanes.asked_ma[:], lanes.room_ma[:], lanes.open[:], lanes.days[:] = 10.0, 10.0, 1, lanes.transit
    lanes.capacity[:] = 1001.0 + 10 * np.arange(len(lanes))
    balance[firms.account] = 30 * firms.fixed_cents + 1
    lanes.asked_ma[:5] = 11.0
    lanes.open[1], lanes.days[2], lanes.days[3] = 0, lanes.transit[2] + 1, lanes.transit[3] - 1
    before, fleet = lanes.capacity.copy(), firms.capacity.copy()
    due = np.ones(len(firms), bool)
    carrier = int(lanes.carrier[0])
    due[carrier] = False
    management._lay_on(world, due)
    due[carrier], balance[firms.account[carrier]] = True, 30 * firms.fixed_cents[carrier]
    management._lay_on(world, due)
    others = np.isin(np.arange(len(lanes)), [0, 3, 4]) & (lanes.carrier != carrier)
    assert ((lanes.capacity - before)[others] > 0).all()
    assert (lanes.capacity == before)[~others].all()
    balance[firms.account[carrier]] += 1
    lanes.capacity[:], firms.capacity[:] = before, fleet
    management._lay_on(world, due)
    full = np.isin(np.arange(len(lanes)), [0, 3, 4])
    more = np.ceil(before / 4) * full
    assert lanes.capacity.tolist() == (before + more).tolist()
    assert firms.capacity == pytest.approx(fleet + np.bincount(lanes.carrier, more, len(firms)))


def test_a_chain_is_weighed_again_by_the_levers_that_there_are(world, monkeypatch):
    done = []
    monkeypatch.setattr(positions, "due", lambda world, willing: np.flatnonzero(willing))
    monkeypatch.setattr(positions, "places", lambda world, rows: rows.tolist())
    for name in ("weigh_makers", "restyle", "weigh_offers"):
        monkeypatch.setattr(positions, name, lambda *given, name=name: done.append(name))
    management._reposition(world, None, np.zeros(3, bool))
    assert done == []
    management._reposition(world, None, np.ones(3, bool))
    levers = world.scenario.dials.management.levers
    assert done == (["weigh_makers", "restyle"] if "product" in levers else []) + ["weigh_offers"]
