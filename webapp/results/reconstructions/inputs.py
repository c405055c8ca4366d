"""What 3D poses were made from, beside what has become of it since."""

from __future__ import annotations

from webapp.recordings.models import Video
from webapp.recordings.sync import sync_of
from webapp.results.models import Reconstruction


def videos_of(found: Reconstruction) -> dict[str, Video]:
    """The video of each view, by the name that the view had then, in the order of the cameras."""
    videos = {source.pk: source.video for source in found.sources.all()}
    return {
        entry["view"]: videos[entry["result_id"]] for entry in found.inputs if entry["result_id"] in videos
    }


def sync_changed(found: Reconstruction) -> bool:
    """Whether the recording's clock shows other frames of these views by now."""
    now = sync_of(found.recording).runs
    then = found.sync["views"]
    return any(now.get(video.view, []) != then[view] for view, video in videos_of(found).items())
