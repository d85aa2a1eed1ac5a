"""Packs are written into the test's own folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings


@pytest.fixture(autouse=True)
def pack_dir(tmp_path: Path) -> Iterator[Path]:
    with override_settings(PACK_DIR=tmp_path / "packs"):
        yield tmp_path / "packs"
