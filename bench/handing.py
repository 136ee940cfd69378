"""One process that sends an issue through boto3 to `bench.cloud`, and tells what it cost.

`python -m bench.handing URL THREADS SHARE`
"""

import json
import os
import queue
import resource
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config

from bench.support.newsstand import ISSUE, issue_services, settings
from bench.support.replayed import Replayed
from chalicelib.aws.bulk import SesBulkMailer
from chalicelib.aws.lists import DynamoSubscriberStore
from chalicelib.newsletter.sending.ledger import BATCH_SIZE
from chalicelib.newsletter.sending.ports import Job
from chalicelib.wiring.issues import IssueServices

QUICK = Config(parameter_validation=False, retries={"mode": "standard", "total_max_attempts": 3})
ONCE = Config(
    parameter_validation=False,
    max_pool_connections=20,
    retries={"mode": "standard", "total_max_attempts": 1},
)


class LocalQueue:
    """The queue without SQS: its calls are counted as SQS would be called."""

    def __init__(self) -> None:
        self.jobs: queue.Queue[Job] = queue.Queue()
        self.calls = 0

    def put(self, jobs: Sequence[Job], delay: int = 0) -> None:
        self.calls += -(-len(jobs) // 10)
        for job in jobs:
            if delay > 1:
                threading.Timer(delay, self.jobs.put, [dict(job)]).start()
            else:
                self.jobs.put(job)

    def idle(self) -> bool:
        return self.jobs.empty()


def credentials() -> None:
    os.environ.update(
        AWS_ACCESS_KEY_ID="bench",
        AWS_SECRET_ACCESS_KEY="bench",
        AWS_DEFAULT_REGION="ca-central-1",
        AWS_CONFIG_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
    )


def services_at(url: str, jobs: LocalQueue, share: float, replayed: Replayed) -> IssueServices:
    config = settings()
    dynamo: Any = boto3.client("dynamodb", endpoint_url=url, config=QUICK)
    ses: Any = boto3.client("sesv2", endpoint_url=url, config=ONCE)
    replayed.watch(dynamo)
    replayed.watch(ses)
    mailer = SesBulkMailer(
        ses, sender=config.sender, reply_to=config.reply_to, configuration_set="bench"
    )
    store = DynamoSubscriberStore(dynamo, "Records", "Subscribers")
    return issue_services(store, mailer, jobs, lambda: datetime.now(UTC), share=share)


def main(url: str, threads: int, share: float) -> None:
    credentials()
    jobs = LocalQueue()
    replayed = Replayed()
    workers_of = [services_at(url, jobs, share, replayed) for _ in range(threads)]
    idle = resource.getrusage(resource.RUSAGE_SELF)
    issues = workers_of[0]
    key = (f"ISSUE#{ISSUE}", "ISSUE")
    issues.scheduler.mind(key)
    until = datetime.now(UTC) + timedelta(hours=1)
    began = time.perf_counter()
    assert issues.worker.run(jobs.jobs.get(), until) == "frozen"
    frozen = time.perf_counter()
    replayed.on = True

    def work(mine: IssueServices) -> None:
        while True:
            try:
                job = jobs.jobs.get(timeout=3)
            except queue.Empty:
                return
            mine.worker.run(job, until)

    workers = [threading.Thread(target=work, args=[mine]) for mine in workers_of]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "freeze": frozen - began,
                "cpu": used.ru_utime + used.ru_stime - idle.ru_utime - idle.ru_stime,
                "rss": used.ru_maxrss / 1024,
                "rss_idle": idle.ru_maxrss / 1024,
                "queue_calls": jobs.calls,
            }
        ),
        flush=True,
    )
    # Whoever asks looks at what was sent before it is sent again.
    if sys.stdin.readline():
        print(json.dumps({"floor": replayed.cpu_of_a_bulk() / BATCH_SIZE}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
