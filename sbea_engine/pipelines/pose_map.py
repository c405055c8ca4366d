"""Pictures that show which poses there are: maps, a montage of groups, and the table behind them."""

from __future__ import annotations

import csv
import json
import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sbea_engine import __version__
from sbea_engine.draw.montage import MontageRow, montage
from sbea_engine.draw.palette import ANIMAL_COLOURS, animal_colour
from sbea_engine.draw.pose_marks import Marks, PoseLook, PosePen
from sbea_engine.draw.scatter import Scale, scatter_of_groups, scatter_of_values
from sbea_engine.pipelines.pose_map_sources import PoseSource
from sbea_engine.pose.pose_map.layout import MAX_POSES, PoseMap, PoseMapConfig, lay_out
from sbea_engine.pose.pose_map.quantities import Quantity, quantity
from sbea_engine.pose.pose_map.rows import BadPoseMap
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.video.errors import CannotWrite

CELL_PX = 132
MARGIN = 1.35
"""A cell shows the mean shape's longer side times this."""

LEAST_SIDE_PX = 16.0
CLUSTER = "cluster"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoseMapRequest:
    """What a map shows.

    Attributes:
        layout: See `PoseMapConfig`.
        poses: Up to so many, evenly over the recording.
        colour_by: `cluster`, or a quantity as `quantity` reads it; a picture for each.
        examples: Crops in each row of the montage.
        draw_poses: Whether the pose is drawn on the crops.
    """

    layout: PoseMapConfig = field(default_factory=PoseMapConfig)
    poses: int = 2000
    colour_by: tuple[str, ...] = (CLUSTER,)
    examples: int = 8
    draw_poses: bool = True

    def __post_init__(self) -> None:
        if not 10 <= self.poses <= MAX_POSES:
            raise BadPoseMap(f"A map has 10 to {MAX_POSES} poses, got {self.poses}.")
        if not 1 <= self.examples <= 40:
            raise BadPoseMap(f"A row of the montage has 1 to 40 crops, got {self.examples}.")
        if not self.colour_by:
            raise BadPoseMap("Name at least one thing to colour by.")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenMap:
    """A map on disk.

    Attributes:
        files: Names in `folder`.
        poses: How many are on the map.
        left_out: Chosen ones that said too little.
        cluster_sizes: Poses of each, the largest first.
        warnings: What to beware of, one sentence each.
    """

    folder: Path
    files: tuple[str, ...]
    poses: int
    left_out: int
    cluster_sizes: tuple[int, ...]
    warnings: tuple[str, ...]


def write_pose_map(
    source: PoseSource, out: Path, request: PoseMapRequest, *, on_progress: OnProgress = ignore
) -> WrittenMap:
    """Write `map-*.png`, `montage.png` where there are pictures, `map.csv` and `map.json` into a new folder.

    The same poses, settings and seed give the same map.

    Raises:
        BadPoseMap: Too few poses, all the same, or something that cannot be coloured by; or `out` exists.
        BadVideo, BadPosesStore: Pictures or poses cannot be read.
        CannotWrite: The disk is full, or the folder may not be written.
        Cancelled: From `on_progress`; nothing is left.
    """
    with _new_folder(out) as draft:
        rows = source.rows(request.poses, on_progress)
        asked = dict.fromkeys(name for name in request.colour_by if name != CLUSTER)
        for name in asked:
            quantity(name, rows)  # what cannot be coloured by is found before the long part
        on_progress(Progress(stage="lay out poses", done=0, total=1))
        found = lay_out(rows, request.layout)
        on_progress(Progress(stage="lay out poses", done=1, total=1))
        quantities = [quantity(name, found.rows) for name in asked]
        title = f"{len(found.rows)} poses, {'t-SNE' if request.layout.method == 'tsne' else 'PCA'}"
        if CLUSTER in request.colour_by:
            picture = scatter_of_groups(found.position, found.cluster, f"{title}, by cluster")
            _save(draft / "map-cluster.png", picture)
        for of in quantities:
            scale = Scale(title=f"{title}, by {of.name}", unit=of.unit)
            picture = scatter_of_values(found.position, of.values, scale)
            _save(_free_file(draft, f"map-{_file_name(of.name)}"), picture)
        if source.has_pictures:
            _save(draft / "montage.png", _montage(source, found, request, on_progress))
        _write_table(draft / "map.csv", source, found, quantities)
        warnings = (*source.warnings, *found.warnings)
        facts = _facts(found, request, warnings)
        text = json.dumps(facts, allow_nan=False, ensure_ascii=False, indent=1)
        (draft / "map.json").write_text(text, encoding="utf-8")
        files = tuple(sorted(file.name for file in draft.iterdir()))
    return WrittenMap(
        folder=out,
        files=files,
        poses=len(found.rows),
        left_out=found.left_out,
        cluster_sizes=tuple(np.bincount(found.cluster).tolist()),
        warnings=warnings,
    )


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """A draft beside `out` that takes its name at the end, or is gone."""
    if out.exists():
        raise BadPoseMap(f"{out}: exists already. Choose a new folder.")
    draft = out.with_name(f".{out.name}.{uuid.uuid4().hex[:8]}")
    try:
        draft.mkdir(parents=True)
        yield draft
        draft.rename(out)
    except OSError as error:
        raise CannotWrite(out, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _save(file: Path, picture: NDArray[np.uint8]) -> None:
    whole, data = cv2.imencode(".png", picture[..., ::-1])
    assert whole  # PNG holds any picture
    file.write_bytes(data.tobytes())


def _free_file(folder: Path, stem: str) -> Path:
    """A name that is not taken: names of keypoints may differ in signs alone, which file names leave out."""
    file, again = folder / f"{stem}.png", 2
    while file.exists():
        file, again = folder / f"{stem}-{again}.png", again + 1
    return file


def _file_name(text: str) -> str:
    return re.sub(r"[^\w]+", "-", text).strip("-").lower()[:80]


def _montage(
    source: PoseSource, found: PoseMap, request: PoseMapRequest, on_progress: OnProgress
) -> NDArray[np.uint8]:
    """A row of crops for each cluster, bodies turned so that they point to the right."""
    chosen = [found.representatives(n, request.examples) for n in range(found.cluster_count)]
    order = np.unique(np.concatenate(chosen))  # in order of frame, which is quickest to read
    total = len(order)
    cells: dict[int, NDArray[np.uint8]] = {}
    cut = _Cut.of(found)
    frames = [int(frame) for frame in found.rows.frame[order]]
    for row, picture in zip(order.tolist(), source.pictures(frames), strict=True):
        cells[row] = cut.cell(found, picture, row, draw=request.draw_poses)
        on_progress(Progress(stage="cut pictures", done=len(cells), total=total))
    sizes = np.bincount(found.cluster)
    return montage(
        [
            MontageRow(
                title=f"{n + 1}",
                note=f"{sizes[n]} poses",
                colour=animal_colour(n),
                pictures=[cells[row] for row in rows.tolist()],
            )
            for n, rows in enumerate(chosen)
        ]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """From the body frame to a cell of the montage."""

    middle_px: NDArray[np.float64]
    zoom: float

    @classmethod
    def of(cls, found: PoseMap) -> _Cut:
        shape = found.shape_px[np.isfinite(found.shape_px).all(-1)]
        low, high = shape.min(axis=0), shape.max(axis=0)
        side = max(LEAST_SIDE_PX, MARGIN * float((high - low).max()))
        return cls(middle_px=(low + high) / 2, zoom=CELL_PX / side)

    def cell(self, found: PoseMap, picture: NDArray[np.uint8], row: int, *, draw: bool) -> NDArray[np.uint8]:
        """The body of this row, turned and scaled, RGB (CELL_PX, CELL_PX, 3)."""
        angle, centre = float(found.placement.angle[row]), found.placement.centre_px[row]
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.array([[cos, -sin], [sin, cos]])
        half = (CELL_PX - 1) / 2
        # picture = turn @ body + centre, and body = (cell - half) / zoom + middle
        offset = turn @ (self.middle_px - half / self.zoom) + centre
        matrix = np.column_stack([turn / self.zoom, offset])
        cell = np.ascontiguousarray(
            cv2.warpAffine(
                picture,
                matrix,
                (CELL_PX, CELL_PX),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.uint8,
        )
        if draw:
            colour = ANIMAL_COLOURS[int(found.cluster[row]) % len(ANIMAL_COLOURS)]
            pen = PosePen(
                skeleton=found.rows.skeleton,
                individuals=1,
                size=(CELL_PX, CELL_PX),
                look=PoseLook(dot_radius_px=2.5, colours=(colour,)),
            )
            there = np.isfinite(found.rows.points_px[row]).all(-1)
            body = np.where(there[:, None], found.body_px[row], np.nan)
            points = (body - self.middle_px) * self.zoom + half
            pen.draw(cell, Marks.of(points[None], np.ones((1, len(points))), 0.5))
        return cell


def _write_table(file: Path, source: PoseSource, found: PoseMap, quantities: Sequence[Quantity]) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        table = csv.writer(text)
        named = [f"{of.name} [{of.unit}]" for of in quantities]
        table.writerow(["video", "frame", "individual", "x", "y", "cluster", *named])
        for row in range(len(found.rows)):
            video, frame = source.place(int(found.rows.frame[row]))
            who = found.rows.individuals[int(found.rows.individual[row])]
            x, y = found.position[row]
            values = [_cell(float(of.values[row])) for of in quantities]
            table.writerow([video, frame, who, f"{x:.6g}", f"{y:.6g}", int(found.cluster[row]) + 1, *values])


def _cell(value: float) -> str:
    return f"{value:.6g}" if np.isfinite(value) else ""


def _facts(found: PoseMap, request: PoseMapRequest, warnings: Sequence[str]) -> dict[str, Any]:
    import sklearn

    return {
        "format": "sbea-pose-map/1",
        "request": asdict(request),
        "poses": len(found.rows),
        "left_out": found.left_out,
        "cluster_sizes": np.bincount(found.cluster).tolist(),
        "warnings": list(warnings),
        "keypoints": list(found.rows.skeleton.keypoints),
        "mean_shape_px": [[float(v) if np.isfinite(v) else None for v in p] for p in found.shape_px],
        "versions": {"sbea": __version__, "scikit-learn": sklearn.__version__},
    }
