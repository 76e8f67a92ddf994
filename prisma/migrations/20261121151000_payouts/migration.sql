-- Money on its way from a payment provider to the bank.
ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_kind_check,
  ADD CONSTRAINT ledger_account_kind_check CHECK (kind IN ('bank', 'cash_clearing', 'cash_in_transit', 'psp_fees', 'deferred_revenue',
    'promo_credit', 'promo_pending', 'contract_asset', 'receivable', 'receivable_usage', 'vat_payable', 'revenue', 'revenue_reduction',
    'breakage_revenue', 'cost_of_sales', 'provider_variance', 'provider_payable', 'disputes', 'chargeback_loss', 'bad_debt',
    'house_expense', 'fx_difference', 'rounding'));

CREATE TABLE payout (
  id uuid PRIMARY KEY,
  -- "po_…"
  provider_ref text NOT NULL UNIQUE,
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  amount_nano bigint NOT NULL,
  status text NOT NULL CHECK (status IN ('pending', 'in_transit', 'paid', 'failed', 'canceled')),
  -- Made by the provider's schedule: it then says which movements it consists of.
  automatic boolean NOT NULL,
  -- Whether those were read.
  composed boolean NOT NULL DEFAULT false,
  arrives_on date NOT NULL,
  failure_message text,
  legal_entity_id uuid NOT NULL REFERENCES legal_entity (id),
  created_at timestamptz NOT NULL
);

-- Every movement of our balance at a payment provider, as its report says.
CREATE TABLE balance_transaction (
  -- "txn_…"
  ref text PRIMARY KEY,
  provider text NOT NULL CHECK (provider = 'stripe'),
  type text NOT NULL,
  source_ref text,
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  amount_nano bigint NOT NULL,
  fee_nano bigint NOT NULL,
  net_nano bigint NOT NULL,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT billing_now(),
  -- What it is of by its type; absent: nothing the books know by themselves.
  expected text,
  -- What it is of in our books; absent: not found yet.
  subject text CHECK (subject IN ('payment', 'refund', 'refund_failed', 'dispute', 'dispute_won', 'payout', 'payout_failed', 'fee',
    'deposit')),
  subject_id uuid,
  legal_entity_id uuid REFERENCES legal_entity (id),
  -- The automatic payout it was part of.
  payout_ref text,
  CHECK (net_nano = amount_nano - fee_nano),
  CHECK (subject IS NULL OR legal_entity_id IS NOT NULL),
  CHECK (subject IS NOT NULL OR subject_id IS NULL)
);
CREATE INDEX balance_transaction_open ON balance_transaction (recorded_at) WHERE subject IS NULL;
CREATE INDEX balance_transaction_by_time ON balance_transaction (occurred_at);
CREATE INDEX balance_transaction_by_subject ON balance_transaction (subject_id) WHERE subject_id IS NOT NULL;
CREATE INDEX balance_transaction_by_payout ON balance_transaction (payout_ref) WHERE payout_ref IS NOT NULL;

-- What the provider said is never rewritten; what it is of is said once.
CREATE FUNCTION balance_transaction_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE'
     OR (to_jsonb(NEW) - '{subject,subject_id,legal_entity_id,payout_ref}'::text[])
       IS DISTINCT FROM (to_jsonb(OLD) - '{subject,subject_id,legal_entity_id,payout_ref}'::text[])
     OR (OLD.subject IS NOT NULL AND (NEW.subject, NEW.subject_id, NEW.legal_entity_id)
       IS DISTINCT FROM (OLD.subject, OLD.subject_id, OLD.legal_entity_id)) THEN
    RAISE EXCEPTION 'a balance transaction is never rewritten' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER balance_transaction_immutable BEFORE UPDATE OR DELETE ON balance_transaction
  FOR EACH ROW EXECUTE FUNCTION balance_transaction_guard();
