"""Models over HTTP."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Status

from webapp.api.auth import signed_in
from webapp.jobs.schemas import JobOut
from webapp.projects.selectors import project_get
from webapp.training.comparisons import model_comparison
from webapp.training.figure_schemas import ComparisonOut, LearningOut
from webapp.training.learning import project_learning
from webapp.training.schemas import ModelOut, TrainingIn, TrainingOptionsOut, TrainingOut
from webapp.training.selectors import model_get, model_list
from webapp.training.services import pose_model_delete, pose_model_train

router = Router(tags=["models"])


@router.get("/projects/{int:project_id}/models", response=list[ModelOut], operation_id="model_list")
def list_models(request: HttpRequest, project_id: int) -> list[ModelOut]:
    """Models of a project, newest first."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    return [ModelOut.of(model, listed=True) for model in model_list(visible_to=user, project=project)]


@router.get(
    "/projects/{int:project_id}/training-options",
    response=TrainingOptionsOut,
    operation_id="training_options",
)
def get_training_options(request: HttpRequest, project_id: int) -> TrainingOptionsOut:
    """Families of models and what each can stand on, what several networks cost, what suits the project."""
    return TrainingOptionsOut.of(project_get(pk=project_id, visible_to=signed_in(request)))


@router.post("/projects/{int:project_id}/models", response={202: TrainingOut}, operation_id="model_train")
def train_model(request: HttpRequest, project_id: int, data: TrainingIn) -> Status[TrainingOut]:
    """Freeze the labels and train a model on them; 422 with the reason where there are too few."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    model = pose_model_train(project=project, request=data.request(), by=user)
    return Status(202, TrainingOut(model=ModelOut.of(model), job=JobOut.model_validate(model.job)))


@router.get("/models/{int:model_id}", response=ModelOut, operation_id="model_get")
def get_model(request: HttpRequest, model_id: int) -> ModelOut:
    """One model with its card, its error by keypoint and its worst frames."""
    return ModelOut.of(model_get(pk=model_id, visible_to=signed_in(request)))


@router.delete("/models/{int:model_id}", response={204: None}, operation_id="model_delete")
def delete_model(request: HttpRequest, model_id: int) -> Status[None]:
    """Remove a model with its files and the predictions it made."""
    user = signed_in(request)
    pose_model_delete(model=model_get(pk=model_id, visible_to=user), by=user)
    return Status(204, None)


@router.get("/projects/{int:project_id}/learning", response=LearningOut, operation_id="project_learning")
def get_project_learning(request: HttpRequest, project_id: int) -> LearningOut:
    """Held-out error by amount of labels, of the most models that are alike, and what more should bring."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    return LearningOut.made_of(project_learning(project=project, visible_to=user))


@router.get("/models/{int:model_id}/learning", response=LearningOut, operation_id="model_learning")
def get_model_learning(request: HttpRequest, model_id: int) -> LearningOut:
    """The learning curve of the models that were trained and measured as this one."""
    user = signed_in(request)
    model = model_get(pk=model_id, visible_to=user)
    return LearningOut.made_of(project_learning(project=model.project, visible_to=user, like=model))


@router.get("/models/{int:model_id}/comparison", response=ComparisonOut, operation_id="model_compare")
def compare_models(request: HttpRequest, model_id: int, other: int) -> ComparisonOut:
    """Both models on the frames that were held out from both; 422 with the reason where there are none."""
    user = signed_in(request)
    return ComparisonOut.made_of(model_comparison(model_id=model_id, other_id=other, visible_to=user))
