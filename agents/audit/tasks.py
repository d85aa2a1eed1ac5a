from celery import shared_task

from agents.audit import checkpoints, delivery, reactions


@shared_task(name="audit.react")
def react() -> int:
    return reactions.run_waiting()


@shared_task(name="audit.seal")
def seal() -> int:
    return checkpoints.run()


@shared_task(name="audit.deliver")
def deliver() -> int:
    return delivery.deliver_due()
