"""A process that seals without a pause, to be killed in the middle of it:  python -m tests.soak.sealer"""

import os
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from agents.audit import sealing  # noqa: E402  (models load only after the set-up)

if __name__ == "__main__":
    while True:
        if not sealing.seal():
            time.sleep(0.02)
