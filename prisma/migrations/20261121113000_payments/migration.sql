-- The customer a payment provider keeps for this organization.
ALTER TABLE billing_account ADD COLUMN stripe_customer text UNIQUE;

-- Why a wallet admits no calls; one row per reason. The wallet's status follows by trigger.
CREATE TABLE wallet_block (
  wallet_id uuid NOT NULL REFERENCES wallet (id),
  reason text NOT NULL CHECK (reason IN ('dispute', 'claw_back', 'dunning', 'manual')),
  -- What it is about: a dispute, a claw-back, an invoice.
  source_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT billing_now(),
  PRIMARY KEY (wallet_id, reason, source_id)
);
CREATE FUNCTION wallet_block_sets_status() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_wallet uuid := coalesce(NEW.wallet_id, OLD.wallet_id);
BEGIN
  -- The row lock makes reasons that come and go at the same time look one after another.
  PERFORM 1 FROM wallet WHERE id = v_wallet FOR NO KEY UPDATE;
  UPDATE wallet SET status = CASE WHEN EXISTS (SELECT 1 FROM wallet_block b WHERE b.wallet_id = v_wallet)
    THEN 'blocked' ELSE 'active' END WHERE id = v_wallet;
  RETURN NULL;
END $$;
CREATE TRIGGER wallet_block_status AFTER INSERT OR DELETE ON wallet_block FOR EACH ROW EXECUTE FUNCTION wallet_block_sets_status();

-- The default method is always a usable one, or none, whoever changes a method's status.
CREATE FUNCTION payment_method_keeps_default() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status = 'active' THEN
    UPDATE organization o SET default_payment_method_id = NEW.id, updated_at = now()
      WHERE o.id = NEW.organization_id AND o.default_payment_method_id IS NULL;
  ELSE
    UPDATE organization o SET updated_at = now(), default_payment_method_id = (
        SELECT m.id FROM payment_method m WHERE m.organization_id = NEW.organization_id AND m.status = 'active'
          AND (m.exp_year IS NULL OR make_date(m.exp_year, m.exp_month, 1) + interval '1 month' > billing_now())
        ORDER BY m.id DESC LIMIT 1)
      WHERE o.id = NEW.organization_id AND o.default_payment_method_id = NEW.id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER payment_method_default AFTER UPDATE OF status ON payment_method
  FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION payment_method_keeps_default();

-- One try to collect an amount. What it is for (a top-up, an invoice) has at most one live try and one success.
CREATE TABLE payment_attempt (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organization (id),
  purpose text NOT NULL CHECK (purpose IN ('top_up', 'invoice')),
  purpose_id uuid NOT NULL,
  attempt_no integer NOT NULL CHECK (attempt_no > 0),
  payment_method_id uuid NOT NULL,
  provider text NOT NULL CHECK (provider IN ('sandbox', 'stripe', 'invoice')),
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  amount_nano bigint NOT NULL CHECK (amount_nano > 0),
  status text NOT NULL DEFAULT 'created'
    CHECK (status IN ('created', 'submitted', 'unknown', 'requires_action', 'succeeded', 'failed', 'canceled')),
  -- The provider's object ("pi_…"); stored before any money is asked for.
  provider_ref text,
  idempotency_key text NOT NULL UNIQUE,
  -- Why it failed, in the provider's words and code.
  decline_code text,
  failure_message text,
  -- What the payer's browser needs to authenticate a payment; sealed.
  action_ciphertext bytea,
  fee_minor bigint CHECK (fee_minor >= 0),
  created_at timestamptz NOT NULL DEFAULT billing_now(),
  submitted_at timestamptz,
  closed_at timestamptz,
  polls integer NOT NULL DEFAULT 0,
  -- When somebody should look again; absent: nobody needs to.
  next_poll_at timestamptz,
  -- One process at a time talks to the provider about it.
  leased_until timestamptz,
  UNIQUE (purpose, purpose_id, attempt_no),
  UNIQUE (provider, provider_ref),
  FOREIGN KEY (organization_id, payment_method_id) REFERENCES payment_method (organization_id, id),
  CHECK ((status IN ('succeeded', 'failed', 'canceled')) = (closed_at IS NOT NULL)),
  CHECK (status <> 'succeeded' OR provider_ref IS NOT NULL)
);
CREATE UNIQUE INDEX payment_attempt_one_live ON payment_attempt (purpose, purpose_id)
  WHERE status IN ('created', 'submitted', 'unknown', 'requires_action');
CREATE UNIQUE INDEX payment_attempt_one_success ON payment_attempt (purpose, purpose_id) WHERE status = 'succeeded';
CREATE INDEX payment_attempt_to_poll ON payment_attempt (next_poll_at)
  WHERE status IN ('created', 'submitted', 'unknown', 'requires_action');
CREATE INDEX payment_attempt_by_organization ON payment_attempt (organization_id, id);

-- States only move forward, and what was ordered is never changed.
CREATE FUNCTION payment_attempt_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_ranks jsonb := '{"created": 0, "submitted": 1, "unknown": 2, "requires_action": 3, "succeeded": 4, "failed": 4, "canceled": 4}';
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a payment attempt is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.status <> OLD.status AND (v_ranks ->> NEW.status)::int <= (v_ranks ->> OLD.status)::int THEN
    RAISE EXCEPTION 'payment attempt % cannot go from % to %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.organization_id, NEW.purpose, NEW.purpose_id, NEW.attempt_no, NEW.payment_method_id, NEW.currency, NEW.amount_minor,
      NEW.amount_nano, NEW.idempotency_key) IS DISTINCT FROM (OLD.organization_id, OLD.purpose, OLD.purpose_id, OLD.attempt_no,
      OLD.payment_method_id, OLD.currency, OLD.amount_minor, OLD.amount_nano, OLD.idempotency_key)
     OR (OLD.provider_ref IS NOT NULL AND NEW.provider_ref IS DISTINCT FROM OLD.provider_ref) THEN
    RAISE EXCEPTION 'payment attempt % cannot be rewritten', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payment_attempt_forward BEFORE UPDATE OR DELETE ON payment_attempt FOR EACH ROW EXECUTE FUNCTION payment_attempt_guard();

-- Money bought in advance. At most one is under way for a wallet.
CREATE TABLE top_up (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organization (id),
  wallet_id uuid NOT NULL REFERENCES wallet (id),
  payment_method_id uuid NOT NULL,
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  amount_nano bigint NOT NULL CHECK (amount_nano > 0),
  trigger text NOT NULL CHECK (trigger IN ('manual', 'auto')),
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'unknown', 'succeeded', 'failed', 'canceled')),
  idempotency_key text NOT NULL UNIQUE,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT billing_now(),
  closed_at timestamptz,
  FOREIGN KEY (organization_id, payment_method_id) REFERENCES payment_method (organization_id, id),
  CHECK ((status IN ('succeeded', 'failed', 'canceled')) = (closed_at IS NOT NULL))
);
CREATE UNIQUE INDEX top_up_one_in_flight ON top_up (wallet_id) WHERE status IN ('pending', 'unknown');
CREATE INDEX top_up_by_organization ON top_up (organization_id, id);

-- Buying by itself when the balance gets low.
CREATE TABLE auto_top_up (
  wallet_id uuid PRIMARY KEY REFERENCES wallet (id),
  organization_id uuid NOT NULL REFERENCES organization (id),
  threshold_nano bigint NOT NULL,
  amount_nano bigint NOT NULL CHECK (amount_nano > 0),
  -- The most that may be bought by itself in a calendar month (UTC); absent: no cap.
  monthly_cap_nano bigint CHECK (monthly_cap_nano > 0),
  enabled boolean NOT NULL,
  -- Tries in a row that did not bring money, and when the next is due.
  failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
  not_before timestamptz,
  updated_at timestamptz NOT NULL DEFAULT billing_now()
);
CREATE INDEX auto_top_up_enabled ON auto_top_up (wallet_id) WHERE enabled;

-- Money on its way back to the payer, asked for by us or found at the provider.
CREATE TABLE payment_refund (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organization (id),
  attempt_id uuid NOT NULL REFERENCES payment_attempt (id),
  currency char(3) NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  amount_nano bigint NOT NULL CHECK (amount_nano > 0),
  status text NOT NULL DEFAULT 'created' CHECK (status IN ('created', 'unknown', 'submitted', 'succeeded', 'failed')),
  reason text NOT NULL,
  provider_ref text UNIQUE,
  idempotency_key text NOT NULL UNIQUE,
  failure_message text,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT billing_now(),
  closed_at timestamptz,
  next_poll_at timestamptz,
  CHECK ((status IN ('succeeded', 'failed')) = (closed_at IS NOT NULL))
);
CREATE INDEX payment_refund_by_attempt ON payment_refund (attempt_id);
CREATE INDEX payment_refund_to_poll ON payment_refund (next_poll_at) WHERE status IN ('created', 'unknown', 'submitted');

-- A payer's bank takes a payment back, for now (open) or for good (lost).
CREATE TABLE payment_dispute (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organization (id),
  attempt_id uuid NOT NULL REFERENCES payment_attempt (id),
  provider_ref text NOT NULL UNIQUE,
  currency char(3) NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  amount_nano bigint NOT NULL CHECK (amount_nano > 0),
  reason text NOT NULL,
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'won', 'lost')),
  opened_at timestamptz NOT NULL DEFAULT billing_now(),
  closed_at timestamptz,
  CHECK ((status = 'open') = (closed_at IS NULL))
);
CREATE INDEX payment_dispute_by_attempt ON payment_dispute (attempt_id);

-- What a refund or a dispute took back from a wallet, and what the customer owes because it was spent.
CREATE TABLE claw_back (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organization (id),
  wallet_id uuid NOT NULL REFERENCES wallet (id),
  refund_id uuid UNIQUE REFERENCES payment_refund (id),
  dispute_id uuid UNIQUE REFERENCES payment_dispute (id),
  from_wallet_nano bigint NOT NULL CHECK (from_wallet_nano >= 0),
  receivable_nano bigint NOT NULL CHECK (receivable_nano >= 0),
  -- Of the receivable: paid later, given up, or undone because the money came back.
  recovered_nano bigint NOT NULL DEFAULT 0 CHECK (recovered_nano >= 0),
  created_at timestamptz NOT NULL DEFAULT billing_now(),
  CHECK ((refund_id IS NULL) <> (dispute_id IS NULL)),
  CHECK (from_wallet_nano + receivable_nano > 0),
  CHECK (recovered_nano <= receivable_nano)
);
CREATE INDEX claw_back_owed ON claw_back (wallet_id, id) WHERE recovered_nano < receivable_nano;

-- Events of payment providers as they arrived. The row is the proof that an event was seen; its work is found in it.
CREATE TABLE webhook_inbox (
  provider text NOT NULL,
  event_id text NOT NULL,
  type text NOT NULL,
  -- What it is about, so that the object itself is read again: never the copy inside the event.
  object_id text NOT NULL,
  -- Our attempt, when the object names it.
  attempt_id uuid,
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT billing_now(),
  processed_at timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL DEFAULT billing_now(),
  last_error text,
  PRIMARY KEY (provider, event_id)
);
CREATE INDEX webhook_inbox_open ON webhook_inbox (next_at) WHERE processed_at IS NULL;

-- What others must be told or asked to do after a transaction committed. Handled at least once.
CREATE TABLE outbox (
  id uuid PRIMARY KEY,
  topic text NOT NULL,
  dedupe_key text NOT NULL,
  organization_id uuid REFERENCES organization (id),
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT billing_now(),
  next_at timestamptz NOT NULL DEFAULT billing_now(),
  attempts integer NOT NULL DEFAULT 0,
  processed_at timestamptz,
  last_error text,
  UNIQUE (topic, dedupe_key)
);
CREATE INDEX outbox_open ON outbox (next_at) WHERE processed_at IS NULL;
