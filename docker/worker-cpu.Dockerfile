# A worker without an accelerator: ingest, imports, exports, suggestions, and training where time allows.
FROM python:3.11-slim-bookworm
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 DJANGO_SETTINGS_MODULE=webapp.config.settings.server
WORKDIR /srv/sbea
COPY requirements/app.txt requirements/app.txt
# The package index that serves CPU builds of torch is the operator's choice: --build-arg TORCH_INDEX=...
ARG TORCH_INDEX=""
RUN pip install --no-cache-dir ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r requirements/app.txt
COPY pyproject.toml README.md LICENSE manage.py ./
COPY sbea_engine/ sbea_engine/
COPY webapp/ webapp/
COPY workers/ workers/
RUN useradd --system --uid 10001 sbea && install -d -m 700 -o sbea /data
USER sbea
VOLUME /data
# All queues, so that models train without an accelerator too; leave gpu out where a GPU worker runs.
ENV SBEA_CPU_WORKER_QUEUES=io,cpu,gpu
CMD ["sh", "-c", "exec celery -A workers.app worker -P threads -c 2 -Q \"$SBEA_CPU_WORKER_QUEUES\" --loglevel info"]
