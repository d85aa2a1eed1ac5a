from celery import shared_task

from agents.audit import reactions


@shared_task(name="audit.react")
def react() -> int:
    return reactions.run_waiting()
