"""What can be wrong with a request about recordings, each with its code, status and remedy."""

from __future__ import annotations

from webapp.api.errors import AppError, Conflict, Forbidden, Invalid


class PathNotAllowed(Forbidden):
    """A server path that is not there or lies outside the media roots; the answer does not say which."""

    code = "path_not_allowed"


class NameTaken(Conflict):
    """Another recording, view of the recording, recording session, or calibration has this name."""

    code = "name_taken"


class BadRecording(Invalid):
    """A recording or session without a name, or one with views that contradict each other."""

    code = "bad_recording"


class BadCalibration(Invalid):
    """A file that is no calibration, or one that does not belong here."""

    code = "bad_calibration"


class CalibrationInUse(Conflict):
    """Results were made with the calibration, or are being made."""

    code = "calibration_in_use"


class RecordingInUse(Conflict):
    """A job is at work on the recording."""

    code = "recording_in_use"


class VideoNotReady(Conflict):
    """The video has not been ingested, or failed to be."""

    code = "video_not_ready"


class BadUpload(Invalid):
    """A file name, purpose or chunk that cannot be taken."""

    code = "bad_upload"


class UploadTooLarge(AppError):
    """More bytes than allowed or announced."""

    code, status = "upload_too_large", 413


class UploadConflict(Conflict):
    """The client's idea of the upload is not the server's; `data.offset` says where to go on."""

    code = "upload_conflict"


class UploadGone(UploadConflict):
    """The bytes are not on disk any more, or never were; sending starts anew."""

    code = "upload_gone"


class UploadInUse(Conflict):
    """A recording or an import needs the upload."""

    code = "upload_in_use"


class DiskFull(AppError):
    """The data root has no room."""

    code, status = "disk_full", 507
