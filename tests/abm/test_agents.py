"""A firm as an agent: its columns are its attributes, its chains and offers are views, and nothing else may be set."""

import mesa
import numpy as np
import pytest

from abm.agents import Chain, Consumer, Firm, Node, Offer
from abm.model import Market
from abm.world import KINDS, STANDING


@pytest.fixture(scope="module")
def market():
    return Market("tiny", consumers=100, warmup=0).run(2)


def test_every_firm_is_a_registered_agent_in_the_order_of_rows(market):
    firms = list(market.agents)
    assert [firm.row for firm in firms] == list(range(len(market.world.firms)))
    assert all(isinstance(firm, mesa.Agent) and type(firm) is Firm for firm in firms)
    assert [firm.name for firm in firms] == market.world.names["firms"]
    assert {firm.kind_name for firm in firms} == set(KINDS)
    assert market.agents_by_type[Firm].get("row") == market.agents.get("row")
    assert market.firm("store").country_name == "US"
    with pytest.raises(KeyError, match="no firm"):
        market.firm("bakery")


@pytest.mark.parametrize("view", [Firm, Consumer, Chain, Node, Offer])
def test_a_view_has_every_column_of_its_table_with_its_unit(view, market):
    table = getattr(market.world, view.table)
    one = {Firm: lambda: market.agents.select(at_most=3).get("row") and market.world.agents[2],
           Consumer: lambda: market.consumers[2]}.get(view, lambda: view(market.world, 2))()  # fmt: skip
    for name, spec in STANDING[view.table].columns.items():
        assert np.array_equal(getattr(one, name), getattr(table, name)[2])
        assert spec.unit in getattr(view, name).__doc__


def test_a_firms_cash_is_its_account(market):
    for firm in market.agents:
        assert firm.cash == market.world.accounts.balance_cents[firm.account]


def test_chains_and_their_members_are_known_from_both_ends(market):
    for firm in market.agents:
        for chain in firm.chains:
            assert firm in chain.members
            assert chain in chain.members[0].chains
    (chain,) = [chain for chain in market.firm("label").chains if chain.name == "abroad"]
    assert [firm.name for firm in chain.members[:4]] == ["cotton", "knits-2", "us-tailors", "label"]
    assert chain.category_name == "apparel"
    assert chain == Chain(market.world, chain.row) != Chain(market.world, 0)


def test_a_firms_offers_are_those_by_which_it_sells(market):
    seller = market.firm("sellers-1")
    assert {offer.seller for offer in seller.offers} == {seller}
    assert {offer.market for offer in seller.offers} <= {"CN", "US"}
    assert {offer.mode_name for offer in seller.offers} <= {"express", "line", "post", "overseas"}
    assert sum(len(firm.offers) for firm in market.agents) == len(market.world.offers)
    offer = seller.offers[0]
    assert offer.stock.owner is seller
    assert offer.unit_cents == market.world.nodes.cost_cents[offer.node] > 0
    assert not market.firm("carrier-1").offers


def test_a_firms_stocking_points_are_those_where_its_goods_stand(market):
    nodes = [node for firm in market.agents for node in firm.nodes]
    assert sorted(node.row for node in nodes) == list(range(len(market.world.nodes)))
    node = market.firm("store").nodes[0]
    assert node.country_name == "US"
    assert node.position == node.on_hand + node.coming - node.owed
    assert node.demand_expected == node.forecast * node.season


def test_what_a_scenario_may_set_an_agent_may_set(market):
    firm = market.firm("knits-1")
    firm.capacity, firm.review_days = 12.5, 3
    assert market.world.firms.capacity[firm.row] == 12.5
    assert market.world.firms.review_days[firm.row] == 3
    market.agents.select(lambda one: one.kind_name == "broker").set("price_cents", 77)
    assert market.firm("broker").price_cents == 77
    market.firm("store").nodes[0].cover = 9.0
    assert market.firm("store").nodes[0].cover == 9.0


@pytest.mark.parametrize(
    ("name", "value", "error", "words"),
    [
        ("margin", 0.2, AttributeError, "no column 'margin', so the value would be lost; it has account"),
        ("kind", 3, AttributeError, "cannot be set; you may set .*capacity"),
        ("identity", 3, AttributeError, "cannot be set"),
        ("cash", 3, AttributeError, "setter"),
        ("review_days", 2.5, ValueError, "2.5 does not fit firms.review_days, which holds int32"),
        ("review_days", 2**40, ValueError, "does not fit"),
        ("capacity", float("inf"), ValueError, "does not fit"),
        ("capacity", "much", ValueError, "does not fit"),
        ("capacity", None, ValueError, "does not fit"),
    ],
)
def test_anything_else_is_refused(name, value, error, words, market):
    firm = market.firm("store")
    before = firm.capacity, firm.review_days
    with pytest.raises(error, match=words):
        setattr(firm, name, value)
    assert (firm.capacity, firm.review_days) == before


def test_a_firm_cannot_be_taken_away(market):
    with pytest.raises(NotImplementedError, match="turnover"):
        market.firm("store").remove()


def test_what_an_agent_sets_outlives_a_dated_change_of_the_same_column():
    shocks = [{"day": 1, "until": 3, "scale": {"firms.store.capacity": 0.5}}]
    market = Market("tiny", consumers=50, warmup=0, shocks=shocks).run(2)
    store = market.firm("store")
    store.capacity = 40.0
    market.run(1)
    assert store.capacity == 20.0
    market.run(1)
    assert store.capacity == 40.0


def test_two_live_markets_do_not_mix():
    one, other = (Market("tiny", consumers=60, warmup=0, seed=seed) for seed in (1, 2))
    one.firm("store").capacity = 5.0
    one.consumers.set("trust", 0.125)
    assert other.firm("store").capacity != 5.0
    assert set(other.consumers.get("trust")) == {np.float32(0.7).item()}
    assert one.firm("store") != other.firm("store")
    assert one.firm("store").chains[0] != other.firm("store").chains[0]
    assert one.consumers[3] != other.consumers[3]
    assert one.firm("store").chains[0].members[0].model is one


@pytest.mark.parametrize(
    ("agents", "error", "words"),
    [
        ({"bakery": Firm}, ValueError, "'bakery' is not consumer, a kind"),
        ({"seller": Consumer}, TypeError, "needs a subclass of Firm"),
        ({"consumer": Firm}, TypeError, "needs a subclass of Consumer"),
    ],
)
def test_classes_of_agents_are_checked(agents, error, words):
    with pytest.raises(error, match=words):
        Market("tiny", consumers=50, agents=agents)


def test_classes_are_for_a_firm_a_group_or_a_kind_the_nearest_first():
    class Kind(Firm):
        pass

    class Group(Firm):
        pass

    class One(Firm):
        pass

    market = Market("tiny", consumers=50, agents={"seller": Kind, "sellers": Group, "sellers-2": One, "label": Firm})
    found = {name: type(market.firm(name)) for name in ("sellers-1", "sellers-2", "label", "store")}
    assert found == {"sellers-1": Group, "sellers-2": One, "label": Firm, "store": Firm}


def test_keywords_reach_every_dial():
    market = Market("tiny", consumers=50, network__overlap=0.25, dials__dynamics__exit=0.5, demand__visits=0.4)
    dials = market.settled.dials
    assert (dials.network.overlap, dials.dynamics.exit, market.settled.demand.visits) == (0.25, 0.5, 0.4)
