"""Why a job cannot be started, changed or run on."""

from __future__ import annotations

from webapp.api.errors import Conflict, TooMany


class JobAlreadyActive(Conflict):
    """The same work on the same target waits or runs already."""

    code = "job_already_active"


class JobNotChangeable(Conflict):
    """The job's state does not allow this."""

    code = "job_not_changeable"


class TooManyJobs(TooMany):
    """The project has as many active jobs as allowed."""

    code = "too_many_jobs"
