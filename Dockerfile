# The image of contrast4j: docs/docker.md.
#   docker build -t contrast4j .                                    for CUDA hosts
#   docker build -t contrast4j:cpu --build-arg VARIANT=cpu .        without CUDA, on a slim base
#
# Bases are pinned by tag; for the same bits in a year, hand over digests: --build-arg CUDA_BASE=nvidia/cuda@sha256:...

# gpu or cpu
ARG VARIANT=gpu
# LibTorch's natives are built for CUDA 13.1 and cuDNN 9.19: another 13.x may do, another major version does not.
ARG CUDA_VERSION=13.1.1
ARG CUDA_BASE=nvidia/cuda:${CUDA_VERSION}-cudnn-runtime-ubuntu24.04
ARG CPU_BASE=debian:12.12-slim
ARG BUILD_BASE=maven:3.9.11-eclipse-temurin-17

# --- Build: jars, native libraries, a Java runtime ---------------------------------------------------------------------
FROM ${BUILD_BASE} AS build
ARG VARIANT
# Arguments for Maven, such as -o
ARG MAVEN_ARGS=""
SHELL ["/bin/bash", "-o", "pipefail", "-ec"]
WORKDIR /build

# Dependencies first: they change seldom, and are large.
COPY pom.xml ./
# hadolint ignore=SC2086
RUN [ "$VARIANT" = gpu ] || [ "$VARIANT" = cpu ] || { echo "VARIANT=$VARIANT must be gpu or cpu" >&2; exit 1; }; \
    profiles=dist; [ "$VARIANT" = cpu ] || profiles=dist,gpu; \
    mvn -B -q -ntp $MAVEN_ARGS -P"$profiles" -DincludeScope=runtime dependency:resolve

COPY . .
# hadolint ignore=SC2086
RUN profiles=dist; [ "$VARIANT" = cpu ] || profiles=dist,gpu; \
    mvn -B -q -ntp $MAVEN_ARGS -P"$profiles" -Ddist.format=dir -Dmaven.test.skip=true package; \
    mv target/contrast4j-*-linux-x86_64*/contrast4j-* /opt/contrast4j; \
    install -m 755 tools/docker/healthy /opt/contrast4j/bin/healthy
# Native libraries become files here, so that no start unpacks anything; what the base holds is left out, what nobody needs, too.
# hadolint ignore=DL3059
RUN java tools/docker/Libraries.java unpack /opt/contrast4j/lib /opt/contrast4j/natives "tools/docker/base/$VARIANT.txt"; \
    java tools/docker/Libraries.java check /opt/contrast4j/natives "tools/docker/base/$VARIANT.txt"
# No archive of shared classes: it would differ with every build. Not in /opt/java, where Temurin's images have their JDK.
# hadolint ignore=DL3059
RUN jlink --add-modules "$(grep -v '^#' tools/docker/modules.txt | paste -sd,)" \
      --strip-java-debug-attributes --no-man-pages --no-header-files --compress=2 --output /opt/runtime; \
    chmod -R a+rX /opt/contrast4j /opt/runtime

# --- The image ---------------------------------------------------------------------------------------------------------
FROM ${CUDA_BASE} AS base-gpu
FROM ${CPU_BASE} AS base-cpu

FROM base-${VARIANT}
ARG VARIANT
ARG NCCL_VERSION=2.29.2-1+cuda13.1
SHELL ["/bin/bash", "-o", "pipefail", "-ec"]

# NCCL is not in all of NVIDIA's images; its package repository is.
RUN if [ "$VARIANT" = gpu ] && ! ldconfig -p | grep 'libnccl\.so\.2 ' >/dev/null; then \
      apt-get update; \
      apt-get install -y --no-install-recommends "libnccl2=$NCCL_VERSION"; \
      rm -rf /var/lib/apt/lists/*; \
    fi

COPY --from=build /opt/runtime /opt/java
COPY --from=build /opt/contrast4j /opt/contrast4j

# Every library must find what it is linked with, in this very image; the driver's own comes with the container toolkit.
RUN closure=$(for library in /opt/contrast4j/natives/*; do \
        LD_LIBRARY_PATH=/opt/contrast4j/natives:${LD_LIBRARY_PATH:-} ldd "$library"; \
      done 2>/dev/null || true); \
    [[ $closure == *"libtorch_cpu.so => /opt/contrast4j/natives/"* ]]; \
    missing=$(grep 'not found' <<<"$closure" | grep -v 'libcuda\.so\.1 ' | sort -u || true); \
    [ -z "$missing" ] || { echo "$missing" >&2; exit 1; }; \
    useradd --system --uid 10001 --gid 0 --home-dir /tmp --no-create-home --shell /usr/sbin/nologin contrast4j; \
    install -d -o 10001 -g 0 -m 775 /data /runs /checkpoints; \
    ln -s /opt/contrast4j/conf /conf

# After the layers above, which do not depend on them
ARG VERSION=0.1.0-SNAPSHOT
ARG COMMIT=""
RUN [ -z "$COMMIT" ] || echo "$COMMIT" >/opt/contrast4j/commit
LABEL org.opencontainers.image.title="contrast4j" \
      org.opencontainers.image.description="Contrastive representation learning on the JVM, over LibTorch" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.documentation="docs/docker.md" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}" \
      io.contrast4j.variant="${VARIANT}"

# HOME, as any user may be named with --user, and has no home then. runs/ below / is the volume.
ENV JAVA_HOME=/opt/java \
    PATH=/opt/contrast4j/bin:$PATH \
    HOME=/tmp \
    LC_ALL=C.UTF-8 \
    CONTRAST4J_IMAGE=${VARIANT}
VOLUME ["/data", "/runs", "/checkpoints"]
WORKDIR /
USER 10001:0
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=2m --retries=3 CMD ["healthy"]
ENTRYPOINT ["contrast4j"]
CMD ["--help"]
