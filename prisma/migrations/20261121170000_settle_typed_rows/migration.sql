-- Settling from typed rows instead of JSON: the gateway sends a batch as three arrays in PostgreSQL's binary form, which are read in
-- a tenth of the time. JSON, as the sweep has it, is made into the same rows first, so one function settles both.

-- Calls that are being settled end first, those that come next are settled by the functions below: none is missed between them.
DO $$ BEGIN LOCK TABLE hold IN SHARE ROW EXCLUSIVE MODE; END $$;

DROP FUNCTION close_holds(jsonb);
DROP FUNCTION record_calls(jsonb, uuid[], bigint[]);

-- How a call ended; its lines and attempts are rows of their own, which name its hold. Gateways send these columns in this order,
-- and those of the version before run beside the next one: other columns are other types, of another function.
CREATE TYPE settled_call AS (
  hold uuid, release boolean, event uuid, occurred_at timestamptz, rated_pico numeric, amount bigint, cost bigint, estimated boolean,
  raw_usage jsonb,
  input bigint, cache_read bigint, cache_write_5m bigint, cache_write_1h bigint, output bigint, reasoning bigint, searches bigint,
  status text, http_status integer, error_type text, finish_reason text, usage_source text, upstream_id text, end_user text,
  warnings text[], started_at timestamptz, first_token_ms integer, duration_ms integer,
  deployment uuid, provider uuid,
  -- The model that served; absent: the one that the hold was placed for.
  model text,
  route jsonb
);
CREATE TYPE settled_line AS (
  hold uuid, class text, quantity bigint, price uuid, pico bigint, amount bigint, cost_price uuid, cost bigint
);
CREATE TYPE settled_attempt AS (
  hold uuid, seq integer, deployment uuid, provider uuid, credential uuid, upstream_model text, outcome text, status integer,
  error_type text, upstream_id text, cost bigint, duration_ms integer
);

DROP TYPE closed_holds;
-- What closing a batch of holds found: those that were open, in order of id, with what each call is to pay, 0 for one
-- that is released; their wallets and organizations; whether any costs more than its hold, and whether any counts against a budget.
CREATE TYPE closed_holds AS (
  holds uuid[], charges bigint[], wallets uuid[], organizations uuid[], charged_organizations uuid[], is_dear boolean, has_budget boolean
);

-- Ends a batch of calls in one transaction: each hold is settled or released exactly once, whoever asks and
-- however often. Holds that are no longer open are left alone. Answers those that were, with what each pays.
-- Order of locks: holds, organization (advisory), period, wallets, budgets.
CREATE FUNCTION settle_calls(p_calls settled_call[], p_lines settled_line[], p_attempts settled_attempt[])
RETURNS closed_holds LANGUAGE plpgsql AS $$
DECLARE
  v_closed closed_holds;
  v_periods uuid[];
  v_sums wallet_sums;
BEGIN
  v_closed := close_holds(p_calls);
  PERFORM lock_organization_shared(o) FROM unnest(v_closed.organizations) o ORDER BY o;
  -- Whoever makes a period is waited for by others who need it: never while holding the wallets, which that one needs.
  v_periods := ARRAY(SELECT open_period(o) FROM unnest(v_closed.charged_organizations) WITH ORDINALITY AS c(o, n) ORDER BY n);
  IF v_closed.is_dear THEN v_closed.charges := clamp_charges(v_closed.holds, v_closed.charges); END IF;
  v_sums := record_calls(p_calls, p_lines, p_attempts, v_closed, v_periods);
  -- The wallets last of all but the budgets, so that their rows are locked for the shortest time.
  PERFORM charge_wallets(v_sums);
  IF v_closed.has_budget THEN PERFORM charge_budgets(v_closed.holds, v_closed.charges); END IF;
  RETURN v_closed;
END $$;

-- The same from JSON; answers what became of each call, in their order.
--
-- p_calls: [{hold, release, event, occurred_at, rated_pico, amount, cost, estimated, raw_usage,
--   tokens: {input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, searches},
--   lines: [{class, quantity, price, pico, amount, cost_price, cost}],
--   request: {status, http_status, error_type, finish_reason, usage_source, upstream_id, end_user, warnings, started_at,
--             first_token_ms, duration_ms, deployment, provider, model, route},
--   attempts: [{seq, deployment, provider, credential, upstream_model, outcome, status, error_type, upstream_id, cost, duration_ms}]}]
CREATE OR REPLACE FUNCTION settle_calls(p_calls jsonb)
RETURNS TABLE (hold_id uuid, outcome text, charged_nano bigint, absorbed_nano bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_calls settled_call[];
  v_lines settled_line[];
  v_attempts settled_attempt[];
  v_closed closed_holds;
BEGIN
  SELECT array_agg(ROW(c.hold, c.release, c.event, c.occurred_at, c.rated_pico, c.amount, c.cost, c.estimated, c.raw_usage,
      t.input, t.cache_read, t.cache_write_5m, t.cache_write_1h, t.output, t.reasoning, t.searches,
      r.status, r.http_status, r.error_type, r.finish_reason, r.usage_source, r.upstream_id, r.end_user, r.warnings, r.started_at,
      r.first_token_ms, r.duration_ms, r.deployment, r.provider, r.model, r.route)::settled_call)
    INTO v_calls
    FROM jsonb_to_recordset(p_calls) AS c(hold uuid, release boolean, event uuid, occurred_at timestamptz, rated_pico numeric,
      amount bigint, cost bigint, estimated boolean, raw_usage jsonb, tokens jsonb, request jsonb)
    CROSS JOIN LATERAL jsonb_to_record(coalesce(c.tokens, '{}')) AS t(input bigint, cache_read bigint, cache_write_5m bigint,
      cache_write_1h bigint, output bigint, reasoning bigint, searches bigint)
    CROSS JOIN LATERAL jsonb_to_record(c.request) AS r(status text, http_status integer, error_type text, finish_reason text,
      usage_source text, upstream_id text, end_user text, warnings text[], started_at timestamptz, first_token_ms integer,
      duration_ms integer, deployment uuid, provider uuid, model text, route jsonb);
  SELECT array_agg(ROW(c.hold, l.class, l.quantity, l.price, l.pico, l.amount, l.cost_price, l.cost)::settled_line) INTO v_lines
    FROM jsonb_to_recordset(p_calls) AS c(hold uuid, lines jsonb)
    CROSS JOIN LATERAL jsonb_to_recordset(coalesce(c.lines, '[]')) AS l(class text, quantity bigint, price uuid, pico bigint,
      amount bigint, cost_price uuid, cost bigint);
  SELECT array_agg(ROW(c.hold, a.seq, a.deployment, a.provider, a.credential, a.upstream_model, a.outcome, a.status, a.error_type,
      a.upstream_id, a.cost, a.duration_ms)::settled_attempt) INTO v_attempts
    FROM jsonb_to_recordset(p_calls) AS c(hold uuid, attempts jsonb)
    CROSS JOIN LATERAL jsonb_to_recordset(c.attempts) AS a(seq integer, deployment uuid, provider uuid, credential uuid,
      upstream_model text, outcome text, status integer, error_type text, upstream_id text, cost bigint, duration_ms integer);
  v_closed := settle_calls(v_calls, v_lines, v_attempts);
  RETURN QUERY
    SELECT c.hold,
           CASE WHEN k.hold IS NULL THEN 'already_closed' WHEN c.release THEN 'released' ELSE 'settled' END,
           coalesce(k.charge, 0),
           CASE WHEN k.hold IS NULL OR c.release THEN 0 ELSE c.amount - k.charge END
    FROM unnest(v_calls) AS c
    LEFT JOIN unnest(v_closed.holds, v_closed.charges) AS k(hold, charge) ON k.hold = c.hold;
END $$;

-- Closes those of the holds that are still open. They are found by their ids, given as an array, whatever the planner
-- makes of a table that was empty when it last looked; the index of open holds is full of those that were closed since.
-- Only ids and amounts are joined: a joined row would be carried along whole.
CREATE FUNCTION close_holds(p_calls settled_call[]) RETURNS closed_holds LANGUAGE plpgsql
SET enable_seqscan = off SET enable_nestloop = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  v_holds uuid[];
  -- NULL for a call that is released.
  v_amounts bigint[];
  v_closed closed_holds;
BEGIN
  SELECT array_agg(c.hold), array_agg(CASE WHEN NOT c.release THEN c.amount END) INTO v_holds, v_amounts FROM unnest(p_calls) AS c;
  WITH closed AS (
    UPDATE hold h SET
        state = CASE WHEN c.amount IS NULL THEN 'released' ELSE 'settled' END,
        settled_nano = c.amount,
        closed_at = billing_now(),
        progress = NULL
      FROM unnest(v_holds, v_amounts) AS c(hold, amount)
      WHERE h.id = c.hold AND h.id = ANY (v_holds) AND h.closed_at IS NULL
      RETURNING h.id, h.wallet_id, h.organization_id, h.amount_nano, h.budget_scopes, c.amount
  )
  SELECT array_agg(id ORDER BY id), array_agg(coalesce(amount, 0) ORDER BY id), array_agg(DISTINCT wallet_id),
         array_agg(DISTINCT organization_id), array_agg(DISTINCT organization_id) FILTER (WHERE amount IS NOT NULL),
         bool_or(amount > amount_nano), bool_or(budget_scopes IS NOT NULL)
    INTO v_closed FROM closed;
  RETURN v_closed;
END $$;

-- Writes what is kept of closed calls: the usage event with its lines for those that are charged, and for every one its
-- request and attempts, and apart those attempts that cost something and are charged to nobody.
--
-- Every join is of arrays of the batch, or of a table's rows found by such an array: hashed, since a nested loop compares each
-- with each. p_periods: the open periods of p_closed.charged_organizations, in their order.
CREATE FUNCTION record_calls(p_calls settled_call[], p_lines settled_line[], p_attempts settled_attempt[], p_closed closed_holds,
  p_periods uuid[])
RETURNS wallet_sums LANGUAGE plpgsql
SET enable_seqscan = off SET enable_nestloop = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE v_sums wallet_sums;
BEGIN
  WITH call AS MATERIALIZED (
    SELECT h.id, h.organization_id, h.wallet_id, h.project_id, h.api_key_id, coalesce(c.model, h.model_id) AS model_id,
           h.model_requested, h.protocol, h.streamed, h.priced_at, h.amount_nano AS held, w.currency, k.charge,
           c.amount - k.charge AS absorbed, billing_now() AS created_at,
           c.release, c.event, c.occurred_at, c.rated_pico, c.cost, c.estimated, c.raw_usage,
           c.input, c.cache_read, c.cache_write_5m, c.cache_write_1h, c.output, c.reasoning, c.searches,
           c.status, c.http_status, c.error_type, c.finish_reason, c.usage_source, c.upstream_id, c.end_user, c.warnings, c.started_at,
           c.first_token_ms, c.duration_ms, c.deployment, c.provider, c.route
    FROM unnest(p_closed.holds, p_closed.charges) AS k(hold, charge)
    JOIN unnest(p_calls) AS c ON c.hold = k.hold
    JOIN hold h ON h.id = k.hold AND h.id = ANY (p_closed.holds)
    JOIN wallet w ON w.id = h.wallet_id AND w.id = ANY (p_closed.wallets)
    -- Hashing mixes them; rows and their instants stand in the order of the calls.
    ORDER BY h.id
  ), event AS (
    INSERT INTO usage_event (id, request_id, hold_id, organization_id, wallet_id, project_id, api_key_id, provider_id, model_id,
      period_id, occurred_at, priced_at, input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
      output_tokens, reasoning_tokens, searches, currency, rated_pico, amount_nano, absorbed_nano, cost_nano, cost_currency,
      estimated, raw_usage, recorded_at)
    SELECT c.event, c.id, c.id, c.organization_id, c.wallet_id, c.project_id, c.api_key_id, c.provider, c.model_id, p.id,
      least(greatest(c.occurred_at, billing_now() - interval '5 minutes'), billing_now() + interval '5 minutes'), c.priced_at,
      c.input, c.cache_read, c.cache_write_5m, c.cache_write_1h, c.output, c.reasoning, c.searches, c.currency, c.rated_pico,
      c.charge, c.absorbed, c.cost, c.currency, c.estimated, c.raw_usage, c.created_at
    FROM call c JOIN unnest(p_closed.charged_organizations, p_periods) AS p(organization_id, id) USING (organization_id)
    WHERE NOT c.release
  ), line AS (
    -- What the wallet could not pay is taken off the event's lines one after another, first line first.
    INSERT INTO usage_event_line (event_id, token_class, quantity, price_version_id, unit_price_pico, amount_nano, absorbed_nano,
      cost_price_version_id, cost_nano)
    SELECT c.event, l.class, l.quantity, l.price, l.pico, l.amount,
      CASE WHEN c.absorbed > 0 THEN greatest(0, least(l.amount, c.absorbed - (
        SELECT coalesce(sum(b.amount), 0) FROM unnest(p_lines) AS b
        WHERE b.hold = l.hold AND (b.class, b.price) < (l.class, l.price))))
      ELSE 0 END,
      l.cost_price, l.cost
    FROM unnest(p_lines) AS l JOIN call c ON c.id = l.hold
    WHERE NOT c.release
  ), pending AS (
    INSERT INTO usage_pending (event_id) SELECT c.event FROM call c WHERE NOT c.release
  ), finished AS (
    INSERT INTO request (id, organization_id, project_id, api_key_id, wallet_id, protocol, streamed, model_requested, model_id,
      provider_id, deployment_id, upstream_id, status, http_status, error_type, finish_reason, usage_source, end_user, warnings,
      started_at, first_token_ms, duration_ms, route, created_at)
    SELECT c.id, c.organization_id, c.project_id, c.api_key_id, c.wallet_id, c.protocol, c.streamed, c.model_requested, c.model_id,
      c.provider, c.deployment, c.upstream_id, c.status, c.http_status, c.error_type, c.finish_reason, c.usage_source, c.end_user,
      coalesce(c.warnings, '{}'), c.started_at, c.first_token_ms, c.duration_ms, c.route, c.created_at
    FROM call c
  ), tried AS (
    INSERT INTO attempt (request_id, seq, deployment_id, provider_id, credential_id, upstream_model, outcome, status, error_type,
      upstream_id, cost_nano, duration_ms)
    SELECT c.id, a.seq, a.deployment, a.provider, a.credential, a.upstream_model, a.outcome, a.status, a.error_type,
      a.upstream_id, coalesce(a.cost, 0), a.duration_ms
    FROM unnest(p_attempts) AS a JOIN call c ON c.id = a.hold
  ), unbilled AS (
    INSERT INTO unbilled_attempt (request_id, seq, organization_id, wallet_id, provider_id, model_id, recorded_at, cost_nano, currency)
    SELECT c.id, a.seq, c.organization_id, c.wallet_id, a.provider, c.model_id, c.created_at, a.cost, c.currency
    FROM unnest(p_attempts) AS a JOIN call c ON c.id = a.hold
    WHERE a.cost > 0 AND (a.outcome = 'failed' OR c.release)
  )
  SELECT array_agg(s.wallet_id), array_agg(s.charged), array_agg(s.held) INTO v_sums
    FROM (SELECT c.wallet_id, sum(c.charge)::bigint AS charged, sum(c.held)::bigint AS held
          FROM call c GROUP BY c.wallet_id ORDER BY c.wallet_id) s;
  RETURN v_sums;
END $$;
