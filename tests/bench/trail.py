"""A long trail, made by the database itself: real bodies, real digests, as many as asked for."""

import uuid

import psycopg

from tests.database import TestDatabase

# What `agents.audit.trail.record` writes for a grant that is held: about 500 bytes. {uid}: a part that differs.
BODY = (
    '{"about":"agent:7f3b9f5e-2d51-4a58-9d6d-{uid}","actor":{"key":"0b1c7f6e-53a4-4c0e-9f27-1f2e3d4c5b6a","kind":"person",'
    '"label":"Bob"},"address":"192.0.2.17","after":{"hold_until":"2026-11-24T10:10:00.000000+00:00","state":"held"},'
    '"at":"2026-11-24T10:00:00.000000+00:00","before":{"state":"active"},"event":"grant.held","reason":"The project has ended",'
    '"request_id":"5e0f0f1c9d7a4f3e8b2a6c1d0e9f8a7b","target":{"key":"9a0b1c2d-3e4f-4a5b-8c6d-{uid}","kind":"grant",'
    '"label":"Invoice robot: records:export"},"v":1}'
)
FILL = f"""INSERT INTO audit_trailevent (at, event, target_kind, target_key, about, actor_kind, actor_key, body, digest)
SELECT '2026-11-24T10:00:00Z'::timestamptz, 'grant.held', 'grant',
    '9a0b1c2d-3e4f-4a5b-8c6d-' || lpad(to_hex(n), 12, '0'), 'agent:7f3b9f5e-2d51-4a58-9d6d-' || lpad(to_hex(n), 12, '0'),
    'person', '0b1c7f6e-53a4-4c0e-9f27-1f2e3d4c5b6a', body, sha256('\\x00'::bytea || body)
FROM (SELECT n, convert_to(replace('{BODY}', '{{uid}}', lpad(to_hex(n), 12, '0')), 'UTF8') AS body
    FROM generate_series(%s::bigint, %s::bigint) AS n OFFSET 0) AS made"""
AT_ONCE = 250_000
DROPPED = (
    "SELECT 'DROP INDEX ' || indexname FROM pg_indexes"
    " WHERE tablename = 'audit_trailevent' AND indexname NOT IN ('trail_seal', 'audit_trailevent_pkey')"
)


def lengthen(database: TestDatabase, first: int, last: int) -> None:
    """The trail has events number first to last more. Only what sealing and verifying read keeps its index."""
    with psycopg.connect(database.environment["DATABASE_OWNER_URL"], autocommit=True) as owner:
        for (statement,) in owner.execute(DROPPED).fetchall():
            owner.execute(statement)
        for start in range(first, last + 1, AT_ONCE):
            owner.execute(FILL.encode(), (start, min(last, start + AT_ONCE - 1)))
        owner.execute("VACUUM ANALYZE audit_trailevent")


def bare_table(database: TestDatabase) -> str:
    """A table of the trail's shape, with its indexes and nothing that guards it."""
    name = f"bare_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(database.environment["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(f"CREATE TABLE {name} (LIKE audit_trailevent INCLUDING ALL)".encode())
        owner.execute(f"GRANT SELECT, INSERT ON {name} TO PUBLIC; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO PUBLIC".encode())
    return name
