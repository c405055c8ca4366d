"""What can be wrong with a request about labels."""

from __future__ import annotations

from webapp.api.errors import Conflict, Invalid


class LabelConflict(Conflict):
    """Somebody else changed the same keypoint meanwhile; `data.conflicts` holds both values.

    `data.results` says what became of every operation of the request.
    """

    code = "label_conflict"


class BadFrame(Invalid):
    """A frame index or range that the video does not have."""

    code = "bad_frame"


class NoTrainedModel(Invalid):
    """Frames were to be chosen by a model, and the project has none that is ready."""

    code = "no_trained_model"


class ImportRefused(Invalid):
    """Outside data that does not fit this project; nothing of it was taken."""

    code = "import_refused"
