-- Empty temporary tables for one ingest, in the form in which the payload's rows are copied in. They end with the
-- transaction; a second ingest in one transaction finds them and empties them.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_items (
    user_id UUID, item_id TEXT COLLATE "C", institution_id TEXT
) ON COMMIT DROP;
CREATE TEMPORARY TABLE IF NOT EXISTS staged_accounts (
    user_id UUID, account_id TEXT COLLATE "C", item_id TEXT, name TEXT, official_name TEXT, mask TEXT, type TEXT,
    subtype TEXT, currency TEXT, observed_on DATE, observed_at TIMESTAMPTZ,
    is_dated BOOLEAN, current_cents BIGINT, available_cents BIGINT, limit_cents BIGINT, has_balance BOOLEAN
) ON COMMIT DROP;
CREATE TEMPORARY TABLE IF NOT EXISTS staged_liabilities (
    user_id UUID, account_id TEXT COLLATE "C", kind TEXT, apr_percent NUMERIC(9, 4), is_overdue BOOLEAN,
    last_payment_cents BIGINT, last_payment_on DATE, last_statement_balance_cents BIGINT, last_statement_on DATE,
    minimum_payment_cents BIGINT, next_payment_due_on DATE, past_due_cents BIGINT
) ON COMMIT DROP;
CREATE TEMPORARY TABLE IF NOT EXISTS staged_transactions (
    user_id UUID, transaction_id TEXT COLLATE "C", account_id TEXT COLLATE "C", date DATE, authorized_date DATE,
    amount_cents BIGINT, currency TEXT, name TEXT, merchant_name TEXT, merchant_entity_id TEXT, payment_channel TEXT,
    category_primary TEXT, category_detailed TEXT, pending BOOLEAN, pending_transaction_id TEXT COLLATE "C",
    is_revised BOOLEAN, counterparty_key BIGINT, is_transfer_like BOOLEAN, on_savings BOOLEAN,
    base_kind SMALLINT, purpose SMALLINT, is_partial BOOLEAN, is_currency_assumed BOOLEAN
) ON COMMIT DROP;
CREATE TEMPORARY TABLE IF NOT EXISTS staged_removals (
    user_id UUID, transaction_id TEXT COLLATE "C", is_superseded BOOLEAN
) ON COMMIT DROP;
TRUNCATE staged_items, staged_accounts, staged_liabilities, staged_transactions, staged_removals;
