#!/usr/bin/env python3
"""Checks what docker-compose makes of compose.yaml against what the documentation promises.

No container engine is needed: `docker-compose config` reads, completes and checks the file. Every
promise is a function below; --self-test breaks each one and expects to be told.
"""
import argparse
import copy
import os
import pathlib
import re
import shutil
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ENV_FILES = ROOT / "scripts/compose"

OURS = {"user-service": "user", "user-service-2": "user", "order-service": "order",
        "order-service-2": "order", "notify-service": "notify", "broker": "broker"}
# Which services an environment file starts beside those that always run.
ALWAYS = {"user-service", "order-service", "notify-service", "broker", "user-db", "order-db"}
ADDED = {"": set(), "rabbitmq": {"rabbitmq"}, "kafka": {"kafka"}, "observe": {"jaeger"},
         "replicas": {"rabbitmq", "nginx", "user-service-2", "order-service-2"}}
PUBLISHED = {"user-service": "127.0.0.1:8000:8000", "order-service": "127.0.0.1:8001:8001",
             "jaeger": "127.0.0.1:16686:16686", "nginx": "127.0.0.1:8080:8080"}
BROKER = {"": "http://broker:8000", "rabbitmq": "amqp://msdemo@rabbitmq:5672",
          "kafka": "kafka://kafka:9092", "observe": "http://broker:8000",
          "replicas": "amqp://msdemo@rabbitmq:5672"}
SECRETS = {"user-service": {"user-db-password", "rabbitmq-password"},
           "user-service-2": {"user-db-password", "rabbitmq-password"},
           "order-service": {"order-db-password", "rabbitmq-password"},
           "order-service-2": {"order-db-password", "rabbitmq-password"},
           "notify-service": {"rabbitmq-password"}, "user-db": {"user-db-password"},
           "order-db": {"order-db-password"}, "rabbitmq": {"rabbitmq-user"}}
DATABASES = {"user-service": ("user-db", "users"), "order-service": ("order-db", "orders")}
# A version with a patch level, or a Debian release: nothing that moves under the same name.
PINNED = re.compile(r":\d+\.\d+(\.\d+)?$")


def port_text(port):
    """A published port as people write it, whichever version of docker-compose tells it."""
    if isinstance(port, dict):
        return f"{port.get('host_ip', '')}:{port['published']}:{port['target']}"
    return port.removesuffix("/tcp")


def secret_name(secret):
    return secret["source"] if isinstance(secret, dict) else secret


def check_services(profile, services):
    profiles = set(filter(None, environment_of(profile).get("COMPOSE_PROFILES", "").split(",")))
    running = {name for name, service in services.items()
               if not service.get("profiles") or profiles & set(service["profiles"])}
    if running != ALWAYS | ADDED[profile]:
        yield f"runs {sorted(running)}"


def check_ports(_, services):
    for name, service in services.items():
        ports = [port_text(port) for port in service.get("ports", [])]
        if ports != ([PUBLISHED[name]] if name in PUBLISHED else []):
            yield f"{name} publishes {ports}"


def check_images(_, services):
    for name, service in services.items():
        if not PINNED.search(service["image"]):
            yield f"{name} runs {service['image']}, which may be another tomorrow"
        if ("build" in service) != (name in OURS):
            yield f"{name} is built here, or not, against expectation"


def check_commands(_, services):
    for name, service in OURS.items():
        if services[name].get("command") != ["serve", service]:
            yield f"{name} runs {services[name].get('command')}"


def check_health(_, services):
    for name, service in services.items():
        if service.get("healthcheck", {}).get("test", ["NONE"])[0] != "CMD":
            yield f"{name} has no health check"
        for needed, how in (service.get("depends_on") or {}).items():
            if how.get("condition") != "service_healthy":
                yield f"{name} does not wait until {needed} is healthy"
            hidden = set(services[needed].get("profiles", []))
            if hidden and not hidden & set(service.get("profiles", [])):
                yield f"{name} needs {needed}, which runs with {hidden} only"


def check_secrets(_, services):
    for name, service in services.items():
        found = {secret_name(secret) for secret in service.get("secrets") or []}
        if found != SECRETS.get(name, set()):
            yield f"{name} is given the secrets {sorted(found)}"
        for variable, value in (service.get("environment") or {}).items():
            if re.search(r"://[^/@]*:[^/@]*@", str(value)) or (
                    "PASS" in variable and not variable.endswith("_FILE")):
                yield f"{name} has a secret in {variable}"


def check_engines(profile, services):
    for name in OURS:
        if name == "broker":
            continue
        environment = services[name]["environment"]
        if environment.get("MSDEMO_BROKER_URL") != BROKER[profile]:
            yield f"{name} uses the broker {environment.get('MSDEMO_BROKER_URL')}"
    for name, (host, database) in DATABASES.items():
        for replica in (name, name + "-2"):
            url = services[replica]["environment"].get("MSDEMO_DB_URL")
            if url != f"postgresql://msdemo@{host}:5432/{database}":
                yield f"{replica} uses the database {url}"
        if services[host]["environment"].get("POSTGRES_DB") != database:
            yield f"{host} does not hold {database}"


def check_confinement(_, services):
    for name in OURS:
        service = services[name]
        if not service.get("read_only") or service.get("cap_drop") != ["ALL"] or \
                "no-new-privileges:true" not in service.get("security_opt", []):
            yield f"{name} may do more than it has to"


def check_replicas(profile, services):
    urls = services["order-service"]["environment"]["MSDEMO_USER_URL"].split(",")
    expected = ["http://user-service:8000"]
    if profile == "replicas":
        expected.append("http://user-service-2:8000")
    if urls != expected:
        yield f"order-service calls {urls}"


CHECKS = (check_services, check_ports, check_images, check_commands, check_health, check_secrets,
          check_engines, check_confinement, check_replicas)

PLANTED = {
    check_services: lambda services: services.pop("notify-service"),
    check_ports: lambda services: services["user-service"].update(ports=["0.0.0.0:8000:8000/tcp"]),
    check_images: lambda services: services["user-db"].update(image="postgres:latest"),
    check_commands: lambda services: services["order-service"].update(command=["serve", "user"]),
    check_health: lambda services: services["user-db"].pop("healthcheck"),
    check_secrets: lambda services: services["user-db"]["environment"].update(
        POSTGRES_PASSWORD="x"),
    check_engines: lambda services: services["user-service"]["environment"].update(
        MSDEMO_DB_URL="postgresql://msdemo@order-db:5432/orders"),
    check_confinement: lambda services: services["broker"].update(read_only=False),
    check_replicas: lambda services: services["order-service"]["environment"].update(
        MSDEMO_USER_URL=""),
}


def environment_of(profile):
    if not profile:
        return {}
    lines = (ENV_FILES / f"{profile}.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def composed(command, profile):
    """What docker-compose makes of the file, with nobody's environment but the profile's: of all
    services, those of other profiles included, which its second version tells only if asked to."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"),
                   "COMPOSE_PROFILES": ",".join(filter(None, ADDED))}
    asked = [*command]
    if profile:
        asked += ["--env-file", str(ENV_FILES / f"{profile}.env")]
    done = subprocess.run([*asked, "config"], cwd=ROOT, env=environment, capture_output=True,
                          text=True, timeout=60, check=False)
    if done.returncode != 0:
        sys.exit(f"docker-compose refuses the file with {profile or 'no profile'}:\n{done.stderr}")
    return yaml.safe_load(done.stdout)["services"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if not shutil.which("docker-compose"):
        print("skipped: there is no docker-compose; see scripts/setup build test")
        return int("MSDEMO_TEST_ENGINES_REQUIRED" in os.environ)
    findings = []
    for profile in ADDED:
        services = composed(["docker-compose"], profile)
        for check in CHECKS:
            if arguments.self_test:
                broken = copy.deepcopy(services)
                PLANTED[check](broken)
                if not list(check(profile, broken)):
                    findings.append(f"{check.__name__} does not notice what it should")
            else:
                findings += [f"{profile or 'no profile'}: {found}"
                             for found in check(profile, services)]
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings in {len(ADDED)} ways to start it")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
