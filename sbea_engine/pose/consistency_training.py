"""Training on labelled views and, beside them, on clips of unlabelled video."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sbea_engine.data import LabelSet
from sbea_engine.nn.runtime import autocast
from sbea_engine.pose.config import BadPoseConfig, PoseConfig
from sbea_engine.pose.consistency import LEAST_MASS, pose_excess_px, temporal_excess_px, views_excess_px
from sbea_engine.pose.consistency_config import CLIP_FRAMES, ConsistencyConfig
from sbea_engine.pose.errors import TooFewLabels
from sbea_engine.pose.inference import as_batch
from sbea_engine.pose.losses import PoseBatch
from sbea_engine.pose.model import PoseNetwork, cells_of
from sbea_engine.pose.plan import Size, WorkingPlan, median_extent
from sbea_engine.pose.subspace import Subspace, fit_pose_space, fit_view_space
from sbea_engine.pose.unlabelled_clips import Clip, read_clips
from sbea_engine.progress import OnProgress, ignore
from sbea_engine.video.container import check_file, is_folder
from sbea_engine.video.fingerprint import fingerprint

RAMP_STEPS, RAMP_SHARE = 100, 0.4
"""Weights rise from 0 over so many steps, or over this share of them where that is less: before a network
knows its labels its positions say nothing."""

LEAST_TURN_DEG = 90.0
"""Views that are turned by as much in training are of animals that may point anywhere."""

Scalars = dict[str, Tensor]


class MixedBatch(NamedTuple):
    """Labelled views, and clips of one time: one, or one of each view.

    Attributes:
        share: Of the weights of the terms, 0..1.
    """

    labelled: PoseBatch
    clips: tuple[Clip, ...]
    share: float


class Consistency:
    """Terms on unlabelled video: their clips, what they know of the labels, and the loss.

    Args:
        labels: Only frames to train on.
        sizes: Of all labelled frames, source pixels.

    Attributes:
        clips: One entry a time: one clip, or one of each view.

    Raises:
        BadVideo, BadInput: See `read_clips`.
        TooFewLabels, BadPoseConfig: The labels do not suit a term; see `fit_pose_space`, `fit_view_space`.
    """

    def __init__(
        self,
        labels: LabelSet,
        config: PoseConfig,
        plan: WorkingPlan,
        sizes: list[Size],
        *,
        on_progress: OnProgress = ignore,
    ) -> None:
        assert config.consistency is not None
        self._settings, self._videos = config.consistency, contents(config.consistency)
        self._shape = (len(labels.individuals), len(labels.skeleton))
        self._extent_px = median_extent(labels)
        if self._extent_px <= 0:
            raise TooFewLabels(
                "No training frame has two keypoints of one animal: terms on unlabelled video are in lengths "
                "of the body. Label more keypoints, or leave the terms out."
            )
        turned = config.rotation_deg >= LEAST_TURN_DEG
        self._pose = _pose_space(labels, turned=turned) if self._settings.pose > 0 else None
        self._views = _view_space(labels, self._settings) if self._settings.views > 0 else None
        self.clips = read_clips(
            self._settings, sizes, plan, config.colour, seed=config.seed, on_progress=on_progress
        )

    @property
    def facts(self) -> dict[str, Any]:
        """For the model card."""
        clips = [clip for entry in self.clips for clip in entry]
        frames = {(c.video, c.start + i) for c in clips for i in range(CLIP_FRAMES)}
        facts: dict[str, Any] = {
            "terms": self._settings.terms,
            "unlabelled_frames": len(frames),
            "clips": len(clips),
            "clip_frames": CLIP_FRAMES,
            "videos": self._videos,
            "body_length_px": round(self._extent_px, 2),
        }
        for name, space in (("pose", self._pose), ("views", self._views)):
            if space is not None:
                facts[f"{name}_components"] = len(space.components)
                facts[f"{name}_tolerance_px"] = [round(v, 2) for v in space.tolerance_px.tolist()]
        return facts

    def beside(
        self,
        batch: Callable[[int], PoseBatch],
        loss: Callable[[nn.Module, PoseBatch], tuple[Tensor, Scalars]],
        *,
        steps: int,
        seed: int,
        refit: bool,
    ) -> tuple[Callable[[int], MixedBatch], Callable[[nn.Module, MixedBatch], tuple[Tensor, Scalars]]]:
        """Batches and loss of a training with these terms beside those of the labels.

        Args:
            steps: Of the training as planned.
            seed: Of the order of the clips.
            refit: The network has been trained with the terms: their weights are whole from the start.
        """
        ramp = 0.0 if refit else min(RAMP_STEPS, RAMP_SHARE * steps)

        def mixed(number: int) -> MixedBatch:
            share = 1.0 if number >= ramp else number / ramp
            return MixedBatch(batch(number), self.clips_of(number, seed), share)

        def both(model: nn.Module, both_batch: MixedBatch) -> tuple[Tensor, Scalars]:
            total, parts = loss(model, both_batch.labelled)
            terms = self.terms(cast(PoseNetwork, model), both_batch.clips)
            added = sum(self._settings.terms[name] * value for name, value in terms.items())
            told = {f"{name}_term": value.detach() for name, value in terms.items()}
            return total + both_batch.share * added, parts | told

        return mixed, both

    def terms(self, model: PoseNetwork, clips: tuple[Clip, ...]) -> Scalars:
        """Each term that is on, body lengths, before it is weighed.

        The network answers as it will when it is used: its batch normalisation neither sees the mixture of
        the clip nor learns from it.
        """
        model.eval()
        answers = [self.answer(model, clip) for clip in clips]
        model.train()
        points, sure = (torch.stack(part) for part in zip(*answers, strict=True))
        with autocast(points.device, "fp32"):  # pixels of a large picture are too many for bf16
            return {k: v / self._extent_px for k, v in self._terms_px(points, sure).items()}

    def _terms_px(self, points: Tensor, sure: Tensor) -> Scalars:
        """Of (view, frame, individual, keypoint[, 2])."""
        reach, found = self._settings.reach * self._extent_px, {}
        if self._settings.temporal > 0:
            moves = [temporal_excess_px(p, s, reach) for p, s in zip(points, sure, strict=True)]
            found["temporal"] = torch.stack(moves).mean()
        if self._pose is not None:
            found["pose"] = pose_excess_px(points, sure, self._pose)
        if self._views is not None:
            found["views"] = views_excess_px(points, sure, self._views)
        return found

    def clips_of(self, number: int, seed: int) -> tuple[Clip, ...]:
        """The clips of a step: each once before any is used again."""
        epoch, place = divmod(number, len(self.clips))
        order = np.random.default_rng((seed, 5, epoch)).permutation(len(self.clips))
        return self.clips[int(order[place])]

    def answer(self, model: PoseNetwork, clip: Clip) -> tuple[Tensor, Tensor]:
        """Positions (frame, individual, keypoint, 2) in source pixels, with gradient, and which are sure."""
        height, width = clip.images[0].shape[:2]
        device = next(model.parameters()).device
        out = model(as_batch(clip.images, model.multiple).to(device), valid=(height, width))
        points = model.expected(out.logits, cells_of((height, width), model.stride))
        factor = points.new_tensor([clip.source.width / width, clip.source.height / height])
        source = (points + 0.5) * factor - 0.5  # as `plan.to_source`
        sure = out.decoded.log_mass > math.log(LEAST_MASS)
        return source.view(-1, *self._shape, 2), sure.view(-1, *self._shape)


def contents(settings: ConsistencyConfig) -> list[dict[str, str]]:
    """Names of the unlabelled videos, and what tells others of the same name apart; raises `BadVideo` where
    one is not there."""
    for video in settings.videos:
        if not is_folder(Path(video)):
            check_file(Path(video))
    return [{"name": Path(video).name, "fingerprint": fingerprint(Path(video))} for video in settings.videos]


def _pose_space(labels: LabelSet, *, turned: bool) -> Subspace:
    return fit_pose_space(
        labels.points_px.reshape(-1, len(labels.skeleton), 2).astype(np.float64), turned=turned
    )


def _view_space(labels: LabelSet, settings: ConsistencyConfig) -> Subspace:
    """Of labels whose videos are called as the unlabelled ones."""
    names = [Path(video).stem for video in settings.videos]
    known = sorted({frame.video for frame in labels.frames})
    unknown = [name for name in names if name not in known]
    if unknown or len(set(names)) < len(names):
        raise BadPoseConfig(
            f"The term views needs unlabelled videos that are called as the labelled ones: "
            f"{', '.join(known)}; got {', '.join(names)}. Rename them, or leave the term out."
        )
    moments: dict[tuple[str, int], NDArray[np.float64]] = {}
    for row, frame in enumerate(labels.frames):
        if frame.recording is None or frame.video not in names:
            continue
        empty = np.full((len(names), *labels.points_px.shape[1:]), np.nan)
        moments.setdefault(frame.moment, empty)[names.index(frame.video)] = labels.points_px[row]
    points = [places.reshape(len(names), -1, 2).swapaxes(0, 1) for places in moments.values()]
    return fit_view_space(np.stack(points) if points else np.zeros((0, 0, len(names), 2)))
