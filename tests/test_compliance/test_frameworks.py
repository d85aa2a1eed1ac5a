"""A framework file is read strictly, and every control is either tested or says why not."""

from pathlib import Path

import pytest

from compliance import controls
from compliance.controls.registry import answered_ids
from compliance.frameworks import DATA, Malformed, frameworks, read


@pytest.mark.parametrize("key", sorted(frameworks()))
def test_each_control_is_tested_or_says_why_not(key: str) -> None:
    framework = frameworks()[key]
    tested = answered_ids(key)
    assert tested == {control.id for control in framework.controls if not control.not_tested}
    assert controls.answered(key, "no such control") is None


def test_hipaa_keeps_apart_what_is_required_and_what_is_addressable() -> None:
    flags = {control.id: control.flag for control in frameworks()["hipaa"].controls}
    assert len(flags) == 24
    assert flags["164.308(a)(4)(ii)(B)"] == flags["164.308(a)(4)(ii)(C)"] == flags["164.308(a)(5)(ii)(C)"] == "addressable"
    assert flags["164.312(b)"] == "required"
    assert not any("24 hours" in control.asks for control in frameworks()["hipaa"].controls)  # the proposed rule is not law


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("key: hipaa", "key: hippo", "its key is 'hippo'"),
        ("checked_on: 2026-08-01", "checked_on: soon", "checked_on must be a date"),
        ("data_classes: [ephi]", "data_classes: [gossip]", "'gossip' is not a valid DataClass"),
        ("    flag: required", "    flag: nice to have", "flag must be one of"),
        ("    checked: true", "    checked: maybe", "flag must be one of"),
        ("    checked: true", "    checked: true\n    extra: 1", "missing or unknown: extra"),
        ("    title: 'Risk analysis'", "    title: ''", "title must be a text"),
        ("version: 45 CFR", "versoin: 45 CFR", "version"),
        ("id: '164.308(a)(2)'", "id: '164.308(a)(8)'", "two controls have the same id"),
        ("key: hipaa", "key: [hipaa", "hipaa.yaml"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    written = (DATA / "hipaa.yaml").read_text()
    assert old in written
    path = tmp_path / "hipaa.yaml"
    path.write_text(written.replace(old, new, 1))
    with pytest.raises(Malformed) as problem:
        read(path)
    assert said in str(problem.value)
