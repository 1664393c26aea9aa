-- Writes the personas of a shard where they differ from what is stored, their history, and how far the job has come.
-- Grain: the input has one row a person and window. People without live analysis consent are left out.
-- Parameters: user_ids, window_days, personas, reasons, criteria (arrays of one length); people (all of the shard);
--   version (rulebook), as_of, at.
-- Output: one row: people whose progress moved, persona rows written, changes of persona.
-- Source of the rule: spec section 3: a change is a new row in the history; a rerun without change writes nothing.
WITH consenting AS (
    SELECT u.user_id
    FROM users AS u
    WHERE u.user_id = ANY (%(people)s::uuid[]) AND u.analysis_until > %(at)s
),
decided AS MATERIALIZED (
    SELECT d.user_id, d.window_days, d.persona, d.reason, d.criteria::jsonb AS criteria
    FROM unnest(
        %(user_ids)s::uuid[], %(window_days)s::smallint[], %(personas)s::text[], %(reasons)s::text[], %(criteria)s::text[]
    ) AS d (user_id, window_days, persona, reason, criteria)
    JOIN consenting USING (user_id)
),
changes AS (
    -- The data-modifying parts all see the personas as they were before.
    INSERT INTO persona_history
        (user_id, window_days, previous_persona, persona, reason, criteria, rulebook_version, as_of, changed_at)
    SELECT d.user_id, d.window_days, p.persona, d.persona, d.reason, d.criteria, %(version)s, %(as_of)s, %(at)s
    FROM decided AS d
    LEFT JOIN personas AS p USING (user_id, window_days)
    WHERE p.user_id IS NULL OR p.persona IS DISTINCT FROM d.persona
    RETURNING user_id
),
written AS (
    INSERT INTO personas AS p (user_id, window_days, persona, reason, criteria, rulebook_version, as_of)
    SELECT d.user_id, d.window_days, d.persona, d.reason, d.criteria, %(version)s, %(as_of)s
    FROM decided AS d
    ON CONFLICT (user_id, window_days) DO UPDATE
    SET persona = EXCLUDED.persona,
        reason = EXCLUDED.reason,
        criteria = EXCLUDED.criteria,
        rulebook_version = EXCLUDED.rulebook_version,
        as_of = EXCLUDED.as_of
    WHERE (p.persona, p.reason, p.criteria, p.rulebook_version)
        IS DISTINCT FROM (EXCLUDED.persona, EXCLUDED.reason, EXCLUDED.criteria, EXCLUDED.rulebook_version)
    RETURNING p.user_id
),
moved AS (
    UPDATE progress AS g
    SET named_signals_version = g.signals_version,
        named_rulebook = %(version)s,
        -- A trigger may rest on a signal that is no criterion of a persona: any new signal is looked at again.
        persona_version = g.persona_version
            + (w.user_id IS NOT NULL OR g.named_signals_version IS DISTINCT FROM g.signals_version)::int
    FROM consenting AS c
    LEFT JOIN (SELECT DISTINCT user_id FROM written) AS w USING (user_id)
    WHERE g.user_id = c.user_id
        AND (
            w.user_id IS NOT NULL
            OR (g.named_signals_version, g.named_rulebook) IS DISTINCT FROM (g.signals_version, %(version)s)
        )
    RETURNING g.user_id
)
SELECT
    (SELECT count(*) FROM moved) AS people,
    (SELECT count(*) FROM written) AS written,
    (SELECT count(*) FROM changes) AS changed;
