-- Purpose: each credit card as it stands on as_of, and the interest it was charged in each window.
-- Grain:   one row of `card_signals` a card in the currency of analysis; written where it differs.
-- Params:  user_ids uuid[]; as_of date.
-- Output:  user_id of each card that was written or deleted.
-- Rules:   utilization = balance / limit, floored to 1/10,000 from exact integers, up to what measures.Ratio holds; a
--          credit balance is 0; no limit or a limit of 0: unknown. Minimum payments only: 0 < last payment <= minimum +
--          5.00, and the last statement's balance was larger than the payment. Interest is net of reversals.
WITH people AS MATERIALIZED (
    SELECT UNNEST(%(user_ids)s::uuid[]) AS user_id
),
card AS (
    SELECT
        accounts.user_id,
        accounts.account_id,
        observed.current_cents AS balance_cents,
        observed.limit_cents,
        liabilities.is_overdue,
        liabilities.apr_percent,
        liabilities.last_payment_cents,
        liabilities.minimum_payment_cents,
        liabilities.next_payment_due_on,
        liabilities.last_payment_cents > 0
            AND liabilities.last_payment_cents <= liabilities.minimum_payment_cents + 500
            AND liabilities.last_statement_balance_cents > liabilities.last_payment_cents AS is_minimum_payment_only,
        CASE
            WHEN observed.limit_cents > 0 AND observed.current_cents IS NOT NULL
                THEN LEAST(
                    GREATEST(observed.current_cents, 0) * 10000 / observed.limit_cents, 99999999999999
                )::numeric / 10000
        END AS utilization_ratio
    FROM accounts
    JOIN progress USING (user_id)
    LEFT JOIN LATERAL (
        SELECT current_cents, limit_cents
        FROM balances
        WHERE balances.user_id = accounts.user_id
            AND balances.account_id = accounts.account_id
            AND observed_on <= %(as_of)s::date
        ORDER BY observed_on DESC
        LIMIT 1
    ) AS observed ON TRUE
    LEFT JOIN liabilities
        ON liabilities.user_id = accounts.user_id
        AND liabilities.account_id = accounts.account_id
        AND liabilities.kind = 'credit'
    WHERE accounts.user_id IN (SELECT user_id FROM people)
        AND accounts.type = 'credit'
        AND (accounts.currency = progress.currency OR accounts.currency IS NULL)
),
interest AS (
    SELECT
        user_id,
        account_id,
        SUM(amount_cents) FILTER (WHERE date > %(as_of)s::date - 30)::bigint AS interest_30_cents,
        SUM(amount_cents) FILTER (WHERE date > %(as_of)s::date - 90)::bigint AS interest_90_cents,
        SUM(amount_cents)::bigint AS interest_180_cents
    FROM transactions
    WHERE user_id IN (SELECT user_id FROM people)
        AND date > %(as_of)s::date - 180
        AND date <= %(as_of)s::date
        AND kind IN $EVENT_KINDS  -- so that ix_transactions_events serves
        AND kind = $INTEREST
    GROUP BY user_id, account_id
),
measured AS (
    SELECT
        card.*,
        CASE
            WHEN utilization_ratio >= 0.8 THEN 80
            WHEN utilization_ratio >= 0.5 THEN 50
            WHEN utilization_ratio >= 0.3 THEN 30
            WHEN utilization_ratio >= 0 THEN 0
        END AS utilization_flag_percent,
        COALESCE(interest_30_cents, 0) AS interest_30_cents,
        COALESCE(interest_90_cents, 0) AS interest_90_cents,
        COALESCE(interest_180_cents, 0) AS interest_180_cents
    FROM card
    LEFT JOIN interest USING (user_id, account_id)
),
gone AS (
    DELETE FROM card_signals
    WHERE user_id IN (SELECT user_id FROM people)
        AND NOT EXISTS (
            SELECT FROM card
            WHERE card.user_id = card_signals.user_id AND card.account_id = card_signals.account_id
        )
    RETURNING user_id
),
written AS (
    INSERT INTO card_signals (
        user_id, account_id, balance_cents, limit_cents, utilization_ratio, utilization_flag_percent,
        is_minimum_payment_only, is_overdue, apr_percent, last_payment_cents, minimum_payment_cents,
        next_payment_due_on, interest_30_cents, interest_90_cents, interest_180_cents
    )
    SELECT
        user_id, account_id, balance_cents, limit_cents, utilization_ratio, utilization_flag_percent,
        is_minimum_payment_only, is_overdue, apr_percent, last_payment_cents, minimum_payment_cents,
        next_payment_due_on, interest_30_cents, interest_90_cents, interest_180_cents
    FROM measured
    ON CONFLICT (user_id, account_id) DO UPDATE SET
        balance_cents = EXCLUDED.balance_cents,
        limit_cents = EXCLUDED.limit_cents,
        utilization_ratio = EXCLUDED.utilization_ratio,
        utilization_flag_percent = EXCLUDED.utilization_flag_percent,
        is_minimum_payment_only = EXCLUDED.is_minimum_payment_only,
        is_overdue = EXCLUDED.is_overdue,
        apr_percent = EXCLUDED.apr_percent,
        last_payment_cents = EXCLUDED.last_payment_cents,
        minimum_payment_cents = EXCLUDED.minimum_payment_cents,
        next_payment_due_on = EXCLUDED.next_payment_due_on,
        interest_30_cents = EXCLUDED.interest_30_cents,
        interest_90_cents = EXCLUDED.interest_90_cents,
        interest_180_cents = EXCLUDED.interest_180_cents
    WHERE card_signals IS DISTINCT FROM EXCLUDED
    RETURNING user_id
)
SELECT user_id FROM gone
UNION ALL
SELECT user_id FROM written
