"""Which families of cases there are: a visible name for each, and its class in the file of its field."""

from __future__ import annotations

from abm.study.validation.accounts import Accounts, Standstill
from abm.study.validation.arithmetic import Function, Proportional, RandomSharing, Rounding
from abm.study.validation.beer_game import BeerGame
from abm.study.validation.border import BorderCases
from abm.study.validation.chains import Assembly, Distribution, Serial
from abm.study.validation.chance import Draws, Philox
from abm.study.validation.demand import Bertrand, Logit, Nest
from abm.study.validation.family import Family
from abm.study.validation.gravity import Gravity
from abm.study.validation.information import Bullwhip, InformationValue
from abm.study.validation.inventory import Newsvendor, OrderQuantity, ReorderBatch, ReorderLevel
from abm.study.validation.learning import QDuopoly
from abm.study.validation.networks import Influence, Leontief
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
    "newsvendor": Newsvendor,
    "base_stock": Newsvendor,
    "s_S": ReorderLevel,
    "r_Q": ReorderBatch,
    "eoq": OrderQuantity,
    "serial": Serial,
    "assembly": Assembly,
    "distribution": Distribution,
    "beer_game": BeerGame,
    "bullwhip": Bullwhip,
    "information_value": InformationValue,
    "influence": Influence,
    "leontief": Leontief,
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
