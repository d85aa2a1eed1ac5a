"""Celery's configuration (its own lower-case names). The database row is the queue; a message is only a nudge."""

from django.conf import settings
from kombu import Queue
from kombu.transport import TRANSPORT_ALIASES

TRANSPORT_ALIASES["folder"] = "portal.serving.folder:Transport"

broker_url = settings.CONFIGURATION.redis_url or "folder://localhost/"
broker_connection_retry_on_startup = True
if settings.CONFIGURATION.redis_url:
    # Measured: with these a dead worker's message is back after the visibility timeout, not an hour later.
    broker_transport_options: dict[str, object] = {
        "visibility_timeout": 300,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "health_check_interval": 15,
    }
else:
    folder = settings.DATA_DIR / "queue"
    (folder / "messages").mkdir(parents=True, exist_ok=True)
    (folder / "control").mkdir(exist_ok=True)
    broker_transport_options = {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "control_folder": str(folder / "control"),
        "polling_interval": 0.3,
    }

task_default_queue = "default"
task_queues = [Queue(name, routing_key=name) for name in ("default", "packs", "connectors")]
task_create_missing_queues = False
task_acks_late = True
task_reject_on_worker_lost = True
task_time_limit = 240  # below the visibility timeout, or a long task would be delivered twice
task_soft_time_limit = 200
task_ignore_result = True
task_store_errors_even_if_ignored = False
task_serializer = "json"
result_serializer = "json"
accept_content = ["json"]
timezone = "UTC"
enable_utc = True

worker_prefetch_multiplier = 1
worker_soft_shutdown_timeout = 10
worker_enable_remote_control = False
worker_redirect_stdouts = False
worker_hijack_root_logger = False
worker_send_task_events = False

# Cadence is rows of ours; beat only says that time went by. Two beats do no harm. A nudge nobody took is dropped.
beat_schedule = {
    "run_due": {"task": "portal.run_due", "schedule": 5.0, "options": {"expires": 30.0}},
    "seal": {"task": "audit.seal", "schedule": 2.0, "options": {"expires": 10.0}},
    "deliver": {"task": "audit.deliver", "schedule": 5.0, "options": {"expires": 30.0}},
}
