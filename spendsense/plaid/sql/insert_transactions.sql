-- The first transactions of people, who have none that could be in the way. COPY itself may not write into a table that
-- row-level security guards. Reads staged_transactions, no id twice for one person. Output: nothing
INSERT INTO transactions (
    user_id, transaction_id, account_id, date, authorized_date, amount_cents, currency, name, merchant_name,
    merchant_entity_id, payment_channel, category_primary, category_detailed, pending, pending_transaction_id,
    counterparty_key, is_transfer_like, on_savings, base_kind, purpose, is_revised, kind,
    is_partial, is_pending_assumed, is_currency_assumed
)
SELECT
    user_id, transaction_id, account_id, date, authorized_date, amount_cents, currency, name, merchant_name,
    merchant_entity_id, payment_channel, category_primary, category_detailed, COALESCE(pending, FALSE),
    pending_transaction_id, counterparty_key, is_transfer_like, on_savings, base_kind, purpose, is_revised, base_kind,
    is_partial, pending IS NULL, is_currency_assumed
FROM staged_transactions;
