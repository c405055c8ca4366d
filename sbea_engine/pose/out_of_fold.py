"""What members of an ensemble say of labelled frames that they were not trained with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet, Visibility
from sbea_engine.pose.agreement import (
    AgreementCalibration,
    answers_logit,
    calibrate_agreement,
    shrinkage,
)
from sbea_engine.pose.consensus import Consensus, consensus


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OutOfFold:
    """Answers of members to the labels that they left out.

    Attributes:
        points_px: float32 (member, frame, individual, keypoint, 2); NaN where the member saw the label.
        confidence: float32 (member, frame, individual, keypoint), the members' own; NaN likewise.
    """

    points_px: NDArray[np.float32]
    confidence: NDArray[np.float32]

    @property
    def members(self) -> int:
        """How many there are."""
        return len(self.points_px)

    def consensus(self, radius_px: float) -> Consensus:
        """What those who had not seen a label agree on."""
        return consensus(self.points_px, np.nan_to_num(self.confidence), radius_px)

    def calibrate(self, truth: LabelSet, radius_px: float) -> tuple[AgreementCalibration, float]:
        """Fit the ensemble's confidence to how often answers to unseen labels were right.

        Fewer members answer here than do in use, so distances are shortened by `shrinkage` before they are
        compared with the radius. Absent keypoints have no right answer; unlabelled ones do not count.

        Returns:
            The calibration, and the factor.
        """
        agreed = self.consensus(radius_px)
        known = (truth.visibility != Visibility.UNLABELLED) & (agreed.answers > 0)
        factor = self._shrinkage(truth, agreed, known)
        distance = np.linalg.norm(agreed.points_px - truth.points_px, axis=-1)
        right = distance * factor <= radius_px  # False where there is no position
        logit = answers_logit(self.confidence)
        return calibrate_agreement(logit[known], agreed.spread_px[known], right[known], radius_px), factor

    def _shrinkage(self, truth: LabelSet, agreed: Consensus, known: NDArray[np.bool_]) -> float:
        if not known.any():
            return 1.0
        return shrinkage(
            self.points_px[:, known],
            truth.points_px[known],
            agreed.points_px[known],
            answers=int(np.median(agreed.answers[known])),
            members=self.members,
        )
