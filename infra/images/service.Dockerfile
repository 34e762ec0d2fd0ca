# One image per service: `docker build -f infra/images/service.Dockerfile --build-arg SERVICE=ingest .`
FROM python:3.11.14-slim-bookworm AS build
ARG SERVICE
RUN python -m pip install --no-cache-dir uv==0.13.9
WORKDIR /source
COPY requirements.lock ./
COPY libs/common libs/common
COPY services/${SERVICE} services/${SERVICE}
RUN python -m venv /opt/istmo \
 && uv pip install --python /opt/istmo --no-cache --no-sources --constraint requirements.lock \
    ./libs/common ./services/${SERVICE}

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home istmo
COPY --from=build /opt/istmo /opt/istmo
ENV PATH=/opt/istmo/bin:$PATH PYTHONUNBUFFERED=1
USER 10001
