-- A billing period is half-open. A call belongs to the period in which it settles.
CREATE TABLE billing_period (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organization (id),
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closing', 'closed')),
  closed_at timestamptz,
  CHECK (starts_at < ends_at),
  CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
  UNIQUE (organization_id, starts_at),
  EXCLUDE USING gist (int8range(hashtextextended(organization_id::text, 0), hashtextextended(organization_id::text, 0), '[]') WITH &&,
    tstzrange(starts_at, ends_at) WITH &&)
);

-- The immutable metering row: one per charged call, one more per reversal.
CREATE TABLE usage_event (
  id uuid PRIMARY KEY,
  kind text NOT NULL DEFAULT 'usage' CHECK (kind IN ('usage', 'reversal')),
  request_id uuid NOT NULL,
  -- Same as request_id; absent on a reversal.
  hold_id uuid,
  reverses_id uuid REFERENCES usage_event (id),
  organization_id uuid NOT NULL,
  wallet_id uuid NOT NULL,
  project_id uuid NOT NULL,
  api_key_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  model_id text NOT NULL,
  period_id uuid NOT NULL,
  occurred_at timestamptz NOT NULL,
  priced_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT billing_now(),
  -- Disjoint classes; absent: not reported.
  input_tokens bigint,
  cache_read_tokens bigint,
  cache_write_5m_tokens bigint,
  cache_write_1h_tokens bigint,
  output_tokens bigint,
  reasoning_tokens bigint,
  searches bigint,
  currency char(3) NOT NULL,
  rated_pico numeric(38, 0) NOT NULL,
  -- What the customer pays.
  amount_nano bigint NOT NULL,
  -- What the house bears because the call cost more than the wallet had.
  absorbed_nano bigint NOT NULL DEFAULT 0,
  -- What the provider takes from us.
  cost_nano bigint NOT NULL DEFAULT 0,
  cost_currency char(3) NOT NULL,
  estimated boolean NOT NULL,
  raw_usage jsonb,
  UNIQUE (request_id, kind),
  CHECK ((kind = 'reversal') = (reverses_id IS NOT NULL)),
  CHECK ((kind = 'usage') = (hold_id IS NOT NULL)),
  CHECK (hold_id = request_id),
  CHECK (kind = 'reversal' OR (amount_nano >= 0 AND absorbed_nano >= 0 AND cost_nano >= 0 AND rated_pico >= 0))
);
CREATE UNIQUE INDEX usage_event_reversed_once ON usage_event (reverses_id) WHERE reverses_id IS NOT NULL;
CREATE INDEX usage_event_by_organization ON usage_event (organization_id, recorded_at);

CREATE TABLE usage_event_line (
  event_id uuid NOT NULL,
  token_class text NOT NULL,
  quantity bigint NOT NULL,
  price_version_id uuid NOT NULL,
  unit_price_pico bigint NOT NULL,
  -- The line's price, rounded once; the customer's part is amount_nano - absorbed_nano.
  amount_nano bigint NOT NULL,
  absorbed_nano bigint NOT NULL DEFAULT 0,
  cost_price_version_id uuid,
  cost_nano bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (event_id, token_class, price_version_id),
  CONSTRAINT usage_event_line_rounding CHECK (
    (quantity >= 0 AND amount_nano = div(quantity::numeric * unit_price_pico + 500, 1000))
    OR (quantity < 0 AND amount_nano = -div(-quantity::numeric * unit_price_pico + 500, 1000))),
  CHECK (abs(absorbed_nano) <= abs(amount_nano) AND sign(absorbed_nano) * sign(amount_nano) >= 0)
);

CREATE FUNCTION usage_event_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_amount numeric; v_absorbed numeric; v_cost numeric;
BEGIN
  SELECT coalesce(sum(amount_nano), 0), coalesce(sum(absorbed_nano), 0), coalesce(sum(cost_nano), 0)
    INTO v_amount, v_absorbed, v_cost FROM usage_event_line WHERE event_id = NEW.id;
  IF v_amount <> NEW.amount_nano + NEW.absorbed_nano OR v_absorbed <> NEW.absorbed_nano OR v_cost <> NEW.cost_nano THEN
    RAISE EXCEPTION 'usage event % does not equal the sum of its lines', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER usage_event_sum AFTER INSERT ON usage_event
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION usage_event_adds_up();
CREATE TRIGGER usage_event_append_only BEFORE UPDATE OR DELETE ON usage_event FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER usage_event_line_append_only BEFORE UPDATE OR DELETE ON usage_event_line FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- Events the worker has not yet rolled up and posted. Deleting a row is the claim.
CREATE TABLE usage_pending (
  event_id uuid PRIMARY KEY
);

CREATE TABLE usage_rollup (
  organization_id uuid NOT NULL,
  wallet_id uuid NOT NULL,
  period_id uuid NOT NULL REFERENCES billing_period (id),
  hour timestamptz NOT NULL,
  project_id uuid NOT NULL,
  api_key_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  model_id text NOT NULL,
  token_class text NOT NULL,
  price_version_id uuid NOT NULL REFERENCES price_version (id),
  -- Lines summed; one event has one line per class and price.
  lines bigint NOT NULL,
  quantity numeric(38, 0) NOT NULL,
  rated_pico numeric(38, 0) NOT NULL,
  amount_nano numeric(38, 0) NOT NULL,
  absorbed_nano numeric(38, 0) NOT NULL,
  cost_nano numeric(38, 0) NOT NULL,
  PRIMARY KEY (wallet_id, period_id, hour, project_id, api_key_id, provider_id, model_id, token_class, price_version_id)
);
CREATE INDEX usage_rollup_by_organization ON usage_rollup (organization_id, hour);

-- Which money paid an event, where it was not simply paid credit.
CREATE TABLE usage_funding (
  event_id uuid NOT NULL REFERENCES usage_event (id),
  funding text NOT NULL CHECK (funding IN ('prepaid_promo', 'postpaid')),
  amount_nano bigint NOT NULL CHECK (amount_nano > 0),
  PRIMARY KEY (event_id, funding)
);
CREATE TRIGGER usage_funding_append_only BEFORE UPDATE OR DELETE ON usage_funding FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
