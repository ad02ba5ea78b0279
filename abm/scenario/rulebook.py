"""Which rules there are to choose from, and how a rule named in a scenario becomes one that can be asked."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from abm.rules import parameters
from abm.scenario.schema import RuleUse, Scenario

HOMES: Final[Mapping[str, str]] = {
    "pricing": "abm.phases.pricing",
    "stocking": "abm.phases.replenishment",
    "forecast": "abm.phases.information",
    "rationing": "abm.phases.matching",
}
"""The phase in whose file the rules for each of a firm's decisions stand."""


class UnknownRule(ValueError):  # noqa: N818 -- what is wrong, in words of trade
    """A rule's name leads nowhere: give one of `among`, or the name of a class beside the scenario file."""

    def __init__(self, admissible: str, among: Iterable[str] = ()) -> None:
        super().__init__(admissible)
        self.admissible, self.among = admissible, tuple(among)


def registry(decision: str) -> Mapping[str, type]:
    """The rules of a decision by name; its phase is loaded when it is first asked for."""
    rules: Mapping[str, type] = import_module(HOMES[decision]).RULES
    return rules


def rule_class(scenario: Scenario, decision: str, name: str) -> type:
    """The class of a rule, the phase's own or the user's.

    Raises:
        UnknownRule: there is none of this name, or rules of the user's own are switched off.
    """
    rules = registry(decision)
    if name in rules:
        return rules[name]
    module, colon, attribute = name.partition(":")
    words = f"one of {', '.join(rules)}"
    if not colon:
        raise UnknownRule(f'{words}, or "module:Class" of a file beside the scenario', rules)
    if not scenario.user_code:
        raise UnknownRule(f"{words}: rules of one's own are switched off in this run", rules)
    found = getattr(_beside(scenario.folders, module), attribute, None)
    if not isinstance(found, type):
        raise UnknownRule(f"the name of a class in {module}.py; it has no class {attribute}")
    return found


def own_modules(scenario: Scenario) -> set[str]:
    """The names under which the modules are loaded that hold the rules of the user's own in a scenario."""
    uses = {(decision, getattr(group, decision).rule) for group in scenario.firms for decision in HOMES}
    return {rule_class(scenario, decision, name).__module__ for decision, name in uses if ":" in name}


def instance(scenario: Scenario, decision: str, use: RuleUse) -> Any:
    """A rule that can be asked, with the parameters that the scenario gives it."""
    kind = rule_class(scenario, decision, use.rule)
    declared = parameters(kind)
    given = {name: _typed(value, declared[name]["default"]) for name, value in use.parameters.items()}
    return kind(**given)


def usual(decision: str) -> RuleUse:
    """The rule by which a decision is taken where nobody says otherwise."""
    return RuleUse(rule={"pricing": "cost_plus", "forecast": "smoothing"}.get(decision, "proportional"))


def in_use(scenario: Scenario, decision: str) -> list[Any]:
    """Each rule by which firms of a scenario take a decision, as it is before the first day, and the usual one."""
    uses = {use.key: use for use in (*(getattr(group, decision) for group in scenario.firms), usual(decision))}
    return [instance(scenario, decision, use) for use in uses.values()]


def _typed(value: float, default: object) -> float:
    return float(value) if isinstance(default, float) else value


def wrong_parameters(kind: type, given: Mapping[str, Any]) -> Iterator[tuple[str, object, str, tuple[str, ...]]]:
    """Each parameter that a rule does not have or may not take: its name, what was given, what is admissible."""
    declared = parameters(kind)
    for name, value in given.items():
        if name not in declared:
            yield (
                name,
                name,
                f"one of the parameters {', '.join(declared) or 'of this rule, which has none'}",
                (*declared,),
            )
            continue
        default, lo, hi = (declared[name].get(word) for word in ("default", "lo", "hi"))
        unit = declared[name].get("unit", "")
        if isinstance(default, bool):
            if not isinstance(value, bool):
                yield name, value, "true or false", ()
            continue
        whole = isinstance(default, int)
        inside = (lo is None or value >= lo) and (hi is None or value <= hi)
        if isinstance(value, bool) or not inside or (whole and value != int(value)):
            noun = "a whole number" if whole else "a number"
            yield name, value, f"{noun} from {lo} to {hi} ({unit})", ()


def _beside(folders: tuple[Path, ...], name: str) -> ModuleType:
    """The user's module, from a file beside the scenario; one file is loaded once."""
    path = next((folder / f"{name}.py" for folder in folders if (folder / f"{name}.py").is_file()), None)
    if path is None:
        places = ", ".join(map(str, folders)) or "no folder, as the scenario is not from a file"
        raise UnknownRule(f"a module of which the file {name}.py lies in {places}")
    text = path.read_bytes()
    known = f"entrepot_user_{name}_{hashlib.blake2b(str(path).encode() + text, digest_size=8).hexdigest()}"
    if known in sys.modules:
        return sys.modules[known]
    spec = spec_from_file_location(known, path)
    if spec is None or spec.loader is None:
        raise UnknownRule(f"a module that can be loaded; {path.name} cannot")
    module = module_from_spec(spec)
    sys.modules[known] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[known]
        raise UnknownRule(f"a module that can be loaded; {path.name}: {type(error).__name__}: {error}") from error
    return module
