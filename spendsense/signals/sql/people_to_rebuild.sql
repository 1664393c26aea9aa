-- Purpose: the people whose rows must be looked at anew: their data changed, a row dated in the future has come into view
--          (or rows decide their currency), or they were last measured for a later day.
-- Grain:   one row a person. Params: user_ids uuid[]; as_of date.
SELECT user_id::text
FROM progress
JOIN users USING (user_id)
WHERE user_id = ANY(%(user_ids)s::uuid[])
    AND (
        measured_data_version IS DISTINCT FROM data_version
        OR next_row_on <= %(as_of)s::date
        OR measured_as_of > %(as_of)s::date
    )
ORDER BY progress.user_id
