"""Frameworks are data: each file in `data/` is one, read strictly. A mistake in it stops the start, not a pack."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from agents.people.choices import Regulation
from agents.registry.choices import DataClass

DATA = Path(__file__).parent / "data"
FLAGS = {"required", "addressable", "standard"}


class Malformed(Exception):
    """A framework file that says something it must not, or leaves out what it must say."""


@dataclass(frozen=True)
class Control:
    """One control in our own words. not_tested: why our data cannot answer it; empty when a test in `controls/` does."""

    id: str
    title: str
    flag: str
    asks: str
    test: str
    source: str
    checked: bool
    not_tested: str = ""


@dataclass(frozen=True)
class Framework:
    """data_classes: what brings an identity or an access into its scope; regulations: whom it concerns."""

    key: str
    name: str
    version: str
    checked_on: date
    in_scope: str
    data_classes: tuple[DataClass, ...]
    regulations: tuple[Regulation, ...]
    controls: tuple[Control, ...]

    def control(self, control_id: str) -> Control:
        return next(control for control in self.controls if control.id == control_id)


@cache
def frameworks() -> dict[str, Framework]:
    """Every framework by its key. Raises Malformed."""
    return {path.stem: read(path) for path in sorted(DATA.glob("*.yaml"))}


def framework(key: str) -> Framework:
    """Raises KeyError for one that is not in `data/`."""
    return frameworks()[key]


def read(path: Path) -> Framework:
    """The framework in this file. Raises Malformed with the file and the place."""
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as problem:
        raise Malformed(f"{path.name}: {problem}") from problem
    found = _exactly(path.name, written, {"key", "name", "version", "checked_on", "in_scope", "scope", "controls"})
    scope = _exactly(f"{path.name}, scope", found["scope"], {"data_classes", "regulations"})
    if found["key"] != path.stem:
        raise Malformed(f"{path.name}: its key is {found['key']!r}")
    if not isinstance(found["checked_on"], date) or not isinstance(found["controls"], list) or not found["controls"]:
        raise Malformed(f"{path.name}: checked_on must be a date, controls a list of at least one")
    controls = tuple(_control(path.name, item) for item in found["controls"])
    if len({control.id for control in controls}) != len(controls):
        raise Malformed(f"{path.name}: two controls have the same id")
    try:
        return Framework(
            key=found["key"],
            name=_text(path.name, found, "name"),
            version=_text(path.name, found, "version"),
            checked_on=found["checked_on"],
            in_scope=_text(path.name, found, "in_scope"),
            data_classes=tuple(DataClass(value) for value in scope["data_classes"]),
            regulations=tuple(Regulation(value) for value in scope["regulations"]),
            controls=controls,
        )
    except (TypeError, ValueError) as problem:
        raise Malformed(f"{path.name}, scope: {problem}") from problem


def _control(where: str, written: object) -> Control:
    found = _exactly(where, written, {"id", "title", "flag", "asks", "test", "source", "checked"}, {"not_tested"})
    where = f"{where}, {found['id']}"
    if found["flag"] not in FLAGS or not isinstance(found["checked"], bool):
        raise Malformed(f"{where}: flag must be one of {sorted(FLAGS)}, checked true or false")
    texts = {name: _text(where, found, name) for name in ("id", "title", "flag", "asks", "test", "source")}
    return Control(
        **texts, checked=found["checked"], not_tested=_text(where, found, "not_tested") if "not_tested" in found else ""
    )


def _exactly(where: str, written: object, needed: set[str], allowed: set[str] = frozenset()) -> Mapping[str, Any]:  # type: ignore[assignment]
    """A mapping with all of the needed keys and none beyond the allowed ones."""
    if not isinstance(written, dict):
        raise Malformed(f"{where}: a mapping is needed")
    if wrong := (needed - set(written)) | (set(written) - needed - allowed):
        raise Malformed(f"{where}: missing or unknown: {', '.join(sorted(map(str, wrong)))}")
    return written


def _text(where: str, found: Mapping[str, Any], name: str) -> str:
    if not isinstance(found[name], str) or not found[name].strip():
        raise Malformed(f"{where}: {name} must be a text")
    return str(found[name]).strip()
