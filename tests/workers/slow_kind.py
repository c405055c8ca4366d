"""A job kind of the tests, known to whoever imports this."""

from __future__ import annotations

from webapp.accounts.capabilities import Capability
from webapp.jobs.task_names import KindSpec, Queue, kind_register

KIND = "test.count"

kind_register(KIND, KindSpec(queue=Queue.GPU, title="Count slowly", capability=Capability.TRAIN))
