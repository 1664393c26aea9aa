-- Purpose: notes how far the measuring has come, and moves signals_version on for those of whom something was written.
-- Grain:   one row of `progress` a person. Params: user_ids uuid[]; changed uuid[]; as_of date.
UPDATE progress
SET measured_data_version = users.data_version,
    measured_as_of = %(as_of)s::date,
    signals_version = signals_version + (progress.user_id = ANY(%(changed)s::uuid[]))::int
FROM users
WHERE progress.user_id = ANY(%(user_ids)s::uuid[]) AND users.user_id = progress.user_id
