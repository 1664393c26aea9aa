-- Transactions of one ingest, one statement however many. A revised row (modified, or of a snapshot) replaces; one of an
-- `added` page replaces only what no revision has touched, so that pages may come in any order. Partial rows have been
-- completed before (complete_partial.sql). An unchanged row is not written, and keeps the `kind` that it was found to have
-- beside the person's other rows.
-- Reads staged_transactions, no id twice for one person. Output: one row a person with changed rows: user_id | count
WITH changed AS (
    INSERT INTO transactions AS stored (
        user_id, transaction_id, account_id, date, authorized_date, amount_cents, currency, name, merchant_name,
        merchant_entity_id, payment_channel, category_primary, category_detailed, pending,
        pending_transaction_id, counterparty_key, is_transfer_like, on_savings, base_kind, purpose,
        is_revised, kind, is_partial, is_pending_assumed, is_currency_assumed
    )
    SELECT
        user_id, transaction_id, account_id, date, authorized_date, amount_cents, currency, name, merchant_name,
        merchant_entity_id, payment_channel, category_primary, category_detailed, COALESCE(pending, FALSE),
        pending_transaction_id, counterparty_key, is_transfer_like, on_savings, base_kind, purpose,
        is_revised, base_kind, is_partial, pending IS NULL, is_currency_assumed
    FROM staged_transactions
    ON CONFLICT (user_id, transaction_id) DO UPDATE SET
        account_id = EXCLUDED.account_id,
        date = EXCLUDED.date,
        authorized_date = EXCLUDED.authorized_date,
        amount_cents = EXCLUDED.amount_cents,
        currency = EXCLUDED.currency,
        name = EXCLUDED.name,
        merchant_name = EXCLUDED.merchant_name,
        merchant_entity_id = EXCLUDED.merchant_entity_id,
        payment_channel = EXCLUDED.payment_channel,
        category_primary = EXCLUDED.category_primary,
        category_detailed = EXCLUDED.category_detailed,
        pending = EXCLUDED.pending,
        pending_transaction_id = EXCLUDED.pending_transaction_id,
        counterparty_key = EXCLUDED.counterparty_key,
        is_transfer_like = EXCLUDED.is_transfer_like,
        on_savings = EXCLUDED.on_savings,
        base_kind = EXCLUDED.base_kind,
        purpose = EXCLUDED.purpose,
        is_revised = EXCLUDED.is_revised,
        kind = EXCLUDED.kind,
        is_partial = EXCLUDED.is_partial,
        is_pending_assumed = EXCLUDED.is_pending_assumed,
        is_currency_assumed = EXCLUDED.is_currency_assumed
    WHERE EXCLUDED.is_revised >= stored.is_revised
        AND (
            stored.account_id, stored.date, stored.authorized_date, stored.amount_cents, stored.currency,
            stored.name, stored.merchant_name, stored.merchant_entity_id, stored.payment_channel,
            stored.category_primary, stored.category_detailed, stored.pending, stored.pending_transaction_id,
            stored.counterparty_key, stored.is_transfer_like, stored.on_savings,
            stored.base_kind, stored.purpose, stored.is_revised, stored.is_partial, stored.is_pending_assumed,
            stored.is_currency_assumed
        ) IS DISTINCT FROM (
            EXCLUDED.account_id, EXCLUDED.date, EXCLUDED.authorized_date, EXCLUDED.amount_cents,
            EXCLUDED.currency, EXCLUDED.name, EXCLUDED.merchant_name, EXCLUDED.merchant_entity_id,
            EXCLUDED.payment_channel, EXCLUDED.category_primary, EXCLUDED.category_detailed, EXCLUDED.pending,
            EXCLUDED.pending_transaction_id, EXCLUDED.counterparty_key, EXCLUDED.is_transfer_like,
            EXCLUDED.on_savings, EXCLUDED.base_kind, EXCLUDED.purpose, EXCLUDED.is_revised, EXCLUDED.is_partial,
            EXCLUDED.is_pending_assumed, EXCLUDED.is_currency_assumed
        )
    RETURNING user_id
)
SELECT user_id, COUNT(*) FROM changed GROUP BY user_id;
