"""How a scenario is read: its file and those that it extends, the settings over them, and all errors together."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from abm.scenario.reading.errors import Problem, ScenarioError, meant, said
from abm.scenario.reading.given import read
from abm.scenario.reading.merge import Layer, Merged
from abm.scenario.reading.references import check
from abm.scenario.schema import Scenario, editions

Source = str | os.PathLike[str] | Mapping[str, Any] | Scenario
SHELF = "scenarios"
SETTING = "settings"
SOURCE = "scenario"


def load(
    source: Source,
    set: Mapping[str, Any] | None = None,  # noqa: A002 -- the name of the option
    *,
    user_code: bool = True,
) -> Scenario:
    """The scenario of a file, of a name among the scenarios, or of a table, with settings by dotted key over it.

    `set` may also say what only one entry of a list says, by its name: `{"firms.shenzhen-sellers.count": 80}`.
    Without `user_code`, a rule written as "module:Class" is refused.

    Raises:
        ScenarioError: everything that is wrong with the file, at once.
    """
    layers = _layers(source)
    _refuse_editions(layers)
    merged = Merged()
    for layer in layers:
        merged.add(layer)
    if not isinstance(source, (Mapping, Scenario)) and "title" not in layers[-1].says:
        merged.says["title"] = Path(source).stem  # what a scenario is about is not what it extends is about
    if set:
        merged.add(Layer(SETTING, nested(set), layers[-1].folder))
    merged.says.pop("extends", None)
    folders = tuple(dict.fromkeys(layer.folder for layer in reversed(layers)))
    if isinstance(source, Scenario):
        folders, user_code = source.folders, user_code and source.user_code
    reading = read(merged)
    if reading:
        reading.scenario.placed(folders, user_code)
        check(reading)
    if merged.problems or not reading:
        raise ScenarioError(merged.problems)
    return reading.scenario


def assignments(texts: Iterable[str]) -> dict[str, Any]:
    """Settings from texts `key=value`; a value that is not TOML is taken as a text, so that quotes may be left out.

    Raises:
        ScenarioError: a text without = or with a key that is no dotted key.
    """
    found: dict[str, Any] = {}
    problems = []
    for text in texts:
        cuts = [place for place, sign in enumerate(text) if sign == "=" and _is_key(text[:place])]
        if cuts:
            found[text[: cuts[0]].strip()] = _value(text[cuts[0] + 1 :].strip())
        else:
            problems.append(Problem(SETTING, "", said(text), "key=value with a dotted key, as in demand.visits=0.5"))
    if problems:
        raise ScenarioError(problems)
    return found


def nested(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Tables from dotted keys; a part with a dot of its own is quoted, as in TOML."""
    tables: dict[str, Any] = {}
    for key, value in settings.items():
        try:
            parts = _parts(key)
        except tomllib.TOMLDecodeError:
            raise ScenarioError([Problem(SETTING, "", said(key), "a dotted key, as in demand.visits")]) from None
        inner: Any = tables
        for part in parts[:-1]:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                break
        if not isinstance(inner, dict) or parts[-1] in inner:
            raise ScenarioError([Problem(SETTING, key, said(value), "a key of which no part is set as well")])
        inner[parts[-1]] = value
    return tables


def _is_key(text: str) -> bool:
    try:
        return bool(_parts(text.strip()))
    except tomllib.TOMLDecodeError:
        return False


def _parts(key: str) -> list[str]:
    if "\n" in key:
        raise tomllib.TOMLDecodeError("a key stands on one line")
    inner: Any = tomllib.loads(f"{key} = 0")
    parts = []
    while isinstance(inner, dict):
        ((part, inner),) = inner.items()
        parts.append(part)
    return parts


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return text


def _layers(source: Source) -> list[Layer]:
    """The files from the first that extends nothing to the one asked for."""
    layers: list[Layer] = []
    trail: list[Path] = []
    if isinstance(source, Scenario):
        folder = source.folders[0] if source.folders else Path.cwd()
        return [Layer(SOURCE, source.resolved(), folder)]
    if isinstance(source, Mapping):
        layers.append(Layer(SOURCE, source, Path.cwd()))
        path = _extended(layers[0])
    else:
        path = _found(source)
    while path:
        if path in trail:
            chain = " -> ".join(step.name for step in [*trail[trail.index(path) :], path])
            raise ScenarioError([Problem(layers[0].label, "extends", chain, "files that do not extend each other")])
        trail.append(path)
        layers.insert(0, Layer(label(path), read_toml(path), path.parent))
        path = _extended(layers[0])
    return layers


def _extended(layer: Layer) -> Path | None:
    given = layer.says.get("extends")
    if given is None:
        return None
    if isinstance(given, str) and given:
        path = (layer.folder / given).resolve()
        if path.is_file():
            return path
        files = sorted(file.name for file in path.parent.glob("*.toml")) if path.parent.is_dir() else []
        hint = meant(path.name, files)
    else:
        hint = ""
    words = f"the path of a scenario file, looked for from {layer.folder}"
    raise ScenarioError([Problem(layer.label, "extends", said(given), words, hint)])


def _found(source: str | os.PathLike[str]) -> Path:
    path = Path(source)
    shelves = [Path.cwd() / SHELF, Path(__file__).parents[3] / SHELF]
    named = [shelf / f"{path.name}.toml" for shelf in shelves] if path.suffix == "" and path.name == str(source) else []
    for candidate in (path, *named):
        if candidate.is_file():
            return candidate.resolve()
    files = [path.parent / file.name for file in path.parent.glob("*.toml")] if path.parent.is_dir() else []
    names = [file.stem for shelf in shelves if shelf.is_dir() for file in shelf.glob("*.toml")]
    hint = meant(str(source), [*map(str, files), *names])
    shelf = f", or one of {', '.join(sorted({*names}))}" if names else ""
    raise ScenarioError([Problem(str(source), "", said(str(source)), f"a scenario file{shelf}", hint)])


def label(path: Path) -> str:
    """A file as a reader finds it: from where they stand, if it lies below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def read_toml(path: Path) -> dict[str, Any]:
    """What a file says, before anything is checked.

    Raises:
        ScenarioError: it cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        wrong = Problem(label(path), "", f"bytes that are no UTF-8 at {error.start}", "a text in UTF-8")
    except OSError as error:
        wrong = Problem(label(path), "", f"a file that cannot be read ({error.strerror})", "a file that can be read")
    except tomllib.TOMLDecodeError as error:
        wrong = Problem(label(path), "", f"what is not TOML: {error}", 'TOML, as in key = 1 or key = "text"')
    except ValueError as error:
        wrong = Problem(label(path), "", f"what is not TOML: {error}", "dates and numbers that exist")
    raise ScenarioError([wrong])


def _refuse_editions(layers: list[Layer]) -> None:
    """Stop at a file of another edition: of what else it says nothing is known."""
    problems = []
    for layer in layers:
        given = layer.says.get("schema", editions.SCHEMA)
        if given != editions.SCHEMA or isinstance(given, bool):
            problems.append(Problem(layer.label, "schema", said(given), f"{editions.SCHEMA}; {editions.remedy(given)}"))
    if problems:
        raise ScenarioError(problems)
