"""Errors as RFC 9457 problem documents. What went wrong inside is logged by slug, never told or quoted."""

import http
import secrets

import msgspec
from starlette.responses import Response

from amparo.errors import AmparoError


def problem(error: AmparoError, request_id: str) -> Response:
    """The answer that tells ``error``."""
    body = {
        "type": f"urn:amparo:error:{error.slug}",
        "title": http.HTTPStatus(error.http_status).phrase,
        "status": error.http_status,
        "detail": error.text,
        "slug": error.slug,
        "hint": error.hint,
        "request_id": request_id,
    }
    return Response(msgspec.json.encode(body), error.http_status, headers_of(error), "application/problem+json")


def unasked(error: AmparoError, worker: str) -> Response:
    """The answer to what was no whole request. worker: its name in the header Amparo-Worker."""
    request_id = secrets.token_hex(8)
    told = problem(error, request_id)
    told.headers.update({"amparo-worker": worker, "amparo-request-id": request_id, "cache-control": "no-store"})
    return told


def headers_of(error: AmparoError) -> dict[str, str]:
    """What stands in the headers of an answer that tells ``error``, in whatever words."""
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    if error.http_status == http.HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def answer(shape: object, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(shape), status, media_type="application/json")
