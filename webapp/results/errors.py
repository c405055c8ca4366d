"""Why predictions cannot be made, read or exported."""

from __future__ import annotations

from webapp.api.errors import Conflict, Invalid


class BadWindow(Invalid):
    """A range of frames that cannot be answered."""

    code = "bad_window"


class BadExport(Invalid):
    """An export that cannot be: nothing to write, or no such result."""

    code = "bad_export"


class WrongProject(Invalid):
    """A model and a video of different projects."""

    code = "wrong_project"


class ResultSuperseded(Conflict):
    """Newer predictions of the same model over the same video have taken the place."""

    code = "result_superseded"


class ResultInUse(Conflict):
    """A job is still writing the result, or another result was made from it."""

    code = "result_in_use"


class CannotReconstruct(Invalid):
    """3D needs predictions of two or more views that a calibration knows."""

    code = "cannot_reconstruct"


class BadMap(Invalid):
    """A map of poses that cannot be made of these predictions."""

    code = "bad_map"


class MapDamaged(Conflict):
    """The files of a map are gone or damaged; it can be made again."""

    code = "map_damaged"
