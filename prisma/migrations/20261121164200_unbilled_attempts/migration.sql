-- Attempts that cost something and are charged to nobody: those that gave way to another, and those of calls that failed. They are
-- few; each is an expense that the worker posts, and reports read them here instead of among all attempts.
CREATE TABLE unbilled_attempt (
  request_id uuid NOT NULL,
  seq integer NOT NULL,
  organization_id uuid NOT NULL,
  wallet_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  -- The call's.
  model_id text NOT NULL,
  -- The call's, so that both are of the same day.
  recorded_at timestamptz NOT NULL,
  cost_nano bigint NOT NULL CHECK (cost_nano > 0),
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  -- open: not posted yet. booked: in the ledger. stated: a statement of the provider had been compared for its day before such costs
  -- were accrued; the cost is part of what that statement differed by.
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'booked', 'stated')),
  PRIMARY KEY (request_id, seq)
);
CREATE INDEX unbilled_attempt_by_time ON unbilled_attempt (recorded_at);
CREATE INDEX unbilled_attempt_to_book ON unbilled_attempt (request_id, seq) WHERE status = 'open';
CREATE TRIGGER unbilled_attempt_keeps BEFORE DELETE OR UPDATE OF request_id, seq, organization_id, wallet_id, provider_id, model_id,
  recorded_at, cost_nano, currency ON unbilled_attempt FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- Of what was accrued for a statement, what nobody was charged for.
ALTER TABLE provider_statement ADD COLUMN accrued_unbilled_nano bigint NOT NULL DEFAULT 0;

-- Calls that are being settled end first, those that come next are settled by the function below: none is missed between them.
DO $$ BEGIN LOCK TABLE hold IN SHARE ROW EXCLUSIVE MODE; END $$;

-- Writes what is kept of closed calls: the usage event with its lines for those that are charged, and for every one its
-- request and attempts, and apart those attempts that cost something and are charged to nobody. One statement, so that the batch is read from its JSON once.
CREATE OR REPLACE FUNCTION record_calls(p_calls jsonb, p_holds uuid[], p_charges bigint[]) RETURNS wallet_sums LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE v_sums wallet_sums;
BEGIN
  WITH call AS MATERIALIZED (
    SELECT h.id, h.organization_id, h.wallet_id, h.project_id, h.api_key_id, coalesce(r.model, h.model_id) AS model_id,
           h.model_requested, h.protocol, h.streamed, h.priced_at, h.amount_nano AS held, k.charge, c.amount - k.charge AS absorbed,
           c.release, c.event, c.occurred_at, c.rated_pico, c.cost, c.estimated, c.raw_usage, c.lines, c.attempts, billing_now() AS created_at, t.*, r.*
    FROM unnest(p_holds, p_charges) AS k(hold, charge)
    JOIN jsonb_to_recordset(p_calls) AS c(hold uuid, release boolean, event uuid, occurred_at timestamptz, rated_pico numeric,
      amount bigint, cost bigint, estimated boolean, raw_usage jsonb, tokens jsonb, lines jsonb, request jsonb, attempts jsonb)
      ON c.hold = k.hold
    JOIN hold h ON h.id = k.hold AND h.id = ANY (p_holds)
    CROSS JOIN LATERAL jsonb_to_record(coalesce(c.tokens, '{}')) AS t(input bigint, cache_read bigint, cache_write_5m bigint,
      cache_write_1h bigint, output bigint, reasoning bigint, searches bigint)
    CROSS JOIN LATERAL jsonb_to_record(c.request) AS r(status text, http_status integer, error_type text, finish_reason text,
      usage_source text, upstream_id text, end_user text, warnings text[], started_at timestamptz, first_token_ms integer,
      duration_ms integer, deployment uuid, provider uuid, model text, route jsonb)
  ), period AS MATERIALIZED (
    SELECT o.organization_id, open_period(o.organization_id) AS id
    FROM (SELECT DISTINCT c.organization_id FROM call c WHERE NOT c.release) o
  ), event AS (
    INSERT INTO usage_event (id, request_id, hold_id, organization_id, wallet_id, project_id, api_key_id, provider_id, model_id,
      period_id, occurred_at, priced_at, input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
      output_tokens, reasoning_tokens, searches, currency, rated_pico, amount_nano, absorbed_nano, cost_nano, cost_currency,
      estimated, raw_usage)
    SELECT c.event, c.id, c.id, c.organization_id, c.wallet_id, c.project_id, c.api_key_id, c.provider, c.model_id, p.id,
      least(greatest(c.occurred_at, billing_now() - interval '5 minutes'), billing_now() + interval '5 minutes'), c.priced_at,
      c.input, c.cache_read, c.cache_write_5m, c.cache_write_1h, c.output, c.reasoning, c.searches, w.currency, c.rated_pico,
      c.charge, c.absorbed, c.cost, w.currency, c.estimated, c.raw_usage
    FROM call c JOIN wallet w ON w.id = c.wallet_id JOIN period p ON p.organization_id = c.organization_id
    WHERE NOT c.release
  ), line AS (
    -- What the wallet could not pay is taken off the event's lines one after another, first line first.
    INSERT INTO usage_event_line (event_id, token_class, quantity, price_version_id, unit_price_pico, amount_nano, absorbed_nano,
      cost_price_version_id, cost_nano)
    SELECT c.event, l.class, l.quantity, l.price, l.pico, l.amount,
      CASE WHEN c.absorbed > 0 THEN greatest(0, least(l.amount, c.absorbed - (
        SELECT coalesce(sum(b.amount), 0) FROM jsonb_to_recordset(c.lines) AS b(class text, price uuid, amount bigint)
        WHERE (b.class, b.price) < (l.class, l.price))))
      ELSE 0 END,
      l.cost_price, l.cost
    FROM call c
    CROSS JOIN LATERAL jsonb_to_recordset(c.lines) AS l(class text, quantity bigint, price uuid, pico bigint, amount bigint,
      cost_price uuid, cost bigint)
    WHERE NOT c.release
  ), pending AS (
    INSERT INTO usage_pending (event_id) SELECT c.event FROM call c WHERE NOT c.release
  ), finished AS (
    INSERT INTO request (id, organization_id, project_id, api_key_id, wallet_id, protocol, streamed, model_requested, model_id,
      provider_id, deployment_id, upstream_id, status, http_status, error_type, finish_reason, usage_source, end_user, warnings,
      started_at, first_token_ms, duration_ms, route, created_at)
    SELECT c.id, c.organization_id, c.project_id, c.api_key_id, c.wallet_id, c.protocol, c.streamed, c.model_requested, c.model_id,
      c.provider, c.deployment, c.upstream_id, c.status, c.http_status, c.error_type, c.finish_reason, c.usage_source, c.end_user,
      coalesce(c.warnings, '{}'), c.started_at, c.first_token_ms, c.duration_ms, c.route,
      c.created_at
    FROM call c
  ), tried AS (
    INSERT INTO attempt (request_id, seq, deployment_id, provider_id, credential_id, upstream_model, outcome, status, error_type,
      upstream_id, cost_nano, duration_ms)
    SELECT c.id, a.seq, a.deployment, a.provider, a.credential, a.upstream_model, a.outcome, a.status, a.error_type,
      a.upstream_id, coalesce(a.cost, 0), a.duration_ms
    FROM call c
    CROSS JOIN LATERAL jsonb_to_recordset(c.attempts) AS a(seq integer, deployment uuid, provider uuid, credential uuid,
      upstream_model text, outcome text, status integer, error_type text, upstream_id text, cost bigint, duration_ms integer)
    RETURNING request_id, seq, provider_id, outcome, cost_nano
  ), unbilled AS (
    INSERT INTO unbilled_attempt (request_id, seq, organization_id, wallet_id, provider_id, model_id, recorded_at, cost_nano, currency)
    SELECT t.request_id, t.seq, c.organization_id, c.wallet_id, t.provider_id, c.model_id, c.created_at, t.cost_nano, w.currency
    FROM tried t JOIN call c ON c.id = t.request_id JOIN wallet w ON w.id = c.wallet_id
    WHERE t.cost_nano > 0 AND (t.outcome = 'failed' OR c.release)
  )
  SELECT array_agg(s.wallet_id), array_agg(s.charged), array_agg(s.held) INTO v_sums
    FROM (SELECT c.wallet_id, sum(c.charge)::bigint AS charged, sum(c.held)::bigint AS held
          FROM call c GROUP BY c.wallet_id ORDER BY c.wallet_id) s;
  RETURN v_sums;
END $$;
