-- Purpose: what the bank charged for: overdraft, NSF, late, ATM and foreign transaction fees.
-- Grain:   one row a person and window.
-- Needs:   spans, events. Params: as_of date.
-- Output:  fee_count · fee_cents · fee_<kind>_count · fee_transaction_ids (charges and reversals)
-- Rule:    a reversal lowers the sum, and takes one charge of its kind off the count, never below 0.
WITH counted AS (
    SELECT
        user_id,
        window_days,
        SUM(amount_cents)::bigint AS fee_cents,
        GREATEST(SUM(SIGN(amount_cents)) FILTER (WHERE kind = $FEE_OVERDRAFT), 0)::int AS fee_overdraft_count,
        GREATEST(SUM(SIGN(amount_cents)) FILTER (WHERE kind = $FEE_NSF), 0)::int AS fee_nsf_count,
        GREATEST(SUM(SIGN(amount_cents)) FILTER (WHERE kind = $FEE_LATE), 0)::int AS fee_late_count,
        GREATEST(SUM(SIGN(amount_cents)) FILTER (WHERE kind = $FEE_ATM), 0)::int AS fee_atm_count,
        GREATEST(SUM(SIGN(amount_cents)) FILTER (WHERE kind = $FEE_FOREIGN), 0)::int AS fee_foreign_count,
        ARRAY_AGG(transaction_id ORDER BY date, transaction_id) AS fee_transaction_ids
    FROM events
    JOIN (VALUES (30), (90), (180)) AS windows(window_days) ON events.date > %(as_of)s::date - window_days
    WHERE kind IN $FEE_KINDS
    GROUP BY user_id, window_days
)
SELECT
    spans.user_id,
    spans.window_days,
    COALESCE(
        fee_overdraft_count + fee_nsf_count + fee_late_count + fee_atm_count + fee_foreign_count, 0
    ) AS fee_count,
    COALESCE(fee_cents, 0) AS fee_cents,
    COALESCE(fee_overdraft_count, 0) AS fee_overdraft_count,
    COALESCE(fee_nsf_count, 0) AS fee_nsf_count,
    COALESCE(fee_late_count, 0) AS fee_late_count,
    COALESCE(fee_atm_count, 0) AS fee_atm_count,
    COALESCE(fee_foreign_count, 0) AS fee_foreign_count,
    COALESCE(fee_transaction_ids, '{}') AS fee_transaction_ids
FROM spans
LEFT JOIN counted USING (user_id, window_days)
