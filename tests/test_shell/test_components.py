"""The parts of every page: word, shape and tone together; user text only ever as text."""

from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.template import Context, Template
from django.utils import timezone

from agents.registry.models import Agent
from portal.icons import DRAWINGS
from portal.reltime import relative
from portal.templatetags import mandate

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def drawn(source: str, **context: object) -> str:
    return Template("{% load mandate %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=-20), "just now"),
        (timedelta(seconds=20), "in under a minute"),
        (timedelta(minutes=-4), "4 min ago"),
        (timedelta(hours=6, seconds=-1), "in 6 h"),
        (timedelta(hours=23, minutes=59), "in 23 h"),
        (timedelta(days=-1), "1 day ago"),
        (timedelta(days=59), "in 59 days"),
        (timedelta(days=-60), "2 months ago"),
        (timedelta(days=730), "in 2 years"),
    ],
)
def test_relative_time_in_one_unit(away: timedelta, words: str) -> None:
    assert relative(NOW + away, NOW) == words


def test_date_shows_its_zone_on_hover_focus_and_to_screen_readers() -> None:
    with timezone.override("Europe/Berlin"):
        shown = drawn("{% when at %}", at=NOW)
    assert 'data-tip="23 November 2026, 13:00 CET"' in shown
    assert 'tabindex="0"' in shown
    assert '<span class="m-sr">, 23 November 2026, 13:00 CET</span>' in shown
    assert "not yet" in drawn("{% when at 'not yet' %}", at=None)


@pytest.mark.parametrize("tier", ["critical", "high", "medium", "low"])
def test_tier_is_word_shape_and_tone(tier: str) -> None:
    badge = drawn("{% tier_badge tier %}", tier=tier)
    assert f"m-badge-tier-{tier}" in badge
    assert "<svg" in badge
    assert tier in badge


def test_unknown_tier_is_said() -> None:
    assert "no tier" in drawn("{% tier_badge tier %}", tier="")


@pytest.mark.parametrize("state", list(Agent.State))
def test_state_wears_the_tone_of_its_enum(state: Agent.State) -> None:
    badge = drawn("{% state_badge thing %}", thing=Agent(state=state))
    assert f'class="m-badge m-badge-{state.tone}"' in badge
    assert f'data-state="{state.value}"' in badge
    assert str(state.label) in badge
    assert "<svg" in badge


def test_verdicts_are_four_different_things() -> None:
    verdicts = [drawn("{% verdict_badge v %}", v=v) for v in ("pass", "exception", "not_tested", "not_applicable")]
    assert len(set(verdicts)) == 4
    assert drawn("{% verdict_badge v %}", v=None) == verdicts[2], "no verdict is never a pass"


def test_every_shape_that_is_named_is_drawn() -> None:
    named = {*mandate.TONE_ICONS.values(), *mandate.STATE_ICONS.values()}
    named |= {shape for _, shape in [*mandate.TIERS.values(), *mandate.VERDICTS.values()]}
    assert named <= set(DRAWINGS)


def test_refused_button_stands_beside_its_sentence_and_sends_nothing() -> None:
    button = drawn("{% action_button 'Approve' post='/x/' disabled_because=why %}", why="You asked for this yourself.")
    assert 'aria-disabled="true"' in button
    assert "You asked for this yourself." in button
    assert "<form" not in button


def test_posting_button_carries_the_token() -> None:
    button = drawn("{% action_button 'Approve' post='/x/' tone='primary' %}", csrf_token="abc")
    assert 'name="csrfmiddlewaretoken" value="abc"' in button
    assert 'method="post" action="/x/"' in button


class Asked(forms.Form):
    purpose = forms.CharField(label="Purpose", help_text="One sentence.")
    kinds = forms.MultipleChoiceField(choices=[("a", "A")], widget=forms.CheckboxSelectMultiple)


def test_field_ties_help_and_error_to_its_widget() -> None:
    shown = drawn("{% field form.purpose %}", form=Asked({}))
    assert 'for="id_purpose"' in shown
    assert 'aria-describedby="id_purpose-help id_purpose-error"' in shown
    assert 'aria-invalid="true"' in shown


def test_group_of_choices_has_a_legend() -> None:
    assert "<legend>Kinds" in drawn("{% field form.kinds %}", form=Asked())


@pytest.mark.parametrize(
    "source",
    [
        "{% badge x %}",
        "{% copyable x %}",
        "{% copyable x label=x %}",
        "{% empty x x '/' x %}",
        "{% card x %}{{ x }}{% endcard %}",
        "{% note %}{{ x }}{% endnote %}",
        "{% action_button x href='/' %}",
    ],
)
def test_user_text_is_only_ever_text(source: str) -> None:
    assert "<b>" not in drawn(source, x='<b>"bold"</b>')
