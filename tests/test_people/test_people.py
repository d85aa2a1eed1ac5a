"""People: roles that end by the clock, absence, leaving, and a founding that happens once."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from agents import clock
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.models import TrailEvent
from agents.people.actions import organisations, people, roles
from agents.people.actions.organisations import NewAdministrator, NewEntity
from agents.people.choices import Role
from agents.people.models import RoleAssignment, User
from tests.people import Cast

pytestmark = pytest.mark.django_db


def fresh(person: User) -> User:
    return User.objects.get(pk=person.pk)


def test_a_role_with_an_end_is_over_at_that_moment_without_any_job(cast: Cast) -> None:
    roles.assign(cast.sam, Role.AUDITOR, by=cast.ada, until=clock.now() + timedelta(days=5), reason="Year-end audit")
    assert fresh(cast.sam).has_role(Role.AUDITOR)
    assert cast.sam in User.objects.holding(Role.AUDITOR)
    with time_machine.travel(clock.now() + timedelta(days=5, seconds=1)):
        assert not fresh(cast.sam).has_role(Role.AUDITOR)
        assert cast.sam not in User.objects.holding(Role.AUDITOR)


def test_a_role_is_held_once_and_can_be_given_again_after_its_end(cast: Cast) -> None:
    with pytest.raises(IllegalMove, match="already is reviewer"):
        roles.assign(cast.rae, Role.REVIEWER, by=cast.ada)
    held = RoleAssignment.objects.get(person=cast.rae)
    roles.end(held, by=cast.ada, reason="Changed teams.")
    assert not fresh(cast.rae).has_role(Role.REVIEWER)
    with pytest.raises(IllegalMove, match="ended already"):
        roles.end(held, by=cast.ada, reason="Again.")
    roles.assign(cast.rae, Role.REVIEWER, by=cast.ada)
    assert RoleAssignment.objects.filter(person=cast.rae).count() == 2


def test_superuser_is_no_role(cast: Cast) -> None:
    User.objects.filter(pk=cast.sam.pk).update(is_superuser=True, is_staff=True)
    assert not any(fresh(cast.sam).has_role(role) for role in Role)


def test_somebody_who_left_holds_nothing_and_cannot_sign_in(cast: Cast) -> None:
    people.leave(cast.rae, by=cast.ada, reason="New job.")
    gone = fresh(cast.rae)
    assert (gone.is_present, gone.is_active, gone.has_role(Role.REVIEWER)) == (False, False, False)
    assert cast.rae not in User.objects.holding(Role.REVIEWER)


def test_leaving_tomorrow_counts_from_tomorrow(cast: Cast) -> None:
    people.leave(cast.rae, by=cast.ada, at=clock.now() + timedelta(days=1))
    assert fresh(cast.rae).has_role(Role.REVIEWER)
    with time_machine.travel(clock.now() + timedelta(days=1, seconds=1)):
        assert not fresh(cast.rae).has_role(Role.REVIEWER)


def test_managers_form_no_circle(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="their own manager"):
        people.change(cast.dan, by=cast.ada, manager=cast.ann)  # ann → bob → dan
    assert fresh(cast.dan).manager is None


def test_a_change_that_changes_nothing_is_not_recorded(cast: Cast) -> None:
    written = TrailEvent.objects.count()
    people.change(cast.ann, by=cast.ada, name="Ann")
    assert TrailEvent.objects.count() == written
    people.change(cast.ann, by=cast.ada, job_title="Engineer")
    event = TrailEvent.objects.first()
    assert event
    assert (event.event, event.before, event.after) == ("person.changed", {"job_title": None}, {"job_title": "Engineer"})


def test_nobody_sets_another_persons_absence_but_an_administrator(cast: Cast) -> None:
    now = clock.now()
    with pytest.raises(NotAllowed, match="Everybody sets their own absence"):
        people.set_absence(cast.bob, by=cast.sam, since=now, until=now + timedelta(days=1), deputy=cast.sam)
    assert fresh(cast.bob).deputy is None
    people.set_absence(cast.bob, by=cast.ada, since=now, until=now + timedelta(days=1), deputy=cast.dan)
    assert fresh(cast.bob).is_absent
    with pytest.raises(ValidationError):
        people.set_absence(cast.bob, by=cast.bob, since=now, until=now, deputy=None)
    with pytest.raises(ValidationError):
        people.set_absence(cast.bob, by=cast.bob, since=now, until=now + timedelta(days=1), deputy=cast.bob)


def test_an_organisation_is_founded_once_with_two_administrators() -> None:
    two = [
        NewAdministrator("Ida", "ida@example.org", "a long password 1"),
        NewAdministrator("Udo", "udo@example.org", "a long password 2"),
    ]
    founders = organisations.found("Acme", entities=[NewEntity("Acme GmbH", "DE")], administrators=two)
    assert [person.has_role(Role.ADMINISTRATOR) for person in founders] == [True, True]
    assert founders[0].check_password("a long password 1")
    with pytest.raises(IllegalMove, match="set up already"):
        organisations.found("Other", entities=[], administrators=two)


def test_two_people_cannot_share_an_address_whatever_its_case(cast: Cast) -> None:
    with pytest.raises(ValidationError):
        people.join(email="ANN@example.org", name="Other Ann", by=cast.ada)
