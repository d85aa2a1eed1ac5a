"""What every pack says about itself: what its verdicts mean, what it is not, and its terms."""

from django.utils.translation import gettext_lazy as _

VERDICTS = (
    ("pass", "✓", _("pass"), _("The question was put to every row of the population, and every row held.")),
    ("exception", "!", _("exception"), _("At least one row did not hold. Each is listed, up to a number that is said.")),
    (
        "not_tested",
        "–",
        _("not tested"),
        _("The data to answer it is not here. It is neither good nor bad, and never counted as passed."),
    ),
    ("not_applicable", "∅", _("not applicable"), _("There was nothing of this kind in the period; the reason is given.")),
)

LIMITS = (
    _("This pack supports planning and evidence. It is not legal advice; it supports, and never proves, compliance."),
    _("Controls are described in our own words. The identifiers lead to the official text, which alone is binding."),
    _("A test answers the question printed beside it and no wider one; what it leaves out is said with it."),
    _("Rows are as the registry held them when the pack was built: data classes and owners of that day, not of each day before."),
    _("“Ended” is true of decisions made by this portal. Whether a source removed an access as well is not read back yet."),
    _("What identities did inside systems (activity) is not collected yet, so no verdict here rests on it."),
    _("Lists are cut at the numbers that are printed with them. The counts beside them are whole."),
    _("The file carries no signature yet. Its SHA-256 is in the trail, written in the same transaction that released it."),
)

GLOSSARY = (
    (_("Identity"), _("One AI agent, service account, workload, bot or script in one environment, with a name of its own.")),
    (_("Human owner"), _("The person who answers for an identity and said so; named, and not counted until they accepted.")),
    (_("Access"), _("One permission on one system that an identity holds from a moment until a moment.")),
    (
        _("Discovered"),
        _("Found at its source. Nobody asked for it and nobody approved it, until a request or a review says otherwise."),
    ),
    (_("Stopped, ended"), _("Stopped: refused from that moment, and for ten minutes it can be undone. Ended: for good.")),
    (_("Population"), _("Every row that was in force at any time in the period, those that ended inside it included.")),
    (_("Exception"), _("A row of the population that did not hold. An exception is a fact to explain, not yet a fault.")),
    (_("Trail"), _("The portal's own record of every change of governance: append-only, written with the change or not at all.")),
    (_("Tier"), _("How much harm an identity could do: critical, high, medium or low, computed by rules that are told.")),
)
