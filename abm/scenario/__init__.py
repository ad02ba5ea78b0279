"""What a world is made of: the scenario that a user writes and the facts beside it."""

from __future__ import annotations

from abm.scenario.reading.errors import Problem, ScenarioError
from abm.scenario.reading.loading import assignments, load
from abm.scenario.schema import Scenario

__all__ = ["Problem", "Scenario", "ScenarioError", "assignments", "load"]
