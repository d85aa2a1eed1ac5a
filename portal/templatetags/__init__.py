"""Template tags of the portal: `{% load mandate %}`."""
