from celery import shared_task

from agents.audit import due


@shared_task(name="portal.run_due")
def run_due() -> int:
    """What the scheduler asks for every few seconds."""
    due.scheduler_was_here()
    return sum(count for count in due.run_all(patient=True).values() if count > 0)
