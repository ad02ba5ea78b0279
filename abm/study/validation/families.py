"""Which families of cases there are: a visible name for each, and its class in the file of its field."""

from __future__ import annotations

from abm.study.validation.accounts import Accounts, Standstill
from abm.study.validation.arithmetic import Function, Proportional, RandomSharing, Rounding
from abm.study.validation.border import BorderCases
from abm.study.validation.chance import Draws, Philox
from abm.study.validation.demand import Bertrand, Logit, Nest
from abm.study.validation.family import Family
from abm.study.validation.gravity import Gravity
from abm.study.validation.learning import QDuopoly
from abm.study.validation.pages import ChoiceDraw, Retry
from abm.study.validation.thresholds import CesThreshold

FAMILIES: dict[str, type[Family]] = {
    "bertrand": Bertrand,
    "logit": Logit,
    "nest": Nest,
    "gravity": Gravity,
    "retry": Retry,
    "ces_threshold": CesThreshold,
    "q_duopoly": QDuopoly,
    "philox": Philox,
    "draws": Draws,
    "choice_draw": ChoiceDraw,
    "function": Function,
    "rounding": Rounding,
    "proportional": Proportional,
    "random_sharing": RandomSharing,
    "border_cases": BorderCases,
    "accounts": Accounts,
    "standstill": Standstill,
}
