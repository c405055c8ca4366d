"""What can be wrong with labels and models of the pose stage."""

from __future__ import annotations

from sbea_engine.errors import BadInput


class TooFewLabels(BadInput):
    """There is not enough to learn from."""

    code = "too_few_labels"


class NotTrained(BadInput):
    """`predict` or `save` before `fit` or `load`."""

    code = "not_trained"
