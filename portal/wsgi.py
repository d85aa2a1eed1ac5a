"""What the web server calls. Runs in each of its processes."""

import os

from django.core.wsgi import get_wsgi_application

from portal.serving import lifeline

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
lifeline.hold_on()

application = get_wsgi_application()
