"""The two pages on validation, printed: what holds of theory, and how to write cases of one's own."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic_core import PydanticUndefined

from abm.describe import sentence
from abm.scenario.reading.errors import said
from abm.study.validation.cases import FOLDER, texts
from abm.study.validation.families import FAMILIES
from abm.study.validation.family import Family
from abm.study.validation.table import Result, as_markdown

RESULTS = """# What the arithmetic reproduces

Printed by `entrepot validate --markdown`. Every case runs through the kernels and rules that the market itself uses, in
their float64 proposals; [your own cases](how_to_validate.md) run in the same way. *Holds* means: nearer than the
tolerance, which is relative (absolute where 0 is expected), within three standard errors of a simulation, or inside the
band. `entrepot validate` also shows the seconds that each took; `--quick` leaves out those marked slow."""

FAMILIES_HEAD = """# How to hold the market against theory of your own

`entrepot validate CASES.toml` runs a list of cases, shows what is expected and what is found, and ends with 1 when a
case fails; `--json` prints plain values, all that was found among them. Each family below is a piece of theory that the
market's own kernels and rules work out; a case gives it its inputs:

```toml
# mine.toml
[[case]]
family    = "logit"
name      = "two rivals"
source    = "where the expected numbers come from"
c         = [1, 1]
delta     = 2
a         = 1
firm      = [0, 1]
tolerance = 1e-6
expected  = { prices = [2.401058, 2.401058] }
```

| key | holds |
|---|---|
| `family` | one of the families below |
| `name`, `source` | texts, shown in the table; a name unless said is the number of the case |
| `expected` | quantities by name, each a number or a list; without any, all that is found is shown |
| `tolerance` | relative, absolute where 0 is expected; 1e-9 unless said; of an estimate, three standard errors |
| `band` | `[lowest, highest]` for the only quantity, or a table of such pairs by quantity |
| `kind` | `exact`, `statistical`, or `slow`, which `--quick` leaves out |

Where a list is wanted, a number alone is a list of one. What is wrong in a file is told all at once, with its place and
what is admissible. From Python:

```python
from pathlib import Path

from abm.study.validation.cases import read
from abm.study.validation.table import run

(result,) = run(read(Path("mine.toml")))
assert result.verdict == "holds"
(prices,) = [row.found for row in result.rows if row.quantity == "prices"]
assert abs(prices[0] - 2.401058) < 1e-6
```"""


def results_page(results: Sequence[Result]) -> str:
    """The page docs/validation.md: a table for each file of cases, without the seconds."""
    topics = list(dict.fromkeys(result.case.topic for result in results))
    parts = [RESULTS]
    for topic in topics:
        mine = [result for result in results if result.case.topic == topic]
        parts.append(f"## {topic.capitalize()}\n\n{as_markdown(mine, timed=False)}")
    return "\n\n".join(parts)


def families_page() -> str:
    """The page docs/how_to_validate.md: every family with its inputs, what it finds, and a case of it."""
    return "\n\n".join([FAMILIES_HEAD, *(_family(name, kind) for name, kind in FAMILIES.items())])


def _family(name: str, kind: type[Family]) -> str:
    parts = [f"## {name}", _told(kind), "\n".join(_inputs(kind))]
    if kind.finds:
        found = [f"| `{quantity}` | {text} |" for quantity, text in kind.finds.items()]
        parts.append("\n".join(["| finds | meaning |", "|---|---|", *found]))
    example = next((text for path in sorted(FOLDER.glob("*.toml")) for text in texts(path) if _of(text) == name), None)
    return "\n\n".join([*parts, *([f"```toml\n{example}\n```"] if example else [])])


def _told(kind: type[Family]) -> str:
    """The docstring of a family, its lines joined."""
    return "\n\n".join(sentence(part) for part in (kind.__doc__ or "").strip().split("\n\n"))


def _inputs(kind: type[Family]) -> Iterator[str]:
    yield "| input | also called | unit | admissible | unless said | meaning |"
    yield "|---|---|---|---|---|---|"
    schema = kind.model_json_schema(by_alias=False)
    for name, field in kind.model_fields.items():
        extra: Any = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        also = ", ".join(f"`{other}`" for other in extra.get("also", []))
        usual = "required" if field.default is PydanticUndefined else _usual(field.default)
        admissible = _admissible(schema["properties"][name], schema)
        cells = (f"`{name}`", also, str(extra.get("unit", "")), admissible, usual, field.description or "")
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _usual(default: Any) -> str:
    if default is None or default == ():
        return "left out"
    return said(default.model_dump() if hasattr(default, "model_dump") else default)


def _admissible(schema: dict[str, Any], whole: dict[str, Any]) -> str:
    """What a field takes, read from its JSON schema."""
    if "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return ", ".join(said(one) for one in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_admissible(one, whole) for one in schema["anyOf"] if one.get("type") != "null")
    if schema.get("type") == "array":
        inner = schema.get("items", {})
        if "anyOf" in inner:
            return f"a list of {' or '.join(_noun(one) + 's' for one in inner['anyOf'])}"
        return "a list of lists of numbers" if inner.get("type") == "array" else f"a list of {_noun(inner)}s"
    if schema.get("type") == "object":
        return f"a table of {', '.join(schema.get('properties', {}))}"
    words = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below"}
    bounds = [f"{word} {schema[key]:g}" for key, word in words.items() if key in schema]
    return " ".join([f"a {_noun(schema)}", *bounds])


def _noun(schema: dict[str, Any]) -> str:
    return {"integer": "whole number", "string": "text", "boolean": "yes/no"}.get(str(schema.get("type")), "number")


def _of(text: str) -> str:
    (case,) = tomllib.loads(text)["case"]
    return str(case["family"])
