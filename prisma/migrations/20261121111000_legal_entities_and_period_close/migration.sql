-- Who sells: the party on an invoice, the owner of ledger accounts and of number series.
CREATE TABLE legal_entity (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  address text NOT NULL DEFAULT '',
  -- Absent: not registered for any tax, so that none is ever charged.
  country char(2) CHECK (country ~ '^[A-Z]{2}$'),
  vat_id text,
  -- When tax on prepaid credit is due: at its sale, or at its use.
  tax_point text NOT NULL DEFAULT 'sale' CHECK (tax_point IN ('sale', 'use')),
  -- Minutes between a period's close and the finalisation of its draft; absent: by hand only.
  auto_finalize_minutes integer DEFAULT 60 CHECK (auto_finalize_minutes BETWEEN 0 AND 44640),
  -- Stands before the numbers of every series.
  number_prefix text NOT NULL UNIQUE CHECK (number_prefix ~ '^[A-Z0-9]{0,8}$'),
  payment_details text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- The standard rate an entity charges in a country: its own, and those of others where it is registered.
CREATE TABLE tax_rate (
  legal_entity_id uuid NOT NULL REFERENCES legal_entity (id),
  country char(2) NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
  -- Parts per million: 19 % is 190000.
  rate_ppm integer NOT NULL CHECK (rate_ppm BETWEEN 0 AND 1000000),
  PRIMARY KEY (legal_entity_id, country)
);

-- The one every organization belongs to until finance says otherwise.
INSERT INTO legal_entity (id, name, number_prefix) VALUES ('00000000-0000-7000-8000-0000000000e1', 'Faregate operator', '');

ALTER TABLE billing_account
  ADD COLUMN legal_entity_id uuid NOT NULL DEFAULT '00000000-0000-7000-8000-0000000000e1' REFERENCES legal_entity (id),
  ADD COLUMN legal_name text,
  ADD COLUMN address text,
  ADD COLUMN email text;

-- Accounts per legal entity, and every kind the journals know.
ALTER TABLE ledger_account
  ADD COLUMN legal_entity_id uuid NOT NULL DEFAULT '00000000-0000-7000-8000-0000000000e1' REFERENCES legal_entity (id),
  DROP CONSTRAINT ledger_account_kind_check,
  DROP CONSTRAINT ledger_account_kind_wallet_id_currency_key,
  ADD CONSTRAINT ledger_account_key UNIQUE NULLS NOT DISTINCT (legal_entity_id, kind, wallet_id, currency),
  ADD CONSTRAINT ledger_account_kind_check CHECK (kind IN ('bank', 'cash_clearing', 'psp_fees', 'deferred_revenue', 'promo_credit',
    'promo_pending', 'contract_asset', 'receivable', 'receivable_usage', 'vat_payable', 'revenue', 'revenue_reduction',
    'breakage_revenue', 'cost_of_sales', 'provider_variance', 'provider_payable', 'disputes', 'chargeback_loss', 'bad_debt',
    'house_expense', 'fx_difference', 'rounding'));
ALTER TABLE ledger_account ALTER COLUMN legal_entity_id DROP DEFAULT;

CREATE OR REPLACE FUNCTION ledger_transaction_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_sum numeric; v_rows bigint; v_books bigint;
BEGIN
  SELECT coalesce(sum(e.amount_nano), 0), count(*), count(DISTINCT (a.currency, a.legal_entity_id))
    INTO v_sum, v_rows, v_books
    FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
    WHERE e.transaction_id = NEW.id;
  IF v_sum <> 0 OR v_rows < 2 OR v_books <> 1 THEN
    RAISE EXCEPTION 'ledger transaction % does not balance: sum %, % entries, % currencies or legal entities', NEW.id, v_sum, v_rows, v_books
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

-- When the period stopped taking usage; nothing may be recorded in it afterwards.
ALTER TABLE billing_period
  ADD COLUMN closing_at timestamptz,
  ADD CONSTRAINT billing_period_closing_check CHECK ((status = 'open') = (closing_at IS NULL));
CREATE INDEX billing_period_to_close ON billing_period (ends_at) WHERE status <> 'closed';

-- The open billing period of an organization at this moment; made when there is none. Callers hold the
-- organization's shared advisory lock, closing a period takes the exclusive one. A period that begins later is
-- taken when the one of this moment is closed already: usage belongs to the period in which it settles.
CREATE OR REPLACE FUNCTION open_period(p_organization uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  v_now timestamptz := billing_now();
  v_from timestamptz;
  v_id uuid;
BEGIN
  SELECT id INTO v_id FROM billing_period
    WHERE organization_id = p_organization AND status = 'open' AND v_now < ends_at ORDER BY starts_at LIMIT 1;
  IF v_id IS NOT NULL THEN RETURN v_id; END IF;
  -- Behind every period that takes no more. One that another settlement has opened meanwhile is not passed over:
  -- the insert finds it in its way and does nothing.
  SELECT greatest(v_now, max(ends_at)) INTO v_from FROM billing_period
    WHERE organization_id = p_organization AND ends_at > v_now AND status <> 'open';
  v_from := coalesce(v_from, v_now);
  INSERT INTO billing_period (id, organization_id, starts_at, ends_at)
    SELECT gen_random_uuid(), o.id,
           greatest(date_trunc('month', v_from AT TIME ZONE o.timezone) AT TIME ZONE o.timezone,
             (SELECT max(p.ends_at) FROM billing_period p WHERE p.organization_id = o.id AND p.ends_at <= v_from)),
           (date_trunc('month', v_from AT TIME ZONE o.timezone) + interval '1 month') AT TIME ZONE o.timezone
    FROM organization o WHERE o.id = p_organization
    ON CONFLICT DO NOTHING;
  SELECT id INTO STRICT v_id FROM billing_period
    WHERE organization_id = p_organization AND status = 'open' AND v_now < ends_at ORDER BY starts_at LIMIT 1;
  RETURN v_id;
END $$;

-- Stops a period from taking usage, and answers what it was: 'open' (it is closing now), 'closing' or 'closed' (it was
-- already), 'not_ended' (it runs on, and may not be cut short). Settlements under way finish first, later ones find
-- the next period. A period that is cut short ends at this moment.
CREATE FUNCTION begin_closing(p_period uuid, p_early boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_organization uuid;
  v_period billing_period;
  v_now timestamptz;
BEGIN
  SELECT organization_id INTO v_organization FROM billing_period WHERE id = p_period;
  IF v_organization IS NULL THEN RETURN NULL; END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('organization:' || v_organization, 0));
  v_now := billing_now();
  SELECT * INTO v_period FROM billing_period WHERE id = p_period FOR UPDATE;
  IF v_period.status <> 'open' THEN RETURN v_period.status; END IF;
  IF v_period.ends_at > v_now AND (NOT p_early OR v_period.starts_at >= v_now) THEN RETURN 'not_ended'; END IF;
  UPDATE billing_period SET status = 'closing', closing_at = v_now, ends_at = least(ends_at, v_now) WHERE id = p_period;
  RETURN 'open';
END $$;

-- How the usage of a period was paid, kept by the rollup so that an invoice never has to add up events.
CREATE TABLE period_funding (
  period_id uuid NOT NULL REFERENCES billing_period (id),
  wallet_id uuid NOT NULL REFERENCES wallet (id),
  -- From paid and goodwill credit, from promo credit, from neither. Reversals are taken off.
  paid_nano numeric(38, 0) NOT NULL,
  promo_nano numeric(38, 0) NOT NULL,
  postpaid_nano numeric(38, 0) NOT NULL,
  PRIMARY KEY (period_id, wallet_id)
) WITH (fillfactor = 50);

INSERT INTO period_funding (period_id, wallet_id, paid_nano, promo_nano, postpaid_nano)
SELECT e.period_id, e.wallet_id,
       sum(e.amount_nano - sign(e.amount_nano) * (coalesce(f.promo, 0) + coalesce(f.postpaid, 0))),
       sum(sign(e.amount_nano) * coalesce(f.promo, 0)), sum(sign(e.amount_nano) * coalesce(f.postpaid, 0))
FROM usage_event e
LEFT JOIN LATERAL (SELECT sum(amount_nano) FILTER (WHERE funding = 'prepaid_promo') AS promo,
                          sum(amount_nano) FILTER (WHERE funding = 'postpaid') AS postpaid
                   FROM usage_funding u WHERE u.event_id = e.id) f ON true
WHERE NOT EXISTS (SELECT 1 FROM usage_pending q WHERE q.event_id = e.id)
GROUP BY 1, 2;
