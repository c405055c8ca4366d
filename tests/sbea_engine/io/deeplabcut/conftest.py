"""A small DeepLabCut project, written by hand so that readers are not tested against our own writers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

CONFIG: dict[str, Any] = {
    "Task": "mice",
    "scorer": "Ann",
    "date": "Oct30",
    "multianimalproject": None,
    "video_sets": {"C:\\Users\\ann\\videos\\arena.mp4": {"crop": "0, 64, 0, 48"}, "UPDATED BY DEMO CODE": {}},
    "bodyparts": ["snout", "leftear", "rightear"],
    "skeleton": [["snout", "leftear"]],
}


@dataclass
class ProjectOnDisk:
    """Files of one project with one video; each part can be rewritten before it is read."""

    folder: Path
    images: tuple[str, ...] = ("img0003.png", "img0010.png", "img0200.png")
    header: list[list[str]] = field(
        default_factory=lambda: [
            ["scorer", *["Ann"] * 6],
            ["bodyparts", "snout", "snout", "leftear", "leftear", "rightear", "rightear"],
            ["coords", *["x", "y"] * 3],
        ]
    )
    rows: list[list[str]] = field(
        default_factory=lambda: [
            ["labeled-data/arena/img0003.png", "1.5", "2.25", "3", "4", "", ""],
            ["labeled-data/arena/img0010.png", "11.5", "12.25", "13", "14", "15", "16"],
            ["labeled-data/arena/img0200.png", "", "", "21", "22", "", ""],
        ]
    )

    @property
    def place(self) -> Path:
        return self.folder / "labeled-data" / "arena"

    @property
    def csv(self) -> Path:
        return self.place / "CollectedData_Ann.csv"

    @property
    def h5(self) -> Path:
        return self.place / "CollectedData_Ann.h5"

    def write_config(self, **changes: Any) -> None:
        document = {k: v for k, v in (CONFIG | changes).items() if v is not ...}
        (self.folder / "config.yaml").write_text(yaml.safe_dump(document, sort_keys=False))

    def write_csv(self) -> None:
        self.csv.write_text("".join(",".join(line) + "\r\n" for line in [*self.header, *self.rows]))

    def write_h5(self, values: Any = None, **options: Any) -> None:
        """By pandas, which is what DeepLabCut uses."""
        cells = [[float(c) if c else np.nan for c in row[1:]] for row in self.rows]
        frame = pd.DataFrame(
            cells if values is None else values,
            index=[row[0] for row in self.rows],
            columns=pd.MultiIndex.from_arrays(
                [level[1:] for level in self.header], names=[level[0] for level in self.header]
            ),
        )
        frame.to_hdf(self.h5, key="df_with_missing", mode="w", **options)

    def write(self) -> None:
        self.place.mkdir(parents=True)
        (self.folder / "videos").mkdir()
        for name in self.images:
            Image.new("RGB", (64, 48), (40, 80, 120)).save(self.place / name)
        self.write_config()
        self.write_csv()


@pytest.fixture
def project(tmp_path: Path) -> ProjectOnDisk:
    made = ProjectOnDisk(tmp_path / "mice-Ann-2018-10-30")
    made.write()
    return made


@pytest.fixture
def make_project() -> type[ProjectOnDisk]:
    """For a test that makes several projects."""
    return ProjectOnDisk
