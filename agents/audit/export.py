"""The trail as files that verify without the portal: one SQLite file, the checkpoints, and the verifier itself."""

import shutil
import sqlite3
import zipapp
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import models, transaction

from agents.audit import live, outside
from agents.audit import verifier as verifier_package
from agents.audit.models import Checkpoint, Epoch, RemovedSegment, Seal, TrailEvent, TreeNode
from agents.audit.verifier.folder import KEYS, NEWEST, SUFFIX

TABLES: tuple[type[models.Model], ...] = (Epoch, RemovedSegment, Checkpoint, Seal, TreeNode, TrailEvent)
AT_ONCE = 2_000
README = """A trail of Mandate. Check it with any Python 3.11 or newer; nothing else is needed:

    python verify.pyz trail.sqlite3 --keys checkpoints/keys.txt --checkpoints checkpoints

Better still, give it keys and checkpoints that you got on another day or another way: those nobody could have exchanged.
Names of people are encrypted inside the events; this export does not hold the keys to them.
"""


def export(folder: Path, tell: Callable[[str, int], None] | None = None) -> Path:
    """The folder holds trail.sqlite3, checkpoints/, verify.pyz and README.txt; the path of the first.

    tell: hears table and rows done. Raises FileExistsError for a folder that has a trail already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "trail.sqlite3"
    if target.exists():
        raise FileExistsError(target)
    unfinished = folder / ".trail.unfinished"
    unfinished.unlink(missing_ok=True)
    with transaction.atomic():
        _copy(unfinished, tell)
    kept = folder / "checkpoints"
    kept.mkdir(exist_ok=True)
    for path in outside.folder().iterdir():
        if path.name in (KEYS, NEWEST) or path.suffix == SUFFIX:
            shutil.copy(path, kept / path.name)
    pack_verifier(folder / "verify.pyz")
    (folder / "README.txt").write_text(README, encoding="utf-8")
    unfinished.rename(target)
    return target


def _copy(path: Path, tell: Callable[[str, int], None] | None) -> None:
    """Tables that change last are read first, so that what is sealed has its events. Rows are only ever added."""
    source = live.source()
    with sqlite3.connect(path) as twin:
        for model in TABLES:
            table = model._meta.db_table
            columns = [(str(field.column), isinstance(field, models.DateTimeField)) for field in model._meta.concrete_fields]
            names = ", ".join(f'"{name}"' for name, _is_time in columns)
            twin.execute(f"CREATE TABLE {table} ({names})")
            selected = ", ".join(source.moment(name) if is_time else f'"{name}"' for name, is_time in columns)
            order = ' ORDER BY "xid", "id"' if model is TrailEvent else ""
            marks = ", ".join("?" for _column in columns)
            waiting: list[tuple[Any, ...]] = []
            done = 0
            for row in source.query(f"SELECT {selected} FROM {table}{order}"):  # noqa: S608
                waiting.append(tuple(_plain(value) for value in row))
                if len(waiting) == AT_ONCE:
                    twin.executemany(f"INSERT INTO {table} VALUES ({marks})", waiting)  # noqa: S608
                    done += len(waiting)
                    waiting.clear()
                    if tell:
                        tell(table, done)
            twin.executemany(f"INSERT INTO {table} VALUES ({marks})", waiting)  # noqa: S608
        twin.execute("CREATE INDEX trail_seal ON audit_trailevent (xid, id)")
    twin.close()


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def pack_verifier(path: Path) -> None:
    """The verifier as one file that any Python runs."""
    home = Path(verifier_package.__file__).parent
    with TemporaryDirectory() as name:
        root = Path(name)
        inside = root / "agents" / "audit" / "verifier"
        shutil.copytree(home, inside, ignore=shutil.ignore_patterns("__pycache__"))
        for parent in (root / "agents", root / "agents" / "audit"):
            (parent / "__init__.py").touch()
        zipapp.create_archive(root, path, interpreter="/usr/bin/env python3", main="agents.audit.verifier.__main__:main")
