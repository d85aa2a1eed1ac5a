"""The evidence pack as HTML that stands by itself: styles and fonts inside, nothing to fetch, every text of a person escaped."""

from datetime import UTC

from django.template.loader import render_to_string
from django.utils import timezone, translation

from compliance.documents.fonts import faces
from compliance.documents.words import GLOSSARY, LIMITS, VERDICTS
from compliance.evidence import MOST_DECISIONS, MOST_EVENTS, MOST_GRANTS, Evidence
from compliance.models import Pack

PRINTED_EXCEPTIONS = 20  # per control, so that each stays within a page and a half


def document(pack: Pack, evidence: Evidence) -> str:
    """The whole document. Times are in UTC, whatever zone this process is in."""
    root_number, _colon, root_digest = evidence.trail_root.partition(":")
    with timezone.override(UTC), translation.override("en"):
        return render_to_string(
            "documents/pack.html",
            {
                "pack": pack,
                "evidence": evidence,
                "scope": evidence.scope,
                "framework": evidence.scope.framework,
                "faces": faces(),
                "root_number": root_number,
                "root_digest": root_digest,
                "verdict_words": VERDICTS,
                "limits": LIMITS,
                "glossary": GLOSSARY,
                "printed_exceptions": PRINTED_EXCEPTIONS,
                "most_grants": MOST_GRANTS,
                "most_decisions": MOST_DECISIONS,
                "most_events": MOST_EVENTS,
            },
        )
