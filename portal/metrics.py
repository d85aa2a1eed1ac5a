"""/metrics: how the portal is doing, for Prometheus. A fixed number of cheap questions, whatever is in the tables.

With MANDATE_METRICS_TOKEN set, for whoever sends it as a bearer token; without one, for this machine only. Others find no page.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterator

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from agents import clock
from agents.audit import health, vitals
from agents.audit.models import Alarm, Checkpoint, DueRun
from compliance.models import Pack


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not may_read(request):
        raise Http404
    registry = CollectorRegistry()
    registry.register(Vitals())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def may_read(request: HttpRequest) -> bool:
    token: str = settings.MANDATE_METRICS_TOKEN
    if token:
        sent = str(request.headers.get("Authorization", ""))
        return hmac.compare_digest(sent.encode(), f"Bearer {token}".encode())
    # The peer's own address, and nobody in between: behind a proxy on this machine everybody would come from here.
    if request.headers.get("X-Forwarded-For") or request.headers.get("Forwarded"):
        return False
    try:
        address = ipaddress.ip_address(str(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


class Vitals(Collector):
    """Asked once for each scrape."""

    def describe(self) -> list[Metric]:
        """Nothing beforehand: registering must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield from _trail()
        yield from _sinks()
        yield from _work()
        yield from _health()


def _trail() -> Iterator[Metric]:
    waiting, seal = vitals.unsealed(), vitals.newest_seal()
    count = vitals.at_most(waiting)
    newest = Checkpoint.objects.order_by("-id").first()
    yield _gauge("mandate_trail_unsealed_events", f"Events without a seal, counted up to {vitals.MOST_COUNTED}.", count)
    yield _gauge(
        "mandate_trail_seal_lag_seconds",
        "Age of the oldest event without a seal.",
        vitals.seal_lag(waiting.first()).total_seconds(),
    )
    yield _gauge("mandate_trail_sealed_events", "Events that have their place in the sealed trail.", seal.size if seal else 0)
    yield _gauge(
        "mandate_checkpoint_size_events", "Events that the newest signed checkpoint covers.", newest.size if newest else 0
    )
    if newest:
        age = max(0.0, (clock.now() - newest.signed_at).total_seconds())
        yield _gauge("mandate_checkpoint_age_seconds", "Age of the newest signed checkpoint.", age)


def _sinks() -> Iterator[Metric]:
    lag = GaugeMetricFamily("mandate_sink_lag_seconds", "How long a checkpoint has waited for this sink.", labels=["sink"])
    for sink, waited in vitals.sinks_with_lag():
        lag.add_metric([sink.name], waited.total_seconds())
    yield lag


def _work() -> Iterator[Metric]:
    runs = list(DueRun.objects.all()[:1000])
    beat = next((run for run in runs if run.name == vitals.SCHEDULER), None)
    age = vitals.scheduler_age(beat)
    waiting, dead = vitals.at_most(vitals.waiting_reactions()), vitals.at_most(vitals.dead_reactions())
    yield _gauge("mandate_reactions_waiting", f"Follow-up work on its way, counted up to {vitals.MOST_COUNTED}.", waiting)
    yield _gauge("mandate_reactions_dead", f"Follow-up work given up, counted up to {vitals.MOST_COUNTED}.", dead)
    yield _gauge(
        "mandate_due_jobs_failing", "Due jobs that failed when they last ran.", sum(bool(run.failing_since) for run in runs)
    )
    if age is not None:
        yield _gauge("mandate_scheduler_age_seconds", "When the scheduler was last seen.", age.total_seconds())
    building = Pack.objects.filter(state__in=[Pack.State.REQUESTED, Pack.State.BUILDING]).count()
    yield _gauge("mandate_packs_building", "Evidence packs asked for and not ready yet.", building)


def _health() -> Iterator[Metric]:
    state = GaugeMetricFamily("mandate_health", "Each line of /health/: 0 well, 1 look at it, 2 not well.", labels=["line"])
    for line in health.lines():
        state.add_metric([line.name], {health.State.OK: 0, health.State.WARN: 1, health.State.BAD: 2}[line.state])
    yield state
    yield _gauge("mandate_alarms_open", "Alarms that are open.", Alarm.objects.filter(cleared_at__isnull=True).count())


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)
