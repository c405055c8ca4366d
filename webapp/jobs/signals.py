"""What the rest of the house may listen to.

`job_ended(sender=Job, job=...)` is sent inside the transaction that ends a job, whichever way it ends:
done, failed, cancelled while it waited, or given up after its workers died. An app that mirrors the
state of a job in a row of its own (a model "failed", a video "failed") does so in a receiver, because
the task function itself may never run.

`job_requeued(sender=Job, job=...)` is sent inside the transaction that retries a failed or cancelled job. A
receiver may refuse by raising an `AppError`, where the result of the job could no longer be stored; then
nothing is retried and the person reads why.

`job_changed(sender=Job, job_id=..., project_id=..., seq=...)` is sent after commit of every event.
"""

from __future__ import annotations

from django.dispatch import Signal

job_ended = Signal()
job_requeued = Signal()
job_changed = Signal()
