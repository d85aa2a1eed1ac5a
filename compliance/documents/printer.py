"""HTML in, PDF out, in a process of its own:  python -I printer.py IN.html OUT.pdf IDENTIFIER

Run as a file, not as a module: it needs WeasyPrint and nothing of ours. It opens no socket and no file but its own two:
the fetcher answers `data:` addresses only and follows nothing. Its memory and time are limited, and it ends when the
process that started it does.
"""

import os
import resource
import sys
import threading
from pathlib import Path

from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher

MEMORY = 3 * 1024**3
SECONDS = 600


def hold_on() -> None:
    """Whoever started us keeps our standard input open; when it closes they are gone, and so are we."""

    def wait() -> None:
        while os.read(0, 1):  # unbuffered: the interpreter must be able to end while this waits
            pass
        os._exit(3)

    threading.Thread(target=wait, daemon=True).start()


def write(source: Path, target: Path, identifier: str) -> None:
    """The PDF is at `target`: tagged (PDF/UA-1 declared), every font inside, nothing fetched."""
    fetcher = URLFetcher(allowed_protocols=("data",), allow_redirects=False)  # type: ignore[no-untyped-call]
    html = HTML(string=source.read_text(encoding="utf-8"), url_fetcher=fetcher, base_url=None)  # type: ignore[no-untyped-call]
    html.write_pdf(str(target), pdf_variant="pdf/ua-1", pdf_identifier=identifier.encode())  # type: ignore[no-untyped-call]


def main(source: str, target: str, identifier: str) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    hold_on()
    try:
        write(Path(source), Path(target), identifier)
    except FatalURLFetchingError as problem:  # derives from BaseException, so that WeasyPrint does not swallow it
        sys.stderr.write(f"an address was asked for: {problem}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
