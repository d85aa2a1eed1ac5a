"""Checks a trail with nothing but the standard library, so that an auditor need not trust or install the portal.

`python -m agents.audit.verifier`, or the single file `verify.pyz` that `manage.py audit_export` puts beside the data.
"""
