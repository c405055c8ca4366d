"""Two models of a project on the frames that were held out from both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webapp.accounts.models import User
from webapp.api.errors import Invalid
from webapp.recordings import storage
from webapp.training.errors import ModelNotReady
from webapp.training.models import PoseModel
from webapp.training.selectors import model_get, video_ids_by_name

if TYPE_CHECKING:
    from sbea_engine.pose.comparison import Comparison
    from sbea_engine.pose.heldout import HeldOut


class NothingHeldOut(Invalid):
    """The model has no answers on held-out frames that could be compared."""

    code = "nothing_held_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelComparison:
    """The older model first; both measured against the labels that the newer one was trained beside.

    Attributes:
        first_answers, second_answers: What each said, for pictures.
        video_ids: Of the project, by the name that label sets use.
    """

    first: PoseModel
    second: PoseModel
    figures: Comparison
    first_answers: HeldOut
    second_answers: HeldOut
    video_ids: dict[str, int]


def model_comparison(*, model_id: int, other_id: int, visible_to: User) -> ModelComparison:
    """Compare two models of one project, in whichever order they are named.

    Raises:
        NotFound: One of them is not there, or not the user's to see.
        Invalid: They are the same, or of two projects.
        ModelNotReady: One is not trained.
        NothingHeldOut: One was trained without a holdout, or before its answers were kept.
        NotComparable: They share no held-out frame, or are of other keypoints.
        BadHeldOut: The file of one is damaged.
    """
    from sbea_engine.pose.comparison import compare

    models = [model_get(pk=pk, visible_to=visible_to) for pk in (model_id, other_id)]
    if models[0].pk == models[1].pk:
        raise Invalid("Choose two different models: one cannot be compared with itself.")
    if models[0].project_id != models[1].project_id:
        raise Invalid("Both models must be of the same project: their held-out frames are.")
    first, second = sorted(models, key=lambda model: (model.created_at, model.pk))
    answers = [held_out_answers(model) for model in (first, second)]
    return ModelComparison(
        first=first,
        second=second,
        figures=compare(*answers),
        first_answers=answers[0],
        second_answers=answers[1],
        video_ids=video_ids_by_name(project=first.project),
    )


def held_out_answers(model: PoseModel) -> HeldOut:
    """What a trained model said on its held-out frames; errors as `model_comparison`."""
    from sbea_engine.pose.heldout import HELD_OUT_FILE, HeldOut

    if model.state != PoseModel.State.READY:
        raise ModelNotReady(f"{model.name} is not trained. Wait until it is, or choose another model.")
    if not model.metrics.get("test"):
        raise NothingHeldOut(
            f"{model.name} was trained with every label, so nothing is left to compare on. "
            f"Train with a holdout."
        )
    file = storage.stored_path(model.folder) / HELD_OUT_FILE
    if not file.exists():
        raise NothingHeldOut(
            f"{model.name} was trained before answers on held-out frames were kept. Train it again to "
            f"compare it."
        )
    return HeldOut.load(file)
