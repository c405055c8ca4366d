"""Why a model cannot be trained or removed."""

from __future__ import annotations

from webapp.api.errors import Conflict, Invalid


class TooFewLabels(Invalid):
    """There is not enough to learn from, or the holdout leaves nothing; `data` has the numbers."""

    code = "too_few_labels"


class BadTraining(Invalid):
    """A setting of the training that cannot be."""

    code = "bad_training"


class ModelNameTaken(Conflict):
    """The project has a model of this name."""

    code = "name_taken"


class ModelInUse(Conflict):
    """A job is training or running the model."""

    code = "model_in_use"


class ModelNotReady(Conflict):
    """The model is still training, or its training did not succeed."""

    code = "model_not_ready"
