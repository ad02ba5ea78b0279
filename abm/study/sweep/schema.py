"""What the file of a sweep may say, key by key; a description says what is admissible."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints

Text = Annotated[str, StringConstraints(min_length=1)]
Whole = Annotated[int, Strict()]
Number = Whole | Annotated[float, Strict()]


class Table(BaseModel):
    """A table of the file, in which only known keys may stand."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Span(Table):
    """From one number to another; whole numbers when both are."""

    low: Number = Field(alias="from")
    high: Number = Field(alias="to")
    steps: Annotated[Whole, Field(ge=2)] | None = None
    log: bool = False


class Design(Table):
    """How the runs fill the space of what is varied."""

    kind: Literal["grid", "latin_hypercube", "sobol", "runs"] = Field(
        default="grid", description="grid, latin_hypercube, sobol, runs"
    )
    samples: Annotated[Whole, Field(ge=1)] | None = Field(
        default=None, description="a whole number from 1, of sobol a power of two"
    )
    seed: Annotated[Whole, Field(ge=0)] = Field(default=0, description="a whole number from 0")
    runs: list[dict[str, Any]] | None = Field(default=None, description="tables of dotted keys with their values")


class Cluster(Table):
    """What each worker asks of Slurm."""

    queue: Text | None = Field(default=None, description="the name of a partition")
    account: Text | None = Field(default=None, description="the name of an account")
    walltime: Annotated[str, StringConstraints(pattern=r"^(\d+-)?\d{1,2}:\d{2}:\d{2}$")] = Field(
        default="01:00:00", description='a time as in "01:30:00"'
    )
    memory: Text = Field(default="2GB", description='an amount as in "4GB"')
    interface: Text | None = Field(default=None, description='the name of a network interface, as in "ib0"')
    directives: list[Text] = Field(default=[], description='texts as in "--constraint=fast"')


class Plan(Table):
    """A sweep as its file says it."""

    scenario: Text = Field(description="a scenario file, or the name of one")
    start: Text | None = Field(default=None, description="the file of a kept market, from which all runs go on")
    seeds: Annotated[Whole, Field(ge=1)] | Annotated[list[Annotated[Whole, Field(ge=0)]], Field(min_length=1)] = Field(
        default=1, description="how many, from 1, or a list of whole numbers from 0"
    )
    measures: list[Text] = Field(default=[], description="names of measures; all of them unless said")
    keep: Literal["daily", "summary"] = Field(default="daily", description="daily, summary")
    design: Design = Field(default=Design(), description="a table")
    vary: dict[str, Any] = Field(default={}, description="dotted keys with a list of values, or with a range")
    cluster: Cluster = Field(default=Cluster(), description="a table")

    def each_seed(self) -> tuple[int, ...]:
        """The seeds, each once."""
        return tuple(range(1, self.seeds + 1) if isinstance(self.seeds, int) else dict.fromkeys(self.seeds))

    def start_sha256(self) -> str | None:
        """A hash of the kept market from which all runs go on."""
        return None if self.start is None else hashlib.sha256(Path(self.start).read_bytes()).hexdigest()
