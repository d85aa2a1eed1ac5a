"""Secrets that came in by mistake. The portal never stores or logs them (invariant 12)."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.intake.errors import Unreadable

Words = str | Promise

# (what it is, how it looks). First hit wins; spans are bounded, so that judging stays linear in time.
SHAPES: tuple[tuple[Words, re.Pattern[str]], ...] = (
    (gettext_lazy("a private key"), re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY")),
    (gettext_lazy("an AWS access key"), re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])")),
    (gettext_lazy("a signed token (JWT)"), re.compile(r"eyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8}")),
    (gettext_lazy("a GitHub token"), re.compile(r"(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})")),
    (gettext_lazy("a GitLab token"), re.compile(r"glpat-[A-Za-z0-9_-]{20,}")),
    (gettext_lazy("a Slack token"), re.compile(r"xox[abeoprs]-[A-Za-z0-9-]{10,}")),
    (gettext_lazy("a Stripe key"), re.compile(r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}")),
    (gettext_lazy("a Google API key"), re.compile(r"AIza[A-Za-z0-9_-]{35}")),
    (
        gettext_lazy("a model provider's API key"),
        re.compile(r"(?<![A-Za-z0-9])sk-(?=[a-z_-]{0,60}[A-Z0-9])(?=[A-Za-z_-]{0,60}[0-9])[A-Za-z0-9_-]{20}"),
    ),
    (gettext_lazy("an Azure storage key"), re.compile(r"AccountKey=[A-Za-z0-9+/=]{20,}", re.IGNORECASE)),
    (gettext_lazy("a bearer token"), re.compile(r"\bbearer\s+[A-Za-z0-9._~+/=-]{16,}", re.IGNORECASE)),
    (
        gettext_lazy("an address with a password in it"),
        re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{1,100}:[^\s/@]{3,200}@", re.IGNORECASE),
    ),
    (
        gettext_lazy("a password or key"),
        re.compile(
            r"\b(?:password|passwd|pwd|secret|secret[_-]?key|access[_-]?key|api[_-]?key|client[_-]?secret|token)\s*[=:]\s*"
            r"[\"']?(?=[^\s\"']{0,60}[0-9!$%&#])[^\s\"']{8}",
            re.IGNORECASE,
        ),
    ),
)
RANDOM = re.compile(r"[A-Za-z0-9+/=_-]{32,}")
LEAST_BITS = 4.2  # per character; hexadecimal fingerprints cannot exceed 4.0
LEAST_CHANGES = 0.35  # changes between upper case, lower case and digit per character; CamelCase stays far below


@dataclass(frozen=True)
class Suspicion:
    """What it looks like, in words; never the text itself."""

    what: str

    @property
    def sentence(self) -> str:
        return _(
            "This looks like %(what)s. Nothing was kept. Treat it as exposed: replace it at its source, "
            "and write here only where it is kept."
        ) % {"what": self.what}


def find(text: str) -> Suspicion | None:
    """What in the text looks like a secret, if anything does."""
    for what, shape in SHAPES:
        if shape.search(text):
            return Suspicion(str(what))
    if any(_is_random(word[0]) for word in RANDOM.finditer(text)):
        return Suspicion(_("a random key or token"))
    return None


def refuse(text: str) -> None:
    """Raises Unreadable with a sentence that helps when the text looks like a secret."""
    if suspicion := find(text):
        raise Unreadable(suspicion.sentence)


def find_in(fields: Mapping[str, str]) -> dict[str, Suspicion]:
    """The fields that look like secrets."""
    return {name: suspicion for name, text in fields.items() if (suspicion := find(text))}


def _is_random(word: str) -> bool:
    kinds = [0 if c.isupper() else 1 if c.islower() else 2 if c.isdigit() else None for c in word]
    known = [kind for kind in kinds if kind is not None]
    if set(known) != {0, 1, 2}:
        return False
    changes = sum(a != b for a, b in pairwise(known)) / len(known)
    counts = Counter(word)
    bits = -sum(n / len(word) * math.log2(n / len(word)) for n in counts.values())
    return bits >= LEAST_BITS and changes >= LEAST_CHANGES
