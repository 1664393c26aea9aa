-- Notes how far advice has come with each person of a shard. Nothing is written where nothing differs.
-- Parameters: user_ids, persona_versions, consent_versions, revisit_on (arrays of one length), version, as_of.
UPDATE progress AS g
SET advised_persona_version = d.persona_version,
    advised_consent_version = d.consent_version,
    advised_rulebook = %(version)s,
    advised_on = %(as_of)s,
    revisit_on = d.revisit_on
FROM unnest(%(user_ids)s::uuid[], %(persona_versions)s::int[], %(consent_versions)s::int[], %(revisit_on)s::date[])
    AS d (user_id, persona_version, consent_version, revisit_on)
WHERE g.user_id = d.user_id
    AND (g.advised_persona_version, g.advised_consent_version, g.advised_rulebook, g.advised_on, g.revisit_on)
        IS DISTINCT FROM (d.persona_version, d.consent_version, %(version)s, %(as_of)s, d.revisit_on)
