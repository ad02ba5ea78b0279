"""The faults that the tests are tried against still fit the code, and the record of the last trial is complete."""

import ast
import importlib.util
import re
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("mutants", HERE / "mutants.py")
mutants = sys.modules["mutants"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(mutants)


def test_every_hand_written_fault_stands_once_in_its_file_and_leaves_a_program():
    found = mutants.faults()
    assert len(found) >= 20
    for fault in found:
        assert ast.dump(ast.parse(fault.text())) != ast.dump(ast.parse((mutants.ROOT / fault.path).read_text()))


def test_a_fault_that_no_longer_fits_is_told_with_its_sentence_and_its_file(tmp_path, monkeypatch):
    gone = '[[fault]]\nsays = "Too much."\nfile = "abm/day.py"\nold = "not there"\nnew = "there"\n'
    (tmp_path / "faults.toml").write_text(gone)
    monkeypatch.setattr(mutants, "HERE", tmp_path)
    with pytest.raises(SystemExit, match=r"as it now stands(.|\n)*Too much.: abm/day.py has 0 times 'not there'"):
        mutants.faults()


def test_what_is_drawn_is_half_of_kernels_a_quarter_of_each_kind_and_a_program_that_differs():
    drawn = mutants.drawn(seed=1, count=96)
    assert len({(one.path, one.begin, one.new) for one in drawn}) == 96
    assert sum(one.path.startswith("kernels/") for one in drawn) == 48
    for kind in ("operator", "comparison", "constant", "index"):
        assert sum(one.kind == kind for one in drawn) == 24
    for one in drawn:
        assert ast.dump(ast.parse(one.text())) != ast.dump(ast.parse((mutants.ROOT / one.path).read_text()))


def test_what_is_drawn_depends_on_the_seed_and_a_longer_draw_holds_a_shorter_one():
    one, longer, other = mutants.drawn(1, 40), mutants.drawn(1, 100), mutants.drawn(2, 40)
    assert longer[:40] == one != other


def test_declarations_and_messages_are_left_alone():
    changed = [one.context for one in mutants.all_mutants()]
    assert not [context for context in changed if re.search(r"parameter\(.*«|raise .*«|-> .*«", context)]


@pytest.mark.parametrize("name, least", [("mutants", 0.9), ("faults", 1.0)])
def test_the_record_says_that_nearly_all_are_caught_and_why_the_others_are_not(name, least):
    page = (HERE / f"{name}.md").read_text(encoding="utf-8")
    caught, of = map(int, re.search(r"(\d+) of (\d+) are caught", page).groups())
    assert caught >= least * of
    assert page.count("| survives |") == of - caught
    assert "No reason given." not in page
