-- What waits for an operator: flagged people first, then by risk or by age.
-- Grain: one row a recommendation that is held or pending approval, has not run out, and whose person agrees to it.
-- Risk, 0 to 7, adds up:
--   4  it is an offer: the bank may be paid
--   2  the person is overdue, or a card is at or above `high_utilization` of its limit
--   1  its text failed a check
-- Order: is_flagged first, then `place` (-risk, or 0 by age), then the oldest, then by id.
-- What waits is read class by class, each in the order of ix_recommendations_review and no further than a page: every
-- row of the page is among the first of its class. Flagged people are few; all that waits for them is read.
-- Parameters: at, on (its UTC day), window_days (primary), high_utilization (ratio), by_age; is_first_page, and of the
--   last row before: flagged_before, place_before, created_before, id_before; most.
-- Output: user_id, recommendation_id, is_flagged, risk, is_offer, is_overdue, is_high_utilization, is_failed_text, place,
--   created_at.
-- Sample: ('0a…', '7f…', true, 6, true, false, true, false, -6, 2026-11-22 01:10:07Z)
WITH classes AS (
    SELECT
        kind,
        status,
        is_risky,
        risk,
        CASE WHEN %(by_age)s THEN 0 ELSE -risk END AS place
    FROM (VALUES ('offer', 4), ('education', 0)) AS kinds (kind, for_kind)
    CROSS JOIN (VALUES ('held', 1), ('pending_approval', 0)) AS statuses (status, for_status)
    CROSS JOIN (VALUES (true, 2), (false, 0)) AS people (is_risky, for_person)
    CROSS JOIN LATERAL (SELECT for_kind + for_status + for_person AS risk) AS added
),
-- Where the page begins in each class; a class that lies before the mark is not looked at.
begun AS (
    SELECT
        classes.*,
        of_flagged,
        CASE WHEN is_at_mark THEN %(created_before)s::timestamptz ELSE '-infinity' END AS created_before,
        CASE WHEN is_at_mark THEN %(id_before)s::uuid ELSE '00000000-0000-0000-0000-000000000000' END AS id_before
    FROM classes
    CROSS JOIN (VALUES (true), (false)) AS flagging (of_flagged)
    CROSS JOIN LATERAL (
        SELECT NOT %(is_first_page)s
            AND (of_flagged, place) = (%(flagged_before)s::boolean, %(place_before)s::int) AS is_at_mark
    ) AS mark
    WHERE %(is_first_page)s
        OR (NOT of_flagged, place) >= (NOT %(flagged_before)s::boolean, %(place_before)s::int)
),
waits_for_flagged AS MATERIALIZED (
    SELECT
        r.*,
        COALESCE(s.credit_is_overdue, false) AS is_overdue,
        COALESCE(s.credit_max_utilization_ratio >= %(high_utilization)s, false) AS is_high_utilization
    FROM flags AS f
    JOIN users AS u USING (user_id)
    CROSS JOIN LATERAL (
        SELECT r.user_id, r.recommendation_id, r.created_at, r.kind, r.status
        FROM recommendations AS r
        WHERE r.user_id = f.user_id
            AND r.status IN ('held', 'pending_approval')
            AND r.expires_on > %(on)s
            AND (r.kind = 'education' OR u.offers_until > %(at)s)
        OFFSET 0  -- person by person: without it all that waits would be read, and then the flags
    ) AS r
    LEFT JOIN signals AS s ON s.user_id = f.user_id AND s.window_days = %(window_days)s
    WHERE u.analysis_until > %(at)s
),
flagged AS (
    SELECT
        user_id,
        recommendation_id,
        created_at,
        true AS is_flagged,
        is_overdue,
        is_high_utilization,
        begun.kind,
        begun.status,
        risk,
        place
    FROM waits_for_flagged AS w
    JOIN begun
        ON begun.of_flagged
        AND (begun.kind, begun.status) = (w.kind, w.status)
        AND begun.is_risky = (is_overdue OR is_high_utilization)
        AND (created_at, recommendation_id) > (begun.created_before, begun.id_before)
),
others AS (
    SELECT first.*, begun.kind, begun.status, risk, place
    FROM begun
    CROSS JOIN LATERAL (
        SELECT r.user_id, r.recommendation_id, r.created_at, false AS is_flagged, of_person.*
        FROM recommendations AS r
        JOIN users AS u USING (user_id)
        LEFT JOIN signals AS s ON s.user_id = r.user_id AND s.window_days = %(window_days)s
        CROSS JOIN LATERAL (
            SELECT
                COALESCE(s.credit_is_overdue, false) AS is_overdue,
                COALESCE(s.credit_max_utilization_ratio >= %(high_utilization)s, false) AS is_high_utilization
        ) AS of_person
        WHERE r.status IN ('held', 'pending_approval')
            AND r.kind = begun.kind
            AND r.status = begun.status
            AND (r.created_at, r.recommendation_id) > (begun.created_before, begun.id_before)
            AND r.expires_on > %(on)s
            AND u.analysis_until > %(at)s
            AND (r.kind = 'education' OR u.offers_until > %(at)s)
            AND begun.is_risky = (is_overdue OR is_high_utilization)
            AND NOT EXISTS (SELECT FROM flags AS f WHERE f.user_id = r.user_id)
        ORDER BY r.created_at, r.recommendation_id
        LIMIT %(most)s
    ) AS first
    WHERE NOT begun.of_flagged
)
SELECT
    user_id::text,
    recommendation_id::text,
    is_flagged,
    risk,
    kind = 'offer' AS is_offer,
    is_overdue,
    is_high_utilization,
    status = 'held' AS is_failed_text,
    place,
    created_at
FROM (SELECT * FROM flagged UNION ALL SELECT * FROM others) AS waiting
ORDER BY NOT waiting.is_flagged, waiting.place, waiting.created_at, waiting.recommendation_id
LIMIT %(most)s
