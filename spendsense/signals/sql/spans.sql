-- Purpose: the windows of each person, and what is known of their history.
-- Grain:   one row a person and window (30, 90, 180 days).
-- Needs:   people. Params: as_of date.
-- Output:  user_id · window_days · currency · first_row_on · next_row_on · days_seen (days of the window on which history
--          had begun) · enough_days (the same, NULL where they make no month: the month of a sum is × 30 ÷ enough_days)
-- Rule:    a window of N days is the N calendar days that end on and include as_of; a month is 30 days.
SELECT
    progress.user_id,
    window_days,
    progress.currency,
    progress.first_row_on,
    progress.next_row_on,
    days_seen,
    CASE WHEN days_seen >= 30 THEN days_seen END AS enough_days
FROM progress
CROSS JOIN (VALUES (30), (90), (180)) AS windows(window_days)
CROSS JOIN LATERAL (
    -- LEAST passes over NULL, so a person without rows needs a case of their own.
    SELECT CASE WHEN progress.first_row_on IS NULL THEN 0
                ELSE LEAST(window_days, %(as_of)s::date - progress.first_row_on + 1) END AS days_seen
) AS seen
WHERE progress.user_id IN (SELECT user_id FROM people)
