from tests.people import Cast


def registration_of(cast: Cast) -> dict[str, object]:
    """The form as Ann sends it, but for the name."""
    wanted = [cast.read_records, cast.export_records]
    return {
        "kind": "ai_agent",
        "purpose": "Shows that what was acknowledged stays.",
        "platform": "Claude on Bedrock",
        "human_owner": "bob@example.org",
        "technical_owner": "ann@example.org",
        "environment": "production",
        "region": "US",
        "legal_entity": cast.hospital.slug,
        "data_classes": ["ephi"],
        "systems": [cast.records.slug],
        "want": [str(one.uid) for one in wanted],
        **{f"days-{one.uid}": "30" for one in wanted},
        "step": "submit",
    }
