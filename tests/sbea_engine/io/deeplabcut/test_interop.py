"""What we write is read by another reader, sleap-io."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sbea_engine.data import FrameSource, LabelSet, Skeleton, Visibility
from sbea_engine.io.deeplabcut import write_project
from sbea_engine.io.deeplabcut.labels import IndexStyle

sio: Any = pytest.importorskip("sleap_io", reason="sleap-io is in the extra 'interop'")


def labels_of(tmp_path: Path, individuals: tuple[str, ...]) -> LabelSet:
    Image.new("RGB", (64, 48)).save(tmp_path / "frame.png")
    points = np.random.default_rng(0).uniform(0, 48, (4, len(individuals), 3, 2)).astype(np.float32)
    points[1, 0, 2] = np.nan
    return LabelSet(
        skeleton=Skeleton(keypoints=("nose", "left ear", "right ear")),
        individuals=individuals,
        frames=tuple(FrameSource(video="cam", index=n, path=tmp_path / "frame.png") for n in (0, 4, 11, 300)),
        points_px=points,
        visibility=np.where(np.isfinite(points).all(-1), Visibility.VISIBLE, Visibility.UNLABELLED).astype(
            np.int8
        ),
    )


@pytest.mark.filterwarnings("ignore::Warning:sleap_io.*")
@pytest.mark.parametrize("style", ["path", "multi"])
@pytest.mark.parametrize("individuals", [("animal 1",), ("m1", "m2")])
def test_sleap_io_reads_the_project(tmp_path: Path, style: IndexStyle, individuals: tuple[str, ...]) -> None:
    labels = labels_of(tmp_path, individuals)
    folder = write_project(tmp_path / "out", task="mice", scorer="Ann", labels=labels, index_style=style)
    got = sio.load_file(str(folder / "labeled-data" / "cam" / "CollectedData_Ann.csv"))
    assert len(got) == 4
    for row, frame in enumerate(got):
        assert len(frame.instances) == len(individuals)
        for instance in frame.instances:
            i = 0 if len(individuals) == 1 else individuals.index(instance.track.name)
            order = [
                [node.name for node in instance.skeleton.nodes].index(k) for k in labels.skeleton.keypoints
            ]
            np.testing.assert_allclose(instance.numpy()[order], labels.points_px[row, i], atol=1e-5)
