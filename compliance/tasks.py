from celery import shared_task

from compliance.actions import packs
from compliance.models import Pack


@shared_task(name="compliance.build_pack")
def build_pack(pk: int) -> int:
    return sum(packs.build(pack) for pack in Pack.objects.filter(pk=pk))
