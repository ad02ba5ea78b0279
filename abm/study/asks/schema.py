"""What the files of studies over parameters may say, key by key; a description says what is admissible."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, Strict

from abm.study.sweep.schema import Cluster, Number, Table, Text, Whole

Seeds = Annotated[Whole, Field(ge=1)] | Annotated[list[Annotated[Whole, Field(ge=0)]], Field(min_length=1)]
Positive = Annotated[Number, Field(gt=0)]
Names = Annotated[list[Text], Field(min_length=1)]


class Study(Table):
    """What all studies say: a scenario, what is set in all runs, seeds, and parameters with ranges."""

    scenario: Text = Field(description="a scenario file, or the name of one")
    seeds: Seeds = Field(default=1, description="how many, from 1, or a list of whole numbers from 0")
    set: dict[str, Any] = Field(default={}, description="dotted keys with what all runs set them to")
    vary: dict[str, Any] = Field(description="dotted keys with ranges, as in { from = 0.1, to = 0.9 }")
    seed: Annotated[Whole, Field(ge=0, lt=2**32)] = Field(default=0, description="a whole number from 0 below 2^32")
    cluster: Cluster = Field(default=Cluster(), description="a table")


class Sensitivity(Study):
    """Which parameters move which measures."""

    method: Literal["morris", "sobol"] = Field(default="morris", description="morris, sobol")
    samples: Annotated[Whole, Field(ge=2)] = Field(default=8, description="from 2, of sobol a power of two")
    levels: Annotated[Whole, Field(ge=4, multiple_of=2)] = Field(default=4, description="an even number from 4")
    resamples: Annotated[Whole, Field(ge=100)] = Field(default=1000, description="a whole number from 100")
    measures: Names = Field(description="names of measures, at least one")


class Own(Table):
    """A figure that the mean of a measure is to meet, give or take its scale."""

    measure: Text
    target: Number
    scale: Positive
    weight: Positive = 1.0


class Calibration(Study):
    """Which values of parameters make moments meet their targets."""

    trials: Annotated[Whole, Field(ge=1)] = Field(default=50, description="a whole number from 1")
    step: Annotated[float, Strict(), Field(gt=0, le=0.25)] = Field(
        default=0.05, description="a part of each range above 0, at most 0.25"
    )
    moments: list[Text] | None = Field(default=None, description="names of moments of moments.toml")
    own: dict[str, Own] = Field(
        default={}, description="names with { measure = ..., target = ..., scale = ..., weight = ... }"
    )


class Optimisation(Study):
    """Which policy is best."""

    trials: Annotated[Whole, Field(ge=1)] = Field(default=50, description="a whole number from 1")
    maximise: list[Text] = Field(default=[], description="names of measures")
    minimise: list[Text] = Field(default=[], description="names of measures")
    prune: bool = Field(default=True, description="true, false")
