"""`spendsense doctor`: what is in order here, what is not, and how to mend it."""

import shutil
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from spendsense.cli.context import is_embedded, log_file
from spendsense.errors import SpendSenseError
from spendsense.local.findings import Finding

if TYPE_CHECKING:
    from spendsense.pipeline.status import JobStatus, Status

LEAST_FREE_GB = 2
GIGABYTE = 1 << 30


@click.command()
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True)
def doctor(port: int) -> None:
    """Look whether everything that SpendSense needs is here; exit 1 when something is not."""
    checks: dict[str, Callable[[], Finding]] = {
        "Python": look_at_python,
        "packages": look_at_packages,
        "settings": look_at_settings,
        "disk": look_at_disk,
        "database": look_at_database,
        "migrations": look_at_migrations,
        "rulebook": look_at_rulebook,
        "jobs": look_at_jobs,
        "people": look_at_people,
        "port": lambda: look_at_port(port),
    }
    findings = [examine(subject, check) for subject, check in checks.items()]
    for finding in findings:
        click.echo(finding)
    if any(finding.cure for finding in findings):
        sys.exit(1)


def examine(subject: str, check: Callable[[], Finding]) -> Finding:
    """What the check found; an error is a finding too."""
    try:
        return check()
    except SpendSenseError as error:
        return Finding(subject, str(error), "mend what it names")
    except Exception as error:  # noqa: BLE001  the doctor tells of whatever it meets
        said = str(error).strip().partition("\n")[0] or "it says no more"
        return Finding(subject, f"{type(error).__name__}: {said}", "see above, then retry")


def look_at_python() -> Finding:
    """In a virtual environment; its version is right, or this would not have started."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.prefix == sys.base_prefix:
        return Finding("Python", f"{version} outside a virtual environment", "use .venv/bin/spendsense of `make setup`")
    return Finding("Python", f"{version} in {sys.prefix}")


def look_at_packages() -> Finding:
    """All that is pinned is installed, in that version."""
    from importlib.metadata import PackageNotFoundError, version

    from spendsense.local.home import PROJECT

    pins = [
        line.split("==")
        for line in (PROJECT / "requirements.txt").read_text().splitlines()
        if "==" in line and not line.startswith("#")
    ]
    wrong = []
    for name, wanted in pins:
        try:
            if version(name.split("[")[0]) != wanted:
                wrong.append(name)
        except PackageNotFoundError:
            wrong.append(name)
    if wrong:
        return Finding("packages", f"{', '.join(wrong)} missing or of another version", "run `make setup`")
    return Finding("packages", f"{len(pins)} as pinned")


def look_at_settings() -> Finding:
    """The environment's variables can be read."""
    from spendsense.config import load_settings

    return Finding("settings", f"ENVIRONMENT is {load_settings().environment}")


def look_at_disk() -> Finding:
    """Room for the embedded server's data."""
    from spendsense.local.home import default_home

    home = default_home()
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    free_gb = shutil.disk_usage(place).free / GIGABYTE
    cure = None if free_gb >= LEAST_FREE_GB else f"make room, at least {LEAST_FREE_GB} GB, or set SPENDSENSE_HOME"
    return Finding("disk", f"{free_gb:.1f} GB free in {place}", cure)


def look_at_database() -> Finding:
    """PostgreSQL 16 or later answers."""
    import psycopg2
    from sqlalchemy import make_url

    from spendsense.app import create_app
    from spendsense.cli.context import read_settings
    from spendsense.store.session import db

    settings = read_settings()
    if settings.database_url is None:
        with create_app(settings).app_context(), db.engine.connect() as link:
            version = int(link.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000
        where = "that DATABASE_SECRET_ARN names"
    else:
        url = make_url(settings.database_url)
        connection = psycopg2.connect(url.set(drivername="postgresql").render_as_string(False), connect_timeout=3)
        version = connection.server_version // 10_000
        connection.close()
        where = f"at {url.host}:{url.port}, {url.database}"
    cure = None if version >= 16 else "use PostgreSQL 16"
    return Finding("database", f"PostgreSQL {version} {where}", cure)


def look_at_migrations() -> Finding:
    """The tables are those of the last migration, and the login may act in the roles that it makes."""
    from spendsense.app import create_app
    from spendsense.cli.context import read_settings
    from spendsense.store import migrations
    from spendsense.store.session import db

    with create_app(read_settings()).app_context():
        if not migrations.is_current():
            if is_embedded():
                return Finding("migrations", "not all applied yet; whatever needs them does it")
            return Finding("migrations", "not all applied", "run `spendsense db upgrade`")
        with db.engine.connect() as connection:
            barred = migrations.missing_roles(connection)
    if barred:
        cure = "run `spendsense db upgrade` as the owner of the tables"
        return Finding("migrations", f"all applied, but this login may not act as {', '.join(barred)}", cure)
    return Finding("migrations", "all applied")


def look_at_rulebook() -> Finding:
    """The rulebook can be read."""
    from spendsense.rulebook.load import load_rulebook

    return Finding("rulebook", f"version {load_rulebook().version[:12]}")


def look_at_jobs() -> Finding:
    """The last run of each job has ended, and well."""
    status = _status()
    if status is None:
        return Finding("jobs", "never run, there are no tables")
    failed = [job.job.value for job in status.jobs if job.last_run and job.last_run.has_failed(status.at)]
    cure = f"look for {', '.join(failed)} in {the_log()}, then run `spendsense jobs run all`" if failed else None
    return Finding("jobs", ", ".join(map(_last_run, status.jobs)), cure)


def the_log() -> str:
    """The log, and on a laptop where it lies."""
    from spendsense.config import load_settings

    return f"the log ({log_file()})" if load_settings().is_dev else "the log"


def _last_run(job: "JobStatus") -> str:
    run = job.last_run
    return f"{job.job} {run.outcome or 'unfinished'} for {run.as_of}" if run else f"{job.job} never run"


def look_at_people() -> Finding:
    """How many there are, how old what is known of them is, and whether all can be worked on."""
    status = _status()
    if status is None:
        return Finding("people", "none, there are no tables")
    data, left_out = status.data, sum(job.set_aside_people for job in status.jobs)
    found = f"{data.agreeing_people} agree to the analysis"
    if data.first_measured_on:
        found += f", measured for {data.first_measured_on} to {data.last_measured_on}"
    if data.last_upload_at:
        found += f", last data on {data.last_upload_at:%Y-%m-%d}"
    if not left_out:
        return Finding("people", found)
    return Finding(
        "people", f"{found}, {left_out} set aside", f"see what `person_set_aside` in {the_log()} says of them"
    )


def _status() -> "Status | None":
    """None where the tables are not those of the last migration."""
    from spendsense import clock
    from spendsense.app import create_app
    from spendsense.cli.context import read_settings
    from spendsense.pipeline.status import read_status
    from spendsense.store import migrations
    from spendsense.store.identity import JOB, acting_as
    from spendsense.store.session import transaction

    with create_app(read_settings()).app_context(), acting_as(JOB):
        if not migrations.is_current():
            return None
        with transaction() as session:
            return read_status(session, clock.now())


def look_at_port(port: int) -> Finding:
    """The API's port is free."""
    from spendsense.cli.serve import check_port

    check_port(port)
    return Finding("port", f"{port} is free")
