"""How many labels a way of choosing frames saves: a scripted annotator labels what each method asks for.

    python benchmarks/choosing_frames.py --out RESULTS.json --openfield ../shared/data/openfield
                    --rendered FOLDER [--seeds 1 2 3 4 5] [--methods random uniform kmeans uncertain combined]
                    [--sizes 5 10 20 40] [--until 20] [--preset fast] [--iterations 200] [--report]

Every seed starts from the same few labels, evenly spread with a phase of its own; a method then asks for the
next frames of the pool, the annotator reveals their labels, and the network is trained from scratch. Measured
is the error on frames that are not in the pool. All methods of a seed share start, pool, test frames and the
seed of training.

openfield: the 116 labelled frames of DeepLabCut's project; a block of a fifth is the test, block (seed modulo
5), the rest the pool. Its labels say nothing of neighbouring frames that nobody labelled.
rendered: one recording a seed, of the recipe `solo` at 6 frames a second, 400 frames with their truth: the
first 300 are the pool, every other of the last 80 the test. Rendered into FOLDER when first needed.

Each finished cell (data set, seed, method, number of labels) goes into RESULTS.json at once: a run that was
stopped goes on there. --until ends all methods but random at that number of labels; methods that ask no model
are trained at the sizes of --measure only. --report only prints the tables. Seeds from 900 on are for
development and are not reported.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from sbea_engine.data import LabelSet, Poses
from sbea_engine.pipelines.gather_evidence import look_at
from sbea_engine.pipelines.pose import load_labels
from sbea_engine.pose.choosing import CRITERIA, Evidence, Labelled, choose
from sbea_engine.pose.choosing.choose import BLIND
from sbea_engine.pose.choosing.combine import combine
from sbea_engine.pose.choosing.shape import body_length
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import PoseModel, create
from sbea_engine.pose.metrics import evaluate
from sbea_engine.pose.splits import split_holdout
from sbea_engine.synth import load_recipe, render_recording

PROJECT = "openfield-Pranav-2018-10-30"
BLOCKS = 5
FRAMES, POOL, TEST = 400, 300, range(320, 400, 2)
FIGURES = ("mean_px", "median_px", "pck5", "pck10")
START = "start"


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """What one seed of one data set gives the annotator."""

    name: str
    seed: int
    pool: LabelSet
    test: LabelSet

    def start(self, count: int) -> list[int]:
        """Rows of the pool that are labelled at first: evenly spread, with a phase that the seed draws."""
        phase = np.random.default_rng(self.seed).uniform()
        return [int((k + phase) * len(self.pool) / count) for k in range(count)]


def openfield(folder: Path, seed: int) -> Task:
    labels = load_labels(folder / PROJECT)
    block = seed % BLOCKS
    split = split_holdout(labels, f"block:{block / BLOCKS:.6f}-{(block + 1) / BLOCKS:.6f}")
    return Task(name="openfield", seed=seed, pool=labels.select(split.train), test=labels.select(split.test))


def rendered(folder: Path, seed: int) -> Task:
    place = folder / f"solo{seed}"
    if not (place / "labels.json").is_file():
        recipe = load_recipe("solo").model_copy(update={"fps": 6.0})
        render_recording(recipe, cameras=1, frames=FRAMES, seed=seed, labels=FRAMES, out=place)
    labels = load_labels(place)
    return Task(
        name="rendered",
        seed=seed,
        pool=labels.select(range(POOL)),
        test=labels.select(TEST),
    )


class Results:
    """The file of finished cells; written whole after each."""

    def __init__(self, file: Path, settings: dict[str, Any]) -> None:
        self.file = file
        self.cells: dict[str, dict[str, Any]] = {}
        if file.exists():
            document = json.loads(file.read_text(encoding="utf-8"))
            if settings and document["settings"] != settings:
                raise SystemExit(
                    f"{file}: holds cells of other settings ({document['settings']}). Name another file."
                )
            settings, self.cells = document["settings"], document["cells"]
        self.settings = settings

    def save(self) -> None:
        temporary = self.file.with_suffix(".tmp")
        document = {"settings": self.settings, "cells": self.cells}
        temporary.write_text(json.dumps(document, indent=1), encoding="utf-8")
        os.replace(temporary, self.file)  # noqa: PTH105

    def cell(self, task: Task, method: str, size: int) -> dict[str, Any]:
        return self.cells.setdefault(f"{task.name}/{task.seed}/{method}/{size}", {})


class Annotator:
    """Labels what a method asks for and trains again, for one seed of one data set."""

    def __init__(self, task: Task, config: PoseConfig, committee: int, results: Results) -> None:
        self.task, self.config, self.committee, self.results = task, config, committee, results
        self._order = np.argsort([frame.index for frame in task.pool.frames])
        self._trained: dict[tuple[int, ...], list[PoseModel]] = {}
        self._seen: dict[tuple[int, ...], Evidence] = {}

    def run(self, method: str, sizes: Sequence[int], measured: Sequence[int]) -> None:
        """Label and measure step by step; methods that ask no model train only where it is measured."""
        rows = self.task.start(sizes[0])
        first = self.results.cell(self.task, START, sizes[0])
        self._measure(first, rows)
        if "criteria" not in first:
            first["criteria"] = self._criteria(rows)
            self.results.save()
        for before, size in pairwise(sizes):
            cell = self.results.cell(self.task, method, size)
            if "rows" not in cell:
                cell["rows"] = rows + self._ask(method, rows, size - before)
                self.results.save()
            rows = cell["rows"]
            if method not in BLIND or size in measured:
                self._measure(cell, rows)

    def _measure(self, cell: dict[str, Any], rows: list[int]) -> None:
        if "mean_px" in cell:
            return
        began = time.process_time()
        points, _ = self._models(rows, 1)[0].predict_sources(self.task.test.frames)
        found = evaluate(self.task.test, points)
        cell |= {"rows": rows, **{name: found[name] for name in FIGURES}}
        cell["cpu_s"] = round(time.process_time() - began, 1)
        self.results.save()
        print(self.task.name, self.task.seed, len(rows), {k: round(cell[k], 2) for k in FIGURES}, flush=True)

    def _models(self, rows: list[int], count: int) -> list[PoseModel]:
        """Models trained on these rows, each with a seed of its own; those of the start and the last stay."""
        key = tuple(rows)
        self._forget(self._trained, key)
        models = self._trained.setdefault(key, [])
        while len(models) < count:
            seed = self.task.seed + 1000 * len(models)
            config = PoseConfig.from_dict({**self.config.to_dict(), "seed": seed})
            models.append(create(config).fit(self.task.pool.select(rows)))
        return models

    def _forget(self, kept: dict[tuple[int, ...], Any], key: tuple[int, ...]) -> None:
        first = min(map(len, kept), default=0)
        for other in [k for k in kept if k != key and len(k) != first]:
            del kept[other]

    def _ask(self, method: str, rows: list[int], count: int) -> list[int]:
        """Rows that a method wants labelled."""
        seen = self._look(rows, [] if method in BLIND else self._models(rows, self.committee))
        found = choose([seen], count, method=method, seed=1000 * self.task.seed + len(rows))
        if len(found) < count:
            raise SystemExit(f"{method} found {len(found)} of {count} frames.")
        return [int(self._order[one.row]) for one in found]

    def _look(self, rows: list[int], models: Sequence[PoseModel]) -> Evidence:
        """What a method sees: predictions and pictures of the pool, and the labels that are known."""
        key = tuple(rows)
        if models and key in self._seen:
            return self._seen[key]
        pool, known = self.task.pool, self.task.pool.select(rows)
        nowhere = np.full_like(pool.points_px, np.nan), np.zeros(pool.visibility.shape, np.float32)
        answers = [model.predict_sources(pool.frames) for model in models] or [nowhere]
        poses = [self._poses(points[self._order], sure[self._order]) for points, sure in answers]
        body = body_length(Labelled(points_px=known.points_px).poses_px)
        frames = [pool.frames[i] for i in self._order]
        pictures, appearance = look_at(frames, poses[0].points_px, body, pool.skeleton)
        looks = look_at(known.frames, known.points_px, body, pool.skeleton)[1]
        evidence = Evidence(
            video=frames[0].video,
            poses=poses[0],
            others=tuple(poses[1:]),
            rows=np.arange(len(pool)),
            labelled=Labelled(points_px=known.points_px, appearance=looks),
            labelled_frames=np.array(sorted(f.index for f in known.frames)),
            pictures=pictures,
            appearance=appearance,
        )
        if models:
            self._forget(self._seen, key)
            self._seen[key] = evidence
        return evidence

    def _criteria(self, rows: list[int]) -> dict[str, float]:
        """Rank correlation of each criterion, and of all combined, with the true error of pool frames."""
        seen = self._look(rows, self._models(rows, self.committee))
        free = np.setdiff1d(np.arange(len(self._order)), np.flatnonzero(np.isin(self._order, rows)))
        apart = np.linalg.norm(seen.points_px - self.task.pool.points_px[self._order], axis=-1)
        error = np.nanmean(apart.reshape(len(apart), -1), axis=1)[free]
        scores = {name: criterion.score(seen).score for name, criterion in CRITERIA.items()}
        weights = {name: criterion.weight for name, criterion in CRITERIA.items()}
        scores["combined"] = combine(scores, weights)
        return {
            name: float(spearmanr(score[free], error, nan_policy="omit").statistic)
            for name, score in scores.items()
            if np.isfinite(score[free]).sum() > 2 and np.nanstd(score[free]) > 0
        }

    def _poses(self, points_px: Any, confidence: Any) -> Poses:
        pool = self.task.pool
        return Poses(
            skeleton=pool.skeleton,
            individuals=pool.individuals,
            frames=np.array(sorted(f.index for f in pool.frames), dtype=np.int64),
            points_px=points_px,
            confidence=confidence,
        )


def tables(results: Results) -> str:
    """Error by method and number of labels, mean over the seeds that have all of a row's figures."""
    lines = []
    rows: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    for key, cell in results.cells.items():
        name, seed, method, labels = key.split("/")
        if "mean_px" in cell and int(seed) < 900:
            rows.setdefault((name, method, int(labels)), []).append(cell)
    for name in sorted({key[0] for key in rows}):
        goal = {
            figure: np.mean([c[figure] for c in rows[name, "random", 40]])
            for figure in ("mean_px", "median_px")
            if (name, "random", 40) in rows
        }
        lines += [
            "",
            f"{name}: mean px / median px over held-out points, mean of seeds (number of seeds)",
            "",
            "| method | labels | mean px | median px | within 5 px | seeds | as good as random at 40 |",
            "|---|---|---|---|---|---|---|",
        ]
        for (_, method, size), cells in sorted(item for item in rows.items() if item[0][0] == name):
            means = {figure: float(np.mean([c[figure] for c in cells])) for figure in FIGURES}
            good = ", ".join(f.removesuffix("_px") for f, bound in goal.items() if means[f] <= bound)
            lines.append(
                f"| {method} | {size} | {means['mean_px']:.2f} | {means['median_px']:.2f} | "
                f"{100 * means['pck5']:.1f} % | {len(cells)} | {good or 'no'} |"
            )
        lines += ["", f"{name}: rank correlation with the true error of pool frames, at the start", ""]
        told = [cell["criteria"] for cell in rows[name, START, min(k[2] for k in rows if k[1] == START)]]
        for criterion in sorted({c for each in told for c in each}):
            known = [each[criterion] for each in told if criterion in each]
            lines.append(f"- {criterion}: {np.mean(known):.2f} (of {len(known)} seeds)")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--openfield", type=Path)
    parser.add_argument("--rendered", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument(
        "--methods", nargs="+", default=["random", "combined", "kmeans", "uncertain", "uniform"]
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[5, 10, 20, 40])
    parser.add_argument("--measure", type=int, nargs="+", default=[10, 20, 40])
    parser.add_argument("--until", type=int, help="Largest size of all methods but random.")
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--family", default="pose_machine")
    parser.add_argument("--iterations", type=int, default=200)
    parser.add_argument("--committee", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--report", action="store_true")
    chosen = parser.parse_args()
    names = ("preset", "family", "iterations", "committee")
    results = Results(chosen.out, {} if chosen.report else {n: getattr(chosen, n) for n in names})
    if not chosen.report:
        settings = {n: getattr(chosen, n) for n in ("preset", "family", "iterations", "threads")}
        config = PoseConfig.from_dict(settings)
        for seed in chosen.seeds:
            places = ((openfield, chosen.openfield), (rendered, chosen.rendered))
            for task in [make(place, seed) for make, place in places if place is not None]:
                annotator = Annotator(task, config, chosen.committee, results)
                for method in chosen.methods:
                    bound = chosen.until if chosen.until and method != "random" else max(chosen.sizes)
                    annotator.run(method, [size for size in chosen.sizes if size <= bound], chosen.measure)
    print(tables(results))


if __name__ == "__main__":
    main()
