import shutil
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from agents.audit.actors import System
from agents.audit.errors import IllegalMove
from agents.people.models import LegalEntity
from compliance import files
from compliance.actions import packs
from compliance.frameworks import frameworks
from compliance.models import Pack


class Command(BaseCommand):
    help = "Builds an evidence pack now and puts its PDF into a folder. It is in the portal and in the trail like any other."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--framework", required=True, choices=sorted(frameworks()))
        parser.add_argument("--since", required=True, type=date.fromisoformat, help="first day, like 2026-01-01 (UTC)")
        parser.add_argument("--until", required=True, type=date.fromisoformat, help="last day, inside the period")
        parser.add_argument("--entity", help="slug of a legal entity; left out: the whole group")
        parser.add_argument("--out", required=True, type=Path, help="folder, made when it is not there")

    def handle(self, *args: Any, **options: Any) -> None:
        entity = None
        if options["entity"]:
            entity = LegalEntity.objects.filter(slug=options["entity"]).first()
            if entity is None:
                known = ", ".join(LegalEntity.objects.values_list("slug", flat=True))
                raise CommandError(f"There is no legal entity {options['entity']!r}. There are: {known}.")
        by = System("command build_pack")
        try:
            pack = packs.request(options["framework"], since=options["since"], until=options["until"], legal_entity=entity, by=by)
        except (ValidationError, IllegalMove) as refusal:
            raise CommandError("; ".join(getattr(refusal, "messages", [str(refusal)]))) from refusal
        self.stdout.write(f"{pack}, {pack.whose}: reading and printing …")
        packs.build(pack)
        pack = Pack.objects.get(pk=pack.pk)
        if pack.state == Pack.State.FAILED:
            raise CommandError(pack.failed_reason)
        if pack.state != Pack.State.READY:
            raise CommandError("A worker took this pack over; find it in the portal.")
        out: Path = options["out"]
        out.mkdir(parents=True, exist_ok=True)
        target = out / pack.path
        shutil.copyfile(files.folder() / pack.path, target)
        self.stdout.write(f"{target}\nSHA-256 {pack.sha256}")
