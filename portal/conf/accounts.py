"""Sign-in: e-mail and password, authenticator apps and passkeys, by django-allauth. People are brought in, nobody signs up."""

from __future__ import annotations

ACCOUNT_ADAPTER = "portal.adapters.AccountAdapter"
ACCOUNT_FORMS = {"login": "portal.sign_in.SignInForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # addresses come from the organisation's own directory
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # a stranger's address never gets mail from us
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# Counted in the shared cache, so all processes count together. amount/seconds/per: 10 failures a minute from one address,
# 5 in five minutes on one person (OWASP ASVS 4.0 V2.2.1).
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key", "reset_password": "20/m/ip,5/m/key"}

MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Mandate"
MFA_TOTP_TOLERANCE = 1
CSRF_FAILURE_VIEW = "portal.errors.csrf_failed"
