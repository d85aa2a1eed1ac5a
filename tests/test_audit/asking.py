"""A process of its own that answers questions about the time, one a line: `python -m tests.test_audit.asking AGENT PERMISSION`.

"decide": may the agent?   "tell": write an event.   Each answer is one line: yes, or no and why.
"""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.db import transaction  # noqa: E402  (Django must stand first)

from agents.audit.actors import System  # noqa: E402
from agents.audit.errors import Closed  # noqa: E402
from agents.audit.events import Event  # noqa: E402
from agents.audit.models import TrailRef  # noqa: E402
from agents.audit.trail import record  # noqa: E402
from agents.registry.models import Agent, Entitlement  # noqa: E402
from agents.runtime.decisions import is_effective  # noqa: E402


def decide() -> str:
    answer = is_effective(Agent.objects.get(slug=sys.argv[1]), Entitlement.objects.get(pk=sys.argv[2]))
    return "yes" if answer.allowed else f"no: {answer.because}"


def tell() -> str:
    try:
        with transaction.atomic():
            record(Event.CADENCE_SET, TrailRef("cadence", "1", "high"), by=System("asking"))
    except Closed as closed:
        return f"no: {closed.sentence}"
    return "yes"


for line in sys.stdin:
    print({"decide": decide, "tell": tell}[line.strip()](), flush=True)
