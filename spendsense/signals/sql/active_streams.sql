-- Purpose: the recurring streams that run on as_of and are sure enough to count.
-- Grain:   one row a stream.
-- Needs:   people. Params: as_of date.
-- Output:  user_id · stream_id · counterparty_key · direction · kind · cadence · last_amount_cents · transaction_ids
-- Rule:    it has not lapsed, it has been charged more often than twice or the person says that it recurs, and the person
--          does not say that it is none.
SELECT user_id, stream_id, counterparty_key, direction, kind, cadence, last_amount_cents, transaction_ids
FROM streams
WHERE user_id IN (SELECT user_id FROM people)
    AND NOT is_early
    AND verdict IS DISTINCT FROM 'not_recurring'
    AND lapse_on > %(as_of)s::date
