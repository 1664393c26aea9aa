-- Purpose: whom the statement is about, named once: a thousand ids take a millisecond to read wherever they stand.
-- Grain:   one row a person.
-- Params:  user_ids uuid[].
SELECT UNNEST(%(user_ids)s::uuid[]) AS user_id
