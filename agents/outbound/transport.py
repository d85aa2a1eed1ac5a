"""Between httpx, which speaks, and `sockets`, which connects."""

import ssl
from collections.abc import Iterable, Iterator
from typing import cast

import httpcore
import httpx

from agents.outbound.allowance import Allowance
from agents.outbound.sockets import GuardedNetwork


class GuardedTransport(httpx.BaseTransport):
    """One connection for one question, through `GuardedNetwork`."""

    def __init__(self, allowance: Allowance, trust: ssl.SSLContext) -> None:
        self._allowance, self._trust = allowance, trust

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        # Asked again here, so that nothing between the caller and the socket can have changed the address.
        self._allowance.check_url(str(request.url))
        pool = httpcore.ConnectionPool(
            ssl_context=self._trust, network_backend=GuardedNetwork(self._allowance), max_keepalive_connections=0, retries=0
        )
        try:
            answer = pool.handle_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        except BaseException:
            pool.close()
            raise
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(cast(Iterable[bytes], answer.stream), pool), extensions={}
        )


class _Body(httpx.SyncByteStream):
    """The answer's bytes; closing them closes the connection."""

    def __init__(self, chunks: Iterable[bytes], pool: httpcore.ConnectionPool) -> None:
        self._chunks, self._pool = chunks, pool

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks

    def close(self) -> None:
        self._pool.close()
