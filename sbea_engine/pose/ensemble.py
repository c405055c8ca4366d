"""Several networks of one family that were trained apart, as one pose model.

A deep ensemble (Lakshminarayanan et al. 2017) that is cross-fitted: members differ by seed and by the blocks
of time that they leave out, so that every label is judged by members that have not seen it. These answers
calibrate the confidence, and tell which labels look wrong (`suspects.py`). A family knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet, Poses, Skeleton
from sbea_engine.errors import BadInput
from sbea_engine.nn.card import BadModel, ModelCard, reason
from sbea_engine.nn.card import number as card_number
from sbea_engine.nn.prefetch import prefetch
from sbea_engine.pose.agreement import AgreementCalibration, answers_logit
from sbea_engine.pose.answers import Answer, SpreadAnswer
from sbea_engine.pose.card import STAGE
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.consensus import consensus
from sbea_engine.pose.crossfit import left_out_rows
from sbea_engine.pose.ensemble_card import ensemble_card
from sbea_engine.pose.ensemble_files import member_folder, read_out_of_fold, write_out_of_fold
from sbea_engine.pose.errors import NotTrained
from sbea_engine.pose.factory import PoseModel, load
from sbea_engine.pose.frames import Image
from sbea_engine.pose.member import fit_member
from sbea_engine.pose.network_estimator import check_data, read_individuals
from sbea_engine.pose.out_of_fold import OutOfFold
from sbea_engine.pose.plan import read_radius
from sbea_engine.pose.predictor import cannot_look_into_boxes
from sbea_engine.pose.warm_start import WarmStart, check_start
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.video.reader import FrameReader

CHUNK_FRAMES = 16
"""Frames that all members answer before the next ones are decoded."""

MOST_SPREAD_WEIGHT = 100.0
"""What is believed of a card."""


class PoseEnsemble:
    """`config.members` pose models of the config's family; satisfies `factory.PoseModel`.

    Learned state: `members_`, `out_of_fold_`, `calibration_`, `skeleton_`, `individuals_`, `card_`.
    """

    tells_individuals_apart = True
    looks_into_boxes = False

    def __init__(self, config: PoseConfig) -> None:
        self.config = config

    def fit(
        self,
        labels: LabelSet,
        *,
        start: WarmStart | None = None,
        checkpoint: Path | None = None,
        on_progress: OnProgress = ignore,
    ) -> Self:
        """Train the members one after another, let each answer what it left out, and calibrate.

        Args:
            checkpoint: Folder to keep members and training state in: members that are there are not trained
                again, and the one that was interrupted goes on.
            on_progress: Told of every iteration of every member as of one training (stage "train").

        Raises:
            TooFewLabels: Too few moments for so many members, or a member has too little to learn from.
            BadCheckpoint: The checkpoint is of another run.
            Cancelled: From `on_progress`; the checkpoint can be resumed.
        """
        check_start(labels, self.config, start)  # refuses any: the config of several members names none
        left_out = left_out_rows(labels, self.config.members)
        members: list[PoseModel] = []
        points = np.full((len(left_out), *labels.points_px.shape), np.nan, np.float32)
        confidence = np.full(points.shape[:-1], np.nan, np.float32)
        for number, rows in enumerate(left_out):
            seen = np.setdiff1d(np.arange(len(labels)), rows)
            member = fit_member(
                labels.select(seen), self.config, number, checkpoint=checkpoint, on_progress=on_progress
            )
            judged = labels.select(rows)
            points[number, rows], confidence[number, rows] = member.predict_sources(judged.frames)
            members.append(member)
        self._take(members, OutOfFold(points_px=points, confidence=confidence))
        self.calibration_, factor = self.out_of_fold_.calibrate(labels, self._radius_px())
        self.card_ = ensemble_card(
            labels, self.config, members, self.out_of_fold_, self.calibration_, shrinkage=factor
        )
        return self

    def unseen_answers(self) -> Answer:
        """What members that had not seen them say of the labels of the training, in the order that `fit` was
        given: points (frame, individual, keypoint, 2) and confidence."""
        agreed = self.out_of_fold_.consensus(self.calibration_.radius_px)
        trust = self.calibration_.apply(answers_logit(self.out_of_fold_.confidence), agreed.spread_px)
        return agreed.points_px.astype(np.float32), np.nan_to_num(trust).astype(np.float32)

    def predict(
        self,
        source: Path | FrameReader,
        frames: Sequence[int] | None = None,
        *,
        on_progress: OnProgress = ignore,
    ) -> Poses:
        """See `PoseEstimator.predict`."""
        self._require_trained()
        found = [
            member.predict(source, frames, on_progress=self._part(number, on_progress))
            for number, member in enumerate(self.members_)
        ]
        points, confidence, _ = self._agree([(poses.points_px, poses.confidence) for poses in found])
        return replace(
            found[0],
            points_px=points,
            confidence=confidence,
            provenance={**found[0].provenance, **self.provenance},
        )

    def predict_sources(self, sources: Sequence[FrameSource], *, on_progress: OnProgress = ignore) -> Answer:
        """See `PoseEstimator.predict_sources`."""
        return self.predict_sources_with_spread(sources, on_progress=on_progress)[:2]

    def predict_sources_with_spread(
        self, sources: Sequence[FrameSource], *, on_progress: OnProgress = ignore
    ) -> SpreadAnswer:
        """As `predict_sources`, and the members' spread, source pixels (frame, individual, keypoint)."""
        self._require_trained()
        return self._agree(
            [
                member.predict_sources(sources, on_progress=self._part(number, on_progress))
                for number, member in enumerate(self.members_)
            ]
        )

    def predict_stream(self, images: Iterator[Image]) -> Generator[Answer]:
        """See `PoseEstimator.predict_stream`."""
        self._require_trained()
        with prefetch(images, CHUNK_FRAMES) as ready:
            while some := list(islice(ready, CHUNK_FRAMES)):
                points, confidence, _ = self._agree([_whole(m, some) for m in self.members_])
                yield points, confidence

    def predict_in_boxes(
        self, images: Iterator[Image], edges_px: Iterator[NDArray[np.float32]]
    ) -> Generator[Answer]:
        """No family whose members answer together looks into boxes: raises `BadBoxes`."""
        raise cannot_look_into_boxes(self.config.family)

    def predict_film(self, images: Iterator[Image]) -> Generator[Answer]:
        """As `predict_stream`: members answer together, frame by frame."""
        return self.predict_stream(images)

    def save(self, folder: Path) -> ModelCard:
        """Write members into subfolders, what they said of unseen labels, then the card; each atomically."""
        self._require_trained()
        folder.mkdir(parents=True, exist_ok=True)
        cards = [m.save(member_folder(folder, number)) for number, m in enumerate(self.members_)]
        checksum = write_out_of_fold(folder, self.out_of_fold_, [card.weights_sha256 for card in cards])
        self.card_ = replace(self.card_, weights_sha256=checksum)
        self.card_.write(folder)
        return self.card_

    @classmethod
    def load(cls, folder: Path, *, threads: int | None = None, device: str = "auto") -> Self:
        """Read what `save` wrote; see `PoseEstimator.load`. A member that is lost or of another ensemble is
        `BadModel`."""
        card = ModelCard.read(folder, stage=STAGE)
        here = PoseConfig(threads=threads, device=device)
        out_of_fold, checksums = read_out_of_fold(folder)
        try:
            self = cls(replace(PoseConfig.from_dict(card.config), threads=here.threads, device=here.device))
            if self.config.members != len(checksums):
                raise ValueError(f"it has {len(checksums)} members, and its config {self.config.members}")
            self.calibration_ = _read_calibration(card)
            skeleton = Skeleton.from_dict(card.stage_facts["skeleton"])
            who = read_individuals(card.stage_facts)
            check_data(card.data)
        except (LookupError, TypeError, ValueError, BadInput) as error:
            raise BadModel(
                f"{folder}: this ensemble cannot be read ({reason(error)}). Copy the whole folder again."
            ) from error
        members = []
        for place, checksum in ((member_folder(folder, n), sha) for n, sha in enumerate(checksums)):
            member = load(place, threads=threads, device=device)
            alike = member.card_.weights_sha256 == checksum and member.config.members == 1
            if not alike or (member.skeleton_, member.individuals_) != (skeleton, who):
                raise BadModel(f"{place}: is no member of the ensemble in {folder}. Copy it all again.")
            members.append(member)
        self._take(members, out_of_fold)
        self.card_ = card
        return self

    def answer_through_onnx(self) -> None:
        """See `NetworkEstimator.answer_through_onnx`; all members do."""
        self._require_trained()
        for member in self.members_:
            member.answer_through_onnx()

    @property
    def provenance(self) -> dict[str, Any]:
        """What identifies the model in its outputs."""
        return {
            "stage": STAGE,
            "family": self.card_.family,
            "members": len(self.members_),
            "weights_sha256": self.card_.weights_sha256,
        }

    def _take(self, members: list[PoseModel], out_of_fold: OutOfFold) -> None:
        self.members_, self.out_of_fold_ = members, out_of_fold
        self.skeleton_, self.individuals_ = members[0].skeleton_, members[0].individuals_

    def _radius_px(self) -> float:
        """Members choose their working scale by their own labels; the ensemble means the middle one."""
        return float(np.median([member.card_.plan["radius_px"] for member in self.members_]))

    def _agree(self, answers: Sequence[Answer]) -> SpreadAnswer:
        points, confidence = (np.stack(part) for part in zip(*answers, strict=True))
        agreed = consensus(points, confidence, self.calibration_.radius_px)
        trust = self.calibration_.apply(answers_logit(confidence), agreed.spread_px)
        return agreed.points_px.astype(np.float32), trust, agreed.spread_px.astype(np.float32)

    def _part(self, number: int, on_progress: OnProgress) -> OnProgress:
        """Progress of one member as part of the whole."""

        def report(progress: Progress) -> None:
            total = progress.total * len(self.members_)
            on_progress(replace(progress, done=number * progress.total + progress.done, total=total))

        return report

    def _require_trained(self) -> None:
        if not hasattr(self, "members_"):
            raise NotTrained("This ensemble has no members yet: call fit, or PoseEnsemble.load.")


def _read_calibration(card: ModelCard) -> AgreementCalibration:
    """Of an ensemble's card; raises KeyError, TypeError or ValueError where it is damaged."""
    facts = card.stage_facts["calibration"]
    if not isinstance(facts, Mapping):
        raise TypeError("a calibration is an object")
    card_number(facts, "spread_weight", 0.0, MOST_SPREAD_WEIGHT)
    if read_radius(facts) != read_radius(card.plan):
        raise ValueError("'radius_px' of calibration and plan differ")
    return AgreementCalibration.from_dict(facts)


def _whole(model: PoseModel, images: list[Image]) -> Answer:
    """The answers to some frames in one piece."""
    points, confidence = zip(*model.predict_stream(iter(images)), strict=True)
    return np.concatenate(points), np.concatenate(confidence)
