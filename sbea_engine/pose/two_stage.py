"""Two stages: where the animal is and which way it points, then its keypoints in a turned crop.

The coarse stage is a network over the whole, reduced frame. Its answers lay the mean of the labelled poses
over the animal (`alignment.py`); the fine stage sees a crop of full detail round it, in which every animal
lies alike, so that few labels teach it what otherwise each direction would have to teach anew. Of a skeleton
with pairs it sees the crop's mirror image as well.

Where both do not agree on the whole, the coarse stage looks at the frame turned and mirrored as well
(`turned_maps.py`), the ways for the body to lie that these maps allow (`hypotheses.py`) are looked at as
closely, and the likeliest by both stages is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor, nn

from sbea_engine.nn.backbone import STRIDE
from sbea_engine.nn.card import number
from sbea_engine.nn.heatmaps import highest_peaks, log_mass_at
from sbea_engine.pose.alignment import Floats, Placement, in_image
from sbea_engine.pose.close_look import CloseLook, Look
from sbea_engine.pose.crops import CropPlan
from sbea_engine.pose.frames import Image
from sbea_engine.pose.hypotheses import apart, plausibility, propose
from sbea_engine.pose.inference import Located, see
from sbea_engine.pose.model import PoseNetwork
from sbea_engine.pose.plan import Size, WorkingPlan, read_radius, to_source, to_working
from sbea_engine.pose.presence import LEAST, log_presence
from sbea_engine.pose.turnabouts import Followed
from sbea_engine.pose.turned_maps import Turns, turned_log_maps

DOUBT = float(np.log(1 / 5))
"""Mean over keypoints of the log of what both stages say; below it other placements are looked at."""

PEAKS = 5
"""Of each coarse map that other placements are made from."""

MOST_PLACEMENTS = 3
"""Other placements of an animal that are looked at closely."""

MOST_REDUCED_PIXELS = 1 << 24
"""Of a frame from which crops are cut; no network sees it whole."""


class TwoStageNetwork(nn.Module):
    """Both networks, so that one file of weights holds them.

    Args:
        coarse: A map for each keypoint of each individual.
        fine: A map for each keypoint: it sees one animal at a time.
    """

    def __init__(self, coarse: PoseNetwork, fine: PoseNetwork) -> None:
        super().__init__()
        self.coarse = coarse
        self.fine = fine
        self.trust_origin = fine.trust_origin
        self.backbone_facts = coarse.backbone_facts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwoStagePlan:
    """Choices that training and prediction share.

    Attributes:
        coarse: Of the whole-frame stage.
        crop: Of the fine stage.
        radius_px: What confidence means, in source pixels: an answer this near is right.
        present_odds: Of the coarse stage of `two_stage`, from which on an animal counts as there; see
            `presence.py`.
    """

    coarse: WorkingPlan
    crop: CropPlan
    radius_px: float
    present_odds: float = 1.0

    @property
    def reduced(self) -> WorkingPlan:
        """How frames are reduced before crops are cut."""
        return WorkingPlan(
            scale=self.crop.scale, crop_px=0, radius_px=self.radius_px, most_pixels=MOST_REDUCED_PIXELS
        )

    @property
    def radius_in_crop_px(self) -> float:
        """`radius_px` in crop pixels."""
        return self.radius_px * self.crop.scale * self.crop.zoom

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "coarse": self.coarse.to_dict(),
            "crop": self.crop.to_dict(),
            "radius_px": self.radius_px,
            "present_odds": self.present_odds,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote; raises `KeyError`, `TypeError` or `ValueError` for anything else."""
        return cls(
            coarse=WorkingPlan.from_dict(data["coarse"]),
            crop=CropPlan.from_dict(data["crop"]),
            radius_px=read_radius(data),
            present_odds=number({"present_odds": 1.0, **data}, "present_odds", LEAST, 1.0),
        )


class TwoSizes(NamedTuple):
    """One frame as both stages want it.

    Attributes:
        working: At the scale of the coarse stage.
        reduced: Of which crops are cut.
        source: Size of the frame itself.
        boxes_px: (individual, 4) edges, source pixels, where somebody says where animals are; see `Boxes`.
    """

    working: Image
    reduced: Image
    source: Size
    boxes_px: NDArray[np.float32] | None = None


class TwoStageLocator:
    """Finds keypoints with both networks.

    Args:
        individuals: How many the coarse network tells apart.
        turns: What the coarse network knows of turned pictures; of mirror images, both.
    """

    def __init__(self, network: TwoStageNetwork, plan: TwoStagePlan, individuals: int, turns: Turns) -> None:
        self._coarse = network.coarse
        self._turns = turns
        keypoints = len(plan.crop.body.shape_px)
        # That of the first individual: the fine stage sees one.
        flip_index = None if turns.flip_index is None else turns.flip_index[:keypoints]
        self._close = CloseLook(network.fine, plan.crop, plan.radius_px, flip_index)
        self._body = plan.crop.body
        self._present_odds = plan.present_odds
        self._individuals = individuals

    def locate(self, frames: Sequence[TwoSizes]) -> Located:
        """Keypoints of frames of one size: (frame, individual * keypoint, 2), source pixels."""
        seen = see(self._coarse, [frame.working for frame in frames])
        source = frames[0].source
        working = Size(*frames[0].working.shape[1::-1])
        reduced = Size(*frames[0].reduced.shape[1::-1])
        animals = (len(frames) * self._individuals, -1)

        def in_reduced(points_px: NDArray[np.float32]) -> Floats:
            return to_working(to_source(points_px, source, working), source, reduced).astype(np.float64)

        first = in_reduced(seen.found.points_px).reshape(*animals, 2)
        trust = expit(seen.found.confidence_logit.astype(np.float64)).reshape(animals)
        images = [frame.reduced for frame in frames for _ in range(self._individuals)]
        look = self._close.look(images, first, trust)
        log_mass = seen.log_mass.astype(np.float64).reshape(animals)
        said = plausibility(self._body, look.placement, first, log_mass) + look.support()
        doubtful = np.flatnonzero(said.mean(-1) < DOUBT)
        if len(doubtful):
            which = np.unique(doubtful // self._individuals)
            working_images = [frames[i].working for i in which]
            logits = seen.logits[which.tolist()]
            maps = turned_log_maps(self._coarse, working_images, self._turns, logits)
            rows = np.searchsorted(which, doubtful // self._individuals) * self._individuals
            rows += doubtful % self._individuals
            mine = maps.reshape(-1, first.shape[1], *maps.shape[-2:])[rows.tolist()]
            at_px = torch.from_numpy(seen.found.points_px.reshape(*animals, 2)[doubtful]).to(mine.device)
            mass = log_mass_at(mine, at_px, STRIDE, valid=seen.valid).cpu().numpy().astype(np.float64)
            placed = Placement(*(part[doubtful] for part in look.placement))
            again = plausibility(self._body, placed, first[doubtful], mass) + look.support()[doubtful]
            peaks = highest_peaks(mine, STRIDE, PEAKS, valid=seen.valid)
            places = in_reduced(peaks.points_px.cpu().numpy())
            self._reconsider(look, again, doubtful, places, peaks.log_mass, images)
        found = to_source(look.points_px.reshape(seen.found.points_px.shape), source, reduced)
        shape = seen.found.confidence_logit.shape
        present = np.repeat(log_presence(trust, self._present_odds), trust.shape[-1]).astype(np.float32)
        sure = look.confidence_logit.reshape(shape)
        return Located(_inside(found, source), sure, present.reshape(shape))

    def follow(self, frame: TwoSizes, points_px: NDArray[np.float32]) -> Followed:
        """The animal near points (keypoint, 2), source pixels, by the fine stage alone."""
        reduced = Size(*frame.reduced.shape[1::-1])
        expected = to_working(points_px[None], frame.source, reduced).astype(np.float64)
        look = self._close.look([frame.reduced], expected, np.ones(expected.shape[:2]))
        found = _inside(to_source(look.points_px[0], frame.source, reduced), frame.source)
        return Followed(found, look.confidence_logit[0], float(look.support().sum()))

    def _reconsider(
        self,
        look: Look,
        said: Floats,
        rows: NDArray[np.intp],
        places: Floats,
        log_mass: Tensor,
        images: Sequence[Image],
    ) -> None:
        """Put into `look` what another placement shows, where both stages together think more of it.

        Where it is the same placement, more or less, a keypoint is changed only if they think more of it too:
        a tail that is bent lies far from where the mean pose wants it.

        Args:
            rows: Poses of `look` to reconsider.
            said: (row, keypoint) what they think of the first look.
            places, log_mass: Peaks of their maps, (row, keypoint, peak[, 2]).
        """
        # What the fine stage says is at most 0: a placement that the coarse one thinks less of cannot win.
        best = said.sum(-1)
        masses = log_mass.cpu().numpy().astype(np.float64)
        which = [
            (n, hypothesis)
            for n, (place, mass) in enumerate(zip(places, masses, strict=True))
            for hypothesis in propose(self._body, place, mass, most=MOST_PLACEMENTS, above=best[n])
        ]
        if not which:
            return
        closer = self._close.look(
            [images[rows[n]] for n, _ in which],
            np.stack([hypothesis.points_px for _, hypothesis in which]),
            np.stack([hypothesis.trust for _, hypothesis in which]),
        )
        value = np.stack([hypothesis.said for _, hypothesis in which]) + closer.support()
        winners: dict[int, int] = {}
        for i, (n, _) in enumerate(which):
            if value[i].sum() > best[n]:
                best[n] = value[i].sum()
                winners[n] = i
        first, others = (in_image(one.placement, self._body.shape_px) for one in (look, closer))
        for n, i in winners.items():
            row = rows[n]
            elsewhere = apart(self._body, first[row], others[i])
            change = np.flatnonzero(elsewhere | (value[i] > said[n]))
            look.points_px[row, change] = closer.points_px[i, change]
            look.confidence_logit[row, change] = closer.confidence_logit[i, change]


def _inside(points_px: NDArray[np.float32], source: Size) -> NDArray[np.float32]:
    """A crop may reach beyond the picture."""
    limit = np.array(source, dtype=np.float32) - np.float32(0.5)
    return np.clip(points_px, np.float32(-0.5), limit)
