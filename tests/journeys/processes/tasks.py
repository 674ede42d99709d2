"""What Celery runs: the gateway is made and used in the process that forks the pool."""

import os

import member
from celery import Celery

QUEUES = os.environ["QUEUES"]

app = Celery(broker="filesystem://")
app.conf.broker_transport_options = {
    "data_folder_in": QUEUES,
    "data_folder_out": QUEUES,
    "control_folder": QUEUES,
    "polling_interval": 0.02,
}
app.conf.worker_hijack_root_logger = False

member.serve()


@app.task(name="serve")
def serve() -> None:
    """Make a call."""
    member.serve()
