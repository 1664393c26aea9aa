"""The figures of the bench by name: what each one says, its bar, and how it is written."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `words` say what is divided by what; `bar` is met at that value too."""

    name: str
    words: str
    bar: float | None = None
    more_is_better: bool = False
    unit: str = ""

    def is_met(self, value: float) -> bool:
        """The value is as good as its bar, or there is none."""
        if self.bar is None:
            return True
        return value >= self.bar if self.more_is_better else value <= self.bar

    @property
    def bar_text(self) -> str:
        """`≥ 45`, or nothing."""
        return "" if self.bar is None else f"{'≥' if self.more_is_better else '≤'} {self.bar:g}{self.unit}"


SERVED = {
    "recommendations": "`users/me/recommendations`",
    "transactions": "`users/me/transactions`, a page of 100",
    "insights": "`users/me/insights`",
    "operator_users": "`operator/users`, a page of 100",
}
FIGURES = (
    Figure("compute.vs_orm_loop", "a night's run, people a second, against the ORM loop", 45, True, " ×"),
    Figure("compute.vs_copy_out", "its time, against a COPY OUT of the columns it reads", 1.2),
    Figure("compute.vs_seq_scan", "its time, against one pass over the table"),
    Figure("compute.growth_exponent", "e in its time ~ people^e", 1.1),
    Figure("compute.python_megabytes", "the most memory of its process", unit=" MB", bar=120),
    Figure("rebuild.vs_orm_loop", "a rebuild of everybody, streams included, against the ORM loop", 20, True, " ×"),
    Figure("rebuild.vs_copy_out", "its time, against a COPY OUT of the columns it reads", 3.0),
    Figure("rebuild.growth_exponent", "e in its time ~ people^e", 1.1),
    Figure("rebuild.python_megabytes", "the most memory of its process", unit=" MB", bar=120),
    Figure("rebuild.cores", "cores that one process and the database keep busy meanwhile"),
    Figure("rebuild.speedup", "two processes on two cores, people a second, against one on one core", unit=" ×"),
    Figure("rebuild.two_workers", "the two, against one that may use both cores, as above", 1.5, True, " ×"),
    Figure("rebuild.two_workers_cores", "cores that the two and the database keep busy meanwhile"),
    Figure("changed5.vs_full", "the time when 5 % have new rows, against a rebuild of everybody", 0.08),
    Figure("rerun.rows_written", "rows written by a rebuild for the same day with nothing new", 0),
    Figure("ingest.vs_copy", "ingest of checked rows, naming included, rows a second, against a plain COPY", 0.6, True),
    Figure("ingest.vs_orm", "the same, against SQLAlchemy's `add_all`", unit=" ×"),
    Figure("ingest.files_rows_per_second", "rows a second from pages of a sync on disk to the commit"),
    Figure("cold_start.vs_bare_flask", "a new process to its first `/health`, against a bare Flask app", 1.6),
    Figure(
        "cold_start.first_api_request_vs_bare_flask",
        "a new process to a first request that needs the whole application, against the same",
    ),
    Figure("warm.health_p50_ms", "a request after that", 3, unit=" ms"),
    Figure("api.health.requests_per_second", "`/health`, one request after the other, one gunicorn worker"),
    *(
        figure
        for name, words in SERVED.items()
        for figure in (
            Figure(f"api.{name}.requests_per_second", f"{words}, the same"),
            Figure(f"api.{name}.p50_ms", "the median request", unit=" ms"),
            Figure(f"api.{name}.p95_ms", "95 of 100 take no longer", unit=" ms"),
            Figure(f"api.{name}.p95_vs_health", "the same, against `/health`", 12, unit=" ×"),
            Figure(f"api.{name}.growth", "the median against `/health`'s, most people against fewest", 1.3, unit=" ×"),
        )
    ),
)
BY_NAME = {figure.name: figure for figure in FIGURES}
