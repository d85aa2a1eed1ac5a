"""Every governance event there is, `noun.past_verb`. A new one needs its words in `templates/trail/`."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.TextChoices):
    # people
    ORGANISATION_FOUNDED = "organisation.founded", _("organisation founded")
    ENTITY_CREATED = "entity.created", _("legal entity created")
    PERSON_JOINED = "person.joined", _("person added")
    PERSON_CHANGED = "person.changed", _("person changed")
    PERSON_LEFT = "person.left", _("person left")
    PERSON_ABSENCE_SET = "person.absence_set", _("absence set")
    ROLE_ASSIGNED = "role.assigned", _("role given")
    ROLE_ENDED = "role.ended", _("role ended")
    SHARE_GIVEN = "share.given", _("shared with a person")
    SHARE_ENDED = "share.ended", _("share ended")
    PEOPLE_IMPORTED = "people.imported", _("people imported")
    # registry
    SYSTEM_CREATED = "system.created", _("system added")
    SYSTEM_CHANGED = "system.changed", _("system changed")
    ENTITLEMENT_CREATED = "entitlement.created", _("permission described")
    AGENT_REGISTERED = "agent.registered", _("draft begun")
    AGENT_DISCOVERED = "agent.discovered", _("discovered at the source")
    AGENT_CHANGED = "agent.changed", _("details changed")
    AGENT_SUBMITTED = "agent.submitted", _("submitted for acceptance")
    OWNERSHIP_ACCEPTED = "ownership.accepted", _("ownership accepted")
    OWNERSHIP_REFUSED = "ownership.refused", _("ownership refused")
    AGENT_ACTIVATED = "agent.activated", _("activated")
    AGENT_RETURNED = "agent.returned", _("sent back to draft")
    AGENT_SUSPENDED = "agent.suspended", _("suspended")
    AGENT_RESUMED = "agent.resumed", _("resumed")
    AGENT_QUARANTINED = "agent.quarantined", _("quarantined")
    AGENT_RETIRED = "agent.retired", _("retired")
    AGENT_LEASE_EXTENDED = "agent.lease_extended", _("eligibility extended")
    AGENTS_IMPORTED = "agents.imported", _("agents imported")
    # access
    REQUEST_SUBMITTED = "request.submitted", _("access requested")
    REQUEST_DECIDED = "request.decided", _("request decided")
    REQUEST_CANCELLED = "request.cancelled", _("request withdrawn")
    REQUEST_EXPIRED = "request.expired", _("request expired")
    LINE_APPROVED = "line.approved", _("access approved")
    LINE_DENIED = "line.denied", _("access refused")
    LINE_WITHDRAWN = "line.withdrawn", _("line withdrawn")
    GRANT_STARTED = "grant.started", _("access began")
    GRANT_DISCOVERED = "grant.discovered", _("access discovered at the source")
    GRANT_HELD = "grant.held", _("access stopped")
    GRANT_RESTORED = "grant.restored", _("access restored")
    GRANT_REVOKED = "grant.revoked", _("access ended for good")
    GRANT_EXPIRED = "grant.expired", _("access ran out")
    # reviews
    CADENCE_SET = "cadence.set", _("review cadence set")
    CAMPAIGN_OPENED = "campaign.opened", _("review opened")
    CAMPAIGN_CLOSED = "campaign.closed", _("review closed")
    CAMPAIGN_CANCELLED = "campaign.cancelled", _("review cancelled")
    ITEM_DECIDED = "item.decided", _("review decision")
    ITEM_EXECUTED = "item.executed", _("review decision carried out")
    # compliance
    PACK_REQUESTED = "pack.requested", _("evidence pack requested")
    PACK_READY = "pack.ready", _("evidence pack sealed")
    PACK_FAILED = "pack.failed", _("evidence pack failed")
    PACK_DOWNLOADED = "pack.downloaded", _("evidence pack downloaded")
