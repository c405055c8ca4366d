"""The Celery app of the workers: `celery -A workers.app worker -Q io,cpu,gpu`."""

from __future__ import annotations

import logging
from typing import Any

import django
from celery import Celery
from celery.signals import setup_logging, worker_ready, worker_shutting_down
from django.apps import apps

from webapp.config.mode import choose_settings

choose_settings()
if not apps.ready:
    django.setup()

from django.conf import settings  # noqa: E402

from workers.reconcile import Reconciler  # noqa: E402
from workers.run import stop_all_runs  # noqa: E402

logger = logging.getLogger(__name__)

TASK_MODULES = (
    "workers.recordings",
    "workers.suggestions",
    "workers.imports",
    "workers.training",
    "workers.predictions",
    "workers.reconstructions",
    "workers.exports",
    "workers.films",
    "workers.maps",
    "workers.demos",
)

app = Celery("sbea")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.imports = (*TASK_MODULES, *settings.SBEA_TASK_MODULES)

_reconciler = Reconciler()


@setup_logging.connect
def _keep_django_logging(**_: Any) -> None:
    """Celery would otherwise replace what the settings configured."""


@worker_ready.connect
def _start_reconciler(**_: Any) -> None:
    _reconciler.start()


@worker_shutting_down.connect
def _let_go(**_: Any) -> None:
    """Give running jobs back at their next report, so that stopping does not wait for a training."""
    _reconciler.stop()
    stop_all_runs()
