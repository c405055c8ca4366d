"""From a video row to the path of its pixels, checked at each use."""

from __future__ import annotations

from pathlib import Path

from webapp.api.told import without_folders
from webapp.recordings import storage
from webapp.recordings.errors import PathNotAllowed, VideoNotReady
from webapp.recordings.models import Video
from webapp.recordings.roots import allowed_source


def video_source_path(*, video: Video) -> Path:
    """Where to read source frames of `video` now.

    Raises:
        PathNotAllowed: A source in place moved, or no longer lies under a media root.
        VideoNotReady: An uploaded source is gone.
    """
    if not video.source_owned:
        try:
            return allowed_source(video.source_path)
        except PathNotAllowed as error:
            # Whoever trains or predicts reads it, and not only those who may look at server folders.
            reason = str(error).replace(f"{Path(video.source_path).parent}/", "")
            raise PathNotAllowed(f"{video}: {without_folders(reason)}") from error
    path = storage.stored_path(video.source_path)
    if not path.exists():
        raise VideoNotReady(f"The file of {video} is gone from the data folder. Upload it again.")
    return path
