-- What waits for an operator: flagged people first, then by risk or by age.
-- Grain: one row a recommendation that is held or pending approval, has not run out, and whose person agrees to it.
-- Risk, 0 to 7, adds up:
--   4  it is an offer: the bank may be paid
--   2  the person is overdue, or a card is at or above `high_utilization` of its limit
--   1  its text failed a check
-- Order: is_flagged first, then `place` (-risk, or 0 by age), then the oldest, then by id.
-- Parameters: at, on (its UTC day), window_days (primary), high_utilization (ratio), by_age; is_first_page, and of the
--   last row before: flagged_before, place_before, created_before, id_before; most.
-- Output: user_id, recommendation_id, is_flagged, risk, is_offer, is_overdue, is_high_utilization, is_failed_text, place,
--   created_at.
-- Sample: ('0a…', '7f…', true, 6, true, false, true, false, -6, 2026-11-22 01:10:07Z)
WITH waiting AS (
    SELECT
        r.user_id,
        r.recommendation_id,
        r.created_at,
        f.user_id IS NOT NULL AS is_flagged,
        r.kind = 'offer' AS is_offer,
        COALESCE(s.credit_is_overdue, false) AS is_overdue,
        COALESCE(s.credit_max_utilization_ratio >= %(high_utilization)s, false) AS is_high_utilization,
        r.status = 'held' AS is_failed_text
    FROM recommendations AS r
    JOIN users AS u USING (user_id)
    LEFT JOIN flags AS f USING (user_id)
    LEFT JOIN signals AS s ON s.user_id = r.user_id AND s.window_days = %(window_days)s
    WHERE r.status IN ('held', 'pending_approval')
        AND r.expires_on > %(on)s
        AND u.analysis_until > %(at)s
        AND (r.kind = 'education' OR u.offers_until > %(at)s)
),
weighed AS (
    SELECT *, 4 * is_offer::int + 2 * (is_overdue OR is_high_utilization)::int + is_failed_text::int AS risk
    FROM waiting
),
placed AS (
    SELECT *, CASE WHEN %(by_age)s THEN 0 ELSE -risk END AS place
    FROM weighed
)
SELECT
    user_id::text,
    recommendation_id::text,
    is_flagged,
    risk,
    is_offer,
    is_overdue,
    is_high_utilization,
    is_failed_text,
    place,
    created_at
FROM placed
WHERE %(is_first_page)s
    OR (NOT is_flagged, place, created_at, recommendation_id)
        > (NOT %(flagged_before)s::boolean, %(place_before)s::int, %(created_before)s::timestamptz, %(id_before)s::uuid)
ORDER BY NOT is_flagged, place, created_at, recommendation_id
LIMIT %(most)s
