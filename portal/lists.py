"""A list is one page in two forms: whole, and its rows alone when a filter changed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise

from portal.pages import page


def list_answer(request: HttpRequest, noun: str, title: str | Promise, **context: Any) -> HttpResponse:
    """templates/<noun>/list.html, or <noun>/_rows.html for htmx. The context gets `csv`: the query of the download."""
    context["csv"] = _csv_query(request)
    if request.headers.get("HX-Request"):
        answer = render(request, f"{noun}/_rows.html", context)
    else:
        answer = render(request, f"{noun}/list.html", page(request, title, **context))
    patch_vary_headers(answer, ["HX-Request"])  # the browser must not show the part as the page
    return answer


def wants_csv(request: HttpRequest) -> bool:
    return request.GET.get("format") == "csv"


def _csv_query(request: HttpRequest) -> str:
    query = request.GET.copy()
    for name in ("before", "after"):
        query.pop(name, None)
    query["format"] = "csv"
    return query.urlencode()
