"""Which frames a person should label next, from what a model says of them. Loads no torch.

`criteria.py` is the registry; `choose.py` makes a batch.
"""

from sbea_engine.pose.choosing.choose import METHODS, Chosen, choose
from sbea_engine.pose.choosing.criteria import CRITERIA, Criterion
from sbea_engine.pose.choosing.evidence import BadEvidence, Evidence, Labelled
from sbea_engine.pose.choosing.finding import Finding

__all__ = [
    "CRITERIA",
    "METHODS",
    "BadEvidence",
    "Chosen",
    "Criterion",
    "Evidence",
    "Finding",
    "Labelled",
    "choose",
]
