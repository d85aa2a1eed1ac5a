"""Names that show what they are. Two names that look the same to a reader are the same, or one is refused."""

import hashlib
import re
import unicodedata

from django.utils.translation import gettext as _

from agents.intake.errors import Unreadable

# Not seen, yet a difference: fillers and joiners beside the categories of control, format, private and unassigned characters.
INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0") | frozenset(
    chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
)
REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
FORMULA = ("=", "+", "-", "@")  # what spreadsheets execute
LATIN = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"})
SLUG_LENGTH = 60


def clean_name(raw: str, *, max_length: int = 120) -> str:
    """One visible line, in NFKC, with single spaces. Empty stays empty.

    Raises Unreadable, with a sentence without the field's name: invisible characters, a formula's sign in front, too long.
    """
    text = clean_text(raw, max_length=max_length, lines=False)
    if text.startswith(FORMULA):
        raise Unreadable(_("A name cannot begin with “%(sign)s”; spreadsheets take that for a formula.") % {"sign": text[0]})
    return text


def clean_text(raw: str, *, max_length: int, lines: bool = True) -> str:
    """Visible text in NFKC without white space around it.

    lines: False joins lines with a space. Raises Unreadable as `clean_name` does.
    """
    text = unicodedata.normalize("NFKC", raw.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.replace("\t", " ").strip() if lines else " ".join(text.split())
    for at, character in enumerate(text):
        if character != "\n" and (unicodedata.category(character) in REFUSED or character in INVISIBLE):
            raise Unreadable(
                _("Character %(at)d is invisible (U+%(code)04X). Type the text afresh instead of pasting it.")
                % {"at": at + 1, "code": ord(character)}
            )
    if len(text) > max_length:
        raise Unreadable(
            _("This has %(length)d characters; at most %(limit)d are kept.") % {"length": len(text), "limit": max_length}
        )
    return text


def slug(name: str, *, fallback: str = "agent", max_length: int = SLUG_LENGTH) -> str:
    """Lower-case letters, digits and single hyphens, beginning and ending with neither hyphen; never empty.

    A name without any Latin letter or digit becomes the fallback and a fingerprint of the name.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold().translate(LATIN))
    ascii_only = "".join(c for c in plain if not unicodedata.combining(c))
    made = "-".join(re.findall(r"[a-z0-9]+", ascii_only))[:max_length].strip("-")
    if made:
        return made
    return f"{fallback}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def numbered(base: str, number: int, *, max_length: int = SLUG_LENGTH) -> str:
    """The slug for the second, third … thing of one name: `base-2`."""
    ending = f"-{number}"
    return base[: max_length - len(ending)].rstrip("-") + ending
