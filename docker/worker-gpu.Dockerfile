# A worker for one CUDA device: one process a device, no fork after CUDA has started (-P solo).
FROM python:3.11-slim-bookworm
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 DJANGO_SETTINGS_MODULE=webapp.config.settings.server
WORKDIR /srv/sbea
COPY requirements/app.txt requirements/app.txt
# The CUDA libraries come with the wheel of torch; the host needs the NVIDIA driver and its container toolkit.
RUN pip install --no-cache-dir -r requirements/app.txt
COPY pyproject.toml README.md LICENSE manage.py ./
COPY sbea_engine/ sbea_engine/
COPY webapp/ webapp/
COPY workers/ workers/
RUN useradd --system --uid 10001 sbea && install -d -m 700 -o sbea /data
USER sbea
VOLUME /data
CMD ["celery", "-A", "workers.app", "worker", "-P", "solo", "-Q", "gpu", "--loglevel", "info"]
