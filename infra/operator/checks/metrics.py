"""What CloudWatch measured of a stage lately."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Literal

from infra.operator.stage import Operator

HOUR: Final = timedelta(hours=1)


def latest(
    operator: Operator,
    name: str,
    statistic: Literal["Average", "Maximum", "Sum"],
    since: timedelta,
    of: Mapping[str, str] | None = None,
) -> float | None:
    """Return the last value of a metric, whose name begins with its namespace; `of` says of what it
    is. None where nothing was measured `since` then."""
    namespace, _, metric = name.rpartition("/")
    now = operator.now()
    found = operator.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": key, "Value": value} for key, value in (of or {}).items()],
        StartTime=now - since,
        EndTime=now,
        Period=int(min(since, HOUR).total_seconds()),
        Statistics=[statistic],
    )
    points = sorted(found["Datapoints"], key=lambda point: point["Timestamp"])
    return float(points[-1][statistic]) if points else None
