-- Writes new recommendations, each with its trace and the first event of its life. Consent is asked once more in the
-- statement that writes.
-- Grain: one row a recommendation; the texts of the catalog come once an item and are joined.
-- Parameters: user_ids, recommendation_ids, kinds, items, positions, personas, rationales, statuses, codes, reasons,
--   traces, digests (arrays of one length); catalog_items, titles, contents, disclosures (arrays of one length);
--   version, as_of, expires_on, actor, at.
-- Output: one row: how many were written.
WITH issued AS MATERIALIZED (
    SELECT i.*
    FROM unnest(
        %(user_ids)s::uuid[], %(recommendation_ids)s::uuid[], %(kinds)s::text[], %(items)s::text[],
        %(positions)s::smallint[], %(personas)s::text[], %(rationales)s::text[], %(statuses)s::text[],
        %(codes)s::text[], %(reasons)s::text[], %(traces)s::text[], %(digests)s::text[]
    ) AS i (
        user_id, recommendation_id, kind, item_id, position, persona, rationale, status, code, reason, trace, digest
    )
    JOIN users AS u ON u.user_id = i.user_id
    WHERE u.analysis_until > %(at)s AND (i.kind = 'education' OR u.offers_until > %(at)s)
),
written AS (
    INSERT INTO recommendations (
        user_id, recommendation_id, kind, item_id, position, persona, title, rationale, content, disclosure, status,
        status_reason, rulebook_version, chosen_on, expires_on, created_at
    )
    SELECT
        i.user_id, i.recommendation_id, i.kind, i.item_id, i.position, i.persona, c.title, i.rationale, c.content,
        c.disclosure, i.status, i.reason, %(version)s, %(as_of)s, %(expires_on)s, %(at)s
    FROM issued AS i
    JOIN unnest(%(catalog_items)s::text[], %(titles)s::text[], %(contents)s::text[], %(disclosures)s::text[])
        AS c (item_id, title, content, disclosure) USING (item_id)
    RETURNING user_id, recommendation_id
),
traced AS (
    -- The foreign key to the recommendation is checked at the end of the statement.
    INSERT INTO traces (user_id, recommendation_id, trace, digest)
    SELECT i.user_id, i.recommendation_id, i.trace::jsonb, i.digest
    FROM issued AS i
    JOIN written USING (user_id, recommendation_id)
),
recorded AS (
    INSERT INTO recommendation_events
        (user_id, recommendation_id, at, actor, from_status, to_status, reason_code, detail)
    SELECT i.user_id, i.recommendation_id, %(at)s, %(actor)s, NULL, i.status, i.code, i.reason
    FROM issued AS i
    JOIN written USING (user_id, recommendation_id)
)
SELECT count(*) FROM written
