-- Double entry: a debit is positive, a credit negative, every transaction sums to zero.
CREATE TABLE ledger_account (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('cash_clearing', 'deferred_revenue', 'promo_credit', 'promo_pending', 'contract_asset',
    'receivable', 'revenue', 'revenue_reduction', 'breakage_revenue', 'cost_of_sales', 'provider_payable', 'rounding')),
  -- Absent: an account of the house.
  wallet_id uuid REFERENCES wallet (id),
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (kind, wallet_id, currency)
);

CREATE TABLE ledger_transaction (
  id uuid PRIMARY KEY,
  -- Says once for ever what this transaction is for: "usage:<wallet>:<first event>".
  idempotency_key text NOT NULL UNIQUE,
  kind text NOT NULL,
  organization_id uuid REFERENCES organization (id),
  reverses_id uuid UNIQUE REFERENCES ledger_transaction (id),
  description text NOT NULL,
  effective_at timestamptz NOT NULL DEFAULT billing_now()
);
CREATE INDEX ledger_transaction_by_organization ON ledger_transaction (organization_id, effective_at);

CREATE TABLE ledger_entry (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id uuid NOT NULL REFERENCES ledger_transaction (id),
  account_id uuid NOT NULL REFERENCES ledger_account (id),
  amount_nano bigint NOT NULL CHECK (amount_nano <> 0)
);
CREATE INDEX ledger_entry_by_transaction ON ledger_entry (transaction_id);
CREATE INDEX ledger_entry_by_account ON ledger_entry (account_id);

CREATE FUNCTION ledger_transaction_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_sum numeric; v_rows bigint; v_currencies bigint;
BEGIN
  SELECT coalesce(sum(e.amount_nano), 0), count(*), count(DISTINCT a.currency)
    INTO v_sum, v_rows, v_currencies
    FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
    WHERE e.transaction_id = NEW.id;
  IF v_sum <> 0 OR v_rows < 2 OR v_currencies <> 1 THEN
    RAISE EXCEPTION 'ledger transaction % does not balance: sum %, % entries, % currencies', NEW.id, v_sum, v_rows, v_currencies
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_transaction_zero_sum AFTER INSERT ON ledger_transaction
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_transaction_balances();

-- Entries belong to the database transaction that made their ledger transaction; nothing is added afterwards.
CREATE FUNCTION ledger_entry_same_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM added_entry n JOIN ledger_transaction t ON t.id = n.transaction_id
    WHERE t.xmin::text::bigint <> pg_current_xact_id()::text::bigint % 4294967296
  ) THEN
    RAISE EXCEPTION 'ledger entries can only be added with their transaction' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_entry_with_transaction AFTER INSERT ON ledger_entry
  REFERENCING NEW TABLE AS added_entry FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_same_transaction();
CREATE TRIGGER ledger_transaction_append_only BEFORE UPDATE OR DELETE ON ledger_transaction FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- A lot of credit. paid and goodwill are owed to the customer as deferred revenue, promo is not.
CREATE TABLE credit_grant (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organization (id),
  wallet_id uuid NOT NULL REFERENCES wallet (id),
  kind text NOT NULL CHECK (kind IN ('paid', 'promo', 'goodwill')),
  amount_nano bigint NOT NULL CHECK (amount_nano > 0),
  -- Lower is used first: promo 10, goodwill 20, paid 30.
  priority integer NOT NULL,
  reason text NOT NULL,
  expires_at timestamptz,
  idempotency_key text NOT NULL UNIQUE,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT billing_now()
);
CREATE INDEX credit_grant_by_wallet ON credit_grant (wallet_id, priority, expires_at, created_at);

CREATE TABLE grant_move (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  grant_id uuid NOT NULL REFERENCES credit_grant (id),
  kind text NOT NULL CHECK (kind IN ('consume', 'expire', 'refund', 'restore')),
  amount_nano bigint NOT NULL CHECK (amount_nano > 0),
  transaction_id uuid NOT NULL REFERENCES ledger_transaction (id),
  at timestamptz NOT NULL DEFAULT billing_now()
);
CREATE INDEX grant_move_by_grant ON grant_move (grant_id);
CREATE TRIGGER grant_move_append_only BEFORE UPDATE OR DELETE ON grant_move FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER credit_grant_append_only BEFORE UPDATE OR DELETE ON credit_grant FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
