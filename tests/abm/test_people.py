"""A set of consumers does what Mesa's own set does: the same agents, values, luck and errors."""

import copy
import inspect
import pickle
import warnings
from random import Random

import mesa
import numpy as np
import pytest
from mesa.agent import AgentSet

from abm.agents import Consumer, People
from abm.model import Market

pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # a plain set warns of its own indices
SHOWN = ("row", "income", "trust", "satisfaction", "country", "need", "segment")


class Person(Consumer):
    """A consumer with methods to call."""

    made = 0

    def __init__(self, model, row):
        type(self).made += 1
        super().__init__(model, row)

    def told(self, word="hm", times=1):
        return word * times + str(self.row)

    def learn(self, much, more=0.0):
        self.trust = much + more + self.row / 128

    @property
    def lucky(self):
        return self.row % 3 == 0


class Twin(mesa.Agent):
    """A plain agent with the same values and methods."""

    told, learn, lucky = Person.told, Person.learn, Person.lucky

    def __init__(self, model, row, values):
        super().__init__(model)
        self.row = row
        for name, value in values.items():
            setattr(self, name, value)


@pytest.fixture(scope="module")
def market():
    made = Market("tiny", consumers=40, warmup=0, agents={"consumer": Person}).run(3)
    rows = np.arange(40)
    made.world.consumers.trust[:] = np.float32((rows * 7 % 11) / 16)
    made.world.consumers.segment[:] = rows * 5 % 4
    return made


@pytest.fixture
def pair(market):
    """The same people twice: as a set of consumers and as a plain set of plain agents, with the same luck."""
    before = market.world.consumers.trust.copy()
    people = People(market.consumers, Random(5))
    model = mesa.Model(rng=1)
    twins = [Twin(model, one.row, {name: getattr(one, name) for name in SHOWN[1:]}) for one in people]
    yield people, AgentSet(twins, Random(5))
    market.world.consumers.trust[:] = before


def said(found):
    """Any result with agents as their rows, so that two can be compared."""
    if isinstance(found, AgentSet):
        return ["set", *(agent.row for agent in found)]
    if isinstance(found, mesa.Agent):
        return ("agent", found.row)
    if type(found).__name__ == "GroupBy":
        return {"groups": said(found.groups)}
    if isinstance(found, dict):
        return {key: said(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [said(one) for one in found]
    return found


def tried(case, people):
    """What a case gives for a set, or the kind of its error; and what it leaves behind."""
    agents = list(people)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            found = said(case(people, agents))
    except (AttributeError, KeyError, IndexError, ValueError, TypeError) as error:
        found = next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins").__name__
    values = {agent.row: [getattr(agent, name) for name in SHOWN] for agent in agents}
    return found, [agent.row for agent in people], values, people.random.getstate()


def rich(agent):
    return agent.income > 1


CASES = {
    "add": [
        lambda s, a: s.add(a[3]),
        lambda s, a: (s.remove(a[3]), s.add(a[3]), len(s), s[-1]),
    ],
    "agg": [
        lambda s, a: s.agg("income", np.mean),
        lambda s, a: s.agg("trust", [min, max, sum, len]),
        lambda s, a: s.agg("lucky", sum),
        lambda s, a: s.agg("nothing", sum),
    ],
    "clear": [lambda s, a: (s.clear(), len(s), a[0] in s)],
    "count": [lambda s, a: s.count(a[4]), lambda s, a: s.select(rich).count(a[0]), lambda s, a: s.count("x")],
    "discard": [lambda s, a: s.discard(a[3]), lambda s, a: (s.discard(a[3]), s.discard(a[3]), a[3] in s)],
    "do": [
        lambda s, a: s.do("learn", 0.25, more=0.5),
        lambda s, a: s.do(lambda one, much: one.learn(much), 0.125),
        lambda s, a: s.do("nothing"),
    ],
    "get": [
        lambda s, a: s.get("income"),
        lambda s, a: s.get(["trust", "row", "lucky"]),
        lambda s, a: s.get([]),
        lambda s, a: s.get("lucky"),
        lambda s, a: s.get("nothing"),
        lambda s, a: s.get("nothing", handle_missing="default", default_value=7),
        lambda s, a: s.get(["nothing", "need"], "default", None),
        lambda s, a: s.get("need", "perhaps"),
    ],
    "groupby": [
        lambda s, a: s.groupby("segment"),
        lambda s, a: s.groupby(rich),
        lambda s, a: s.groupby("lucky", result_type="list"),
        lambda s, a: s.groupby("segment").count(),
        lambda s, a: s.groupby("segment").agg("income", max),
        lambda s, a: s.groupby("segment").map("get", "trust"),
        lambda s, a: s.groupby("segment").map(len),
        lambda s, a: s.groupby("segment").do("do", "learn", 0.5),
        lambda s, a: s.groupby(lambda one: (one.country, one.segment)).map("shuffle"),
        lambda s, a: s.groupby("nothing"),
    ],
    "index": [lambda s, a: s.index(a[7]), lambda s, a: s.index(a[7], 8), lambda s, a: s.index("x"),
              lambda s, a: s.index(a[7], -39, 20)],
    "isdisjoint": [lambda s, a: s.isdisjoint(s.select(rich)), lambda s, a: s.isdisjoint([])],
    "map": [
        lambda s, a: s.map("told", "la", times=2),
        lambda s, a: s.map(lambda one, more: one.row + more, 3),
        lambda s, a: s.map("nothing"),
    ],
    "pop": [lambda s, a: (s.pop(), len(s))],
    "remove": [lambda s, a: s.remove(a[3]), lambda s, a: (s.remove(a[3]), s.remove(a[3]))],
    "select": [
        lambda s, a: s.select(),
        lambda s, a: s.select() is s,
        lambda s, a: s.select(inplace=True) is s,
        lambda s, a: s.select(rich),
        lambda s, a: s.select(rich, inplace=True),
        lambda s, a: s.select(at_most=3),
        lambda s, a: s.select(at_most=0.3),
        lambda s, a: s.select(at_most=1.0),
        lambda s, a: s.select(at_most=1),
        lambda s, a: s.select(at_most=0),
        lambda s, a: s.select(at_most=2.5),
        lambda s, a: s.select(rich, at_most=0.1),
        lambda s, a: s.select(rich, at_most=4, inplace=True),
        lambda s, a: s.select(agent_type=mesa.Agent),
        lambda s, a: s.select(agent_type=mesa.Model),
        lambda s, a: s.select(rich, at_most=2, agent_type=mesa.Agent).select(lambda one: one.row > 5),
    ],
    "set": [
        lambda s, a: s.set("trust", 0.375),
        lambda s, a: s.select(rich).set("trust", 0.5).get("trust"),
    ],
    "shuffle": [lambda s, a: s.shuffle(), lambda s, a: s.shuffle(inplace=True), lambda s, a: s.shuffle().shuffle()],
    "shuffle_do": [
        lambda s, a: (heard := [], s.shuffle_do(lambda one: heard.append(one.row)), s.select(at_most=2)),
        lambda s, a: s.shuffle_do("learn", 0.75),
    ],
    "sort": [
        lambda s, a: s.sort("income"),
        lambda s, a: s.sort("segment"),
        lambda s, a: s.sort("segment", ascending=True, inplace=True),
        lambda s, a: s.sort(lambda one: -one.trust, ascending=True),
        lambda s, a: s.sort("model.steps"),
        lambda s, a: s.sort("nothing"),
    ],
    "to_list": [lambda s, a: s.to_list() if hasattr(AgentSet, "to_list") else list(s)],
    "operators": [
        lambda s, a: (len(s), a[2] in s, "x" in s, list(s), list(reversed(s))),
        lambda s, a: (s[0], s[-1], s[3:9:2], s[-3:]),
        lambda s, a: s[400],
        lambda s, a: copy.copy(s),
        lambda s, a: (copy.copy(s) is s, copy.copy(s) == s, s.select(rich) == s, s.select(rich) < s),
        lambda s, a: s.select(rich) & s.select(lambda one: one.lucky),
        lambda s, a: s.select(rich) | s.select(lambda one: one.lucky),
        lambda s, a: s - s.select(rich),
        lambda s, a: s.select(rich) ^ s.select(lambda one: one.lucky),
        lambda s, a: s.__ior__(a[:3]),
        lambda s, a: s.__isub__(a[:3]),
        lambda s, a: s.__iand__(a[:3]),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "place"), [(name, place) for name, cases in CASES.items() for place in range(len(cases))]
)
def test_a_set_of_people_does_what_a_plain_set_does(name, place, pair):
    people, plain = pair
    assert type(people) is People
    assert tried(CASES[name][place], people) == tried(CASES[name][place], plain)


def test_every_public_method_of_mesas_set_is_held_against_it():
    public = {name for name, _ in inspect.getmembers(AgentSet, callable) if not name.startswith("_")}
    assert public - CASES.keys() == set()


def test_results_are_sets_of_people_again(pair):
    people, _ = pair
    made = [people.select(rich), people.shuffle(), people.sort("income"), copy.copy(people), people & people]
    made += people.groupby("segment").groups.values()
    assert {type(one) for one in made} == {People}
    assert all(isinstance(agent, Person) for one in made for agent in one)


def test_two_views_of_one_person_are_one(market):
    first, again, other = market.consumers[3], market.consumers[3], market.consumers[4]
    assert first is not again
    assert first == again != other
    assert len({first, again, other}) == 2


def test_a_mask_selects_as_a_function_does(pair):
    people, _ = pair
    shuffled = people.shuffle()
    by_mask = shuffled.select(shuffled.column("income") > 1, at_most=5)
    assert said(by_mask) == said(shuffled.select(rich, at_most=5))
    with pytest.raises(ValueError, match="40 booleans"):
        shuffled.select(np.ones(3, bool))
    with pytest.raises(ValueError, match="40 booleans"):
        shuffled.select(np.arange(40))


def test_columns_are_worked_without_making_agents(market):
    people = market.consumers
    before = Person.made
    people.set("trust", 0.5)
    people.get(["trust", "income"])
    people.agg("income", np.mean)
    people.sort("income").select(at_most=10).groupby("segment").count()
    people.shuffle().select(people.column("trust") < 0.7)
    assert len(people) == 40
    assert Person.made == before
    assert people.rows.nbytes == 4 * len(people)


def test_a_set_of_nobody_and_a_set_of_strangers(market):
    with pytest.warns(UserWarning, match="random"):
        nobody = People([])
    assert (len(nobody), nobody.get("income"), nobody.select(rich).to_list()) == (0, [], [])
    nobody.add(market.consumers[3])
    assert said(nobody) == ["set", 3]
    other = Market("tiny", consumers=40, warmup=0)
    assert other.consumers[3] not in market.consumers
    with pytest.raises(ValueError, match="another market"):
        market.consumers.select().add(other.consumers[3])
    with pytest.raises(TypeError, match="no consumer"):
        market.consumers.select().add(market.firm("store"))
    with pytest.raises(AttributeError, match="no column"):
        market.consumers.column("nothing")


def test_a_set_is_kept_with_its_market(market):
    kept = pickle.loads(pickle.dumps(market.consumers.select(rich)))  # noqa: S301 -- made here
    assert said(kept) == said(market.consumers.select(rich))
    assert kept.get("trust") == market.consumers.select(rich).get("trust")
    assert kept[0].model is not market


def test_row_numbers_of_everybody_are_made_when_somebody_looks_at_them():
    made = Market("tiny", consumers=40, warmup=0).run(2)
    kept = pickle.loads(pickle.dumps(made))  # noqa: S301 -- made here
    for one in (made, kept):
        assert "rows" not in vars(one.consumers)
        assert one.consumers.rows.tolist() == list(range(40))


def test_the_model_knows_its_people_by_type_and_keeps_them_out_of_its_agents(market):
    assert market.agents_by_type[Person] is market.consumers
    assert Person in market.agent_types
    assert not any(isinstance(agent, Consumer) for agent in market.agents)
    numbers = [*market.consumers.get("unique_id"), *market.agents.get("unique_id")]
    assert len(set(numbers)) == len(numbers)


def test_what_a_person_feels_may_be_set_and_what_follows_from_the_day_may_not(market):
    one = market.consumers[5]
    one.trust, one.style = 0.25, -0.5
    assert market.world.consumers.trust[5] == np.float32(0.25)
    assert market.world.consumers.taste[5, 3] == np.float32(-0.5)
    for name, value, error in [("need", 3, AttributeError), ("country", 0, AttributeError), ("mood", 1, AttributeError),
                               ("_mood", 1, AttributeError), ("trust", float("nan"), ValueError),
                               ("trust", "high", ValueError), ("unique_id", 3, AttributeError)]:  # fmt: skip
        with pytest.raises(error):
            setattr(one, name, value)
    with pytest.raises(AttributeError, match="would be lost"):
        market.consumers.set("mood", 1)
    with pytest.raises(AttributeError, match="you may set"):
        market.consumers.set("need", 1)
    with pytest.raises(NotImplementedError, match="stays"):
        one.remove()


def test_mesas_collector_reads_people_by_their_type(market):
    collector = mesa.DataCollector(agenttype_reporters={Person: {"income": "income", "lucky": "lucky"}})
    collector.collect(market)
    table = collector.get_agenttype_vars_dataframe(Person)
    assert table["income"].tolist() == market.consumers.get("income")
