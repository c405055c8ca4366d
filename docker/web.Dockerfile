# The web process: Django, Channels and the torch-free part of the engine.
FROM node:20-bookworm-slim AS pages
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
RUN npm run build

FROM python:3.11-slim-bookworm
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 DJANGO_SETTINGS_MODULE=webapp.config.settings.server
WORKDIR /srv/sbea
COPY requirements/app.txt requirements/app.txt
# torch is not installed here: the web process never loads it.
RUN grep -v '^torch==' requirements/app.txt > /tmp/web.txt && pip install --no-cache-dir --no-deps -r /tmp/web.txt
COPY pyproject.toml README.md LICENSE manage.py ./
COPY sbea_engine/ sbea_engine/
COPY webapp/ webapp/
COPY --from=pages /src/frontend/dist frontend/dist
RUN useradd --system --uid 10001 sbea && install -d -m 700 -o sbea /data
USER sbea
VOLUME /data
EXPOSE 8000
CMD ["sh", "-c", "python manage.py migrate --noinput && python manage.py collectstatic --noinput && exec uvicorn webapp.config.asgi:application --host 0.0.0.0 --port 8000 --proxy-headers --forwarded-allow-ips '*'"]
