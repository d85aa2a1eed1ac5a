from celery import shared_task

from agents.audit import due


@shared_task(name="portal.run_due")
def run_due() -> int:
    return sum(count for count in due.run_all().values() if count > 0)
