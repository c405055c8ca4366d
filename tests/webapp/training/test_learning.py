"""Which models make a learning curve, and what the API says where they are too few."""

from __future__ import annotations

from typing import Any

import pytest

from tests.webapp.factories import client_of, make_project, owner_of
from tests.webapp.training.factories import trained_model
from webapp.projects.models import Project
from webapp.training.models import PoseModel

pytestmark = pytest.mark.django_db

AMOUNTS = (20, 40, 80, 160)


def read(project: Project, model: PoseModel | None = None) -> dict[str, Any]:
    where = f"projects/{project.pk}" if model is None else f"models/{model.pk}"
    answer = client_of(owner_of(project)).get(f"/api/v1/{where}/learning")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def falling(project: Project, **fields: Any) -> list[PoseModel]:
    return [trained_model(project, labels=n, error_px=1 + 40 / n, **fields) for n in AMOUNTS]


class TestForecast:
    def test_foretells_what_more_labels_bring(self) -> None:
        project = make_project()
        models = falling(project)
        found = read(project)
        assert [m["model_id"] for m in found["models"]] == [m.pk for m in models]
        assert [m["labels"] for m in found["models"]] == list(AMOUNTS)
        assert [a["more"] for a in found["ahead"]] == [20, 50]
        assert found["ahead"][0]["forecast"]["labels"] == 180
        errors = [found["now"], *(a["forecast"] for a in found["ahead"])]
        assert errors[0]["error_px"] > errors[1]["error_px"] > errors[2]["error_px"]
        for forecast in errors:
            assert forecast["low_px"] < 1 + 40 / forecast["labels"] < forecast["high_px"]
        assert (found["line"][0]["labels"], found["line"][-1]["labels"]) == pytest.approx((20, 320))
        assert set(found["fit"]) == {"a_px", "b_px", "c", "noise"}
        assert found["reason"] == ""

    def test_nothing_is_foretold_beyond_twice_the_labels(self) -> None:
        project = make_project()
        for n in (8, 12, 16, 24):
            trained_model(project, labels=n, error_px=20 / n)
        assert [a["more"] for a in read(project)["ahead"]] == [20]


class TestTooFew:
    def test_says_what_is_lacking(self) -> None:
        project = make_project()
        trained_model(project)
        found = read(project)
        assert (found["fit"], found["line"], found["now"], found["ahead"]) == (None, [], None, [])
        assert "4 models with 3 different amounts" in found["reason"]
        assert len(found["models"]) == 1

    def test_no_model_at_all(self) -> None:
        found = read(make_project())
        assert (found["models"], found["fit"]) == ([], None)
        assert found["reason"]


class TestChoice:
    def test_only_models_that_are_alike_make_one_curve(self) -> None:
        project = make_project()
        falling(project)
        other = trained_model(project, preset="default", error_px=1.0)
        trained_model(project, holdout="videos:a", error_px=1.0)
        found = read(project)
        assert (found["preset"], found["holdout"], len(found["models"])) == ("fast", "last:0.2", 4)
        assert found["left_out"] == 2
        of_other = read(project, other)
        assert [m["model_id"] for m in of_other["models"]] == [other.pk]
        assert (of_other["preset"], of_other["left_out"]) == ("default", 5)

    def test_models_without_a_held_out_error_do_not_count(self) -> None:
        project = make_project()
        trained_model(project, error_px=None)
        trained_model(project, state=PoseModel.State.FAILED)
        trained_model(project, metrics={"test": {"n": 0, "mean_px": None}})
        found = read(project)
        assert (found["models"], found["left_out"]) == ([], 0)

    def test_another_project_does_not_mix_in(self) -> None:
        project = make_project()
        falling(project)
        falling(make_project(owner_of(project), name="Another"))
        assert len(read(project)["models"]) == 4
