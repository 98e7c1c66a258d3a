# One image with one program, for every service: `docker run msdemo serve user …`. Built in one
# stage and run in another, which has the libraries the program needs and nothing to build with.
# scripts/check-dockerfile does what stands here without Docker.
FROM debian:12.12-slim AS builder
WORKDIR /source
COPY scripts/setup scripts/packages.txt scripts/
RUN scripts/setup build
COPY . .
RUN cmake --preset release -DMSDEMO_BUILD_TESTS=OFF
RUN cmake --build --preset release --target msdemo
RUN strip build/release/msdemo
RUN scripts/runtime-packages build/release/msdemo >build/runtime-packages.txt

FROM debian:12.12-slim
COPY --from=builder /source/build/runtime-packages.txt /usr/share/msdemo/runtime-packages.txt
RUN apt-get update -qq && xargs apt-get install -y -qq --no-install-recommends </usr/share/msdemo/runtime-packages.txt && rm -rf /var/lib/apt/lists/*
RUN groupadd --system --gid 10001 msdemo && useradd --system --uid 10001 --gid msdemo --no-create-home --shell /usr/sbin/nologin msdemo
RUN install -d -m 700 -o msdemo -g msdemo /data
COPY --from=builder /source/build/release/msdemo /usr/local/bin/msdemo
USER msdemo
# A container is reached from outside or not at all; who may reach it is said where it is published.
ENV MSDEMO_LISTEN=0.0.0.0 MSDEMO_PORT=8000 MSDEMO_ADMIN_PORT=9000 MSDEMO_DATA_DIR=/data
VOLUME /data
EXPOSE 8000 9000
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 CMD ["msdemo", "health"]
ENTRYPOINT ["msdemo"]
