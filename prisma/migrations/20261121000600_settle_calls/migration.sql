-- The open billing period of an organization at this moment; made when there is none. Callers hold the
-- organization's shared advisory lock, closing a period takes the exclusive one.
CREATE FUNCTION open_period(p_organization uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  v_now timestamptz := billing_now();
  v_id uuid;
BEGIN
  SELECT id INTO v_id FROM billing_period
    WHERE organization_id = p_organization AND status = 'open' AND starts_at <= v_now AND v_now < ends_at;
  IF v_id IS NOT NULL THEN RETURN v_id; END IF;
  INSERT INTO billing_period (id, organization_id, starts_at, ends_at)
    SELECT gen_random_uuid(), o.id,
           date_trunc('month', v_now AT TIME ZONE o.timezone) AT TIME ZONE o.timezone,
           (date_trunc('month', v_now AT TIME ZONE o.timezone) + interval '1 month') AT TIME ZONE o.timezone
    FROM organization o WHERE o.id = p_organization
    ON CONFLICT DO NOTHING;
  SELECT id INTO STRICT v_id FROM billing_period
    WHERE organization_id = p_organization AND status = 'open' AND starts_at <= v_now AND v_now < ends_at;
  RETURN v_id;
END $$;

CREATE FUNCTION lock_organization_shared(p_organization uuid) RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock_shared(hashtextextended('organization:' || p_organization, 0))
$$;

-- A call as it is settled: what the caller of settle_calls said of it, and its hold.
CREATE TYPE settled_call AS (
  hold uuid, release boolean, held bigint, charge bigint, amount bigint, rated_pico numeric, cost bigint,
  event uuid, occurred_at timestamptz, estimated boolean, raw_usage jsonb, lines jsonb, attempts jsonb,
  input bigint, cache_read bigint, cache_write_5m bigint, cache_write_1h bigint, output bigint, reasoning bigint, searches bigint,
  status text, http_status integer, error_type text, finish_reason text, usage_source text, upstream_id text, end_user text,
  warnings text[], started_at timestamptz, first_token_ms integer, duration_ms integer, deployment uuid, provider uuid,
  organization_id uuid, wallet_id uuid, project_id uuid, api_key_id uuid, model_id text, model_requested text, protocol text,
  streamed boolean, priced_at timestamptz, budget_scopes uuid[], budget_windows timestamptz[]
);

-- Ends a batch of calls in one transaction: each hold is settled or released exactly once, whoever asks and
-- however often. Holds that are no longer open are left alone.
--
-- p_calls: [{hold, release, event, occurred_at, rated_pico, amount, cost, estimated, raw_usage,
--   tokens: {input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, searches},
--   lines: [{class, quantity, price, pico, amount, cost_price, cost}],
--   request: {status, http_status, error_type, finish_reason, usage_source, upstream_id, end_user, warnings, started_at,
--             first_token_ms, duration_ms, deployment, provider},
--   attempts: [{seq, deployment, provider, upstream_model, outcome, status, error_type, upstream_id, cost, duration_ms}]}]
-- Order of locks: holds, organization (advisory), wallets, budgets.
CREATE FUNCTION settle_calls(p_calls jsonb)
RETURNS TABLE (hold_id uuid, outcome text, charged_nano bigint, absorbed_nano bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE v_calls settled_call[];
BEGIN
  v_calls := close_holds(p_calls);
  PERFORM lock_organization_shared(o.organization_id)
    FROM (SELECT DISTINCT c.organization_id FROM unnest(v_calls) c ORDER BY 1) o;
  IF EXISTS (SELECT 1 FROM unnest(v_calls) c WHERE c.charge > c.held) THEN
    v_calls := clamp_charges(v_calls);
  END IF;
  PERFORM record_usage(v_calls);
  PERFORM record_requests(v_calls);
  -- The sums are checked now, not at commit, when the wallets would be locked meanwhile.
  SET CONSTRAINTS usage_event_sum IMMEDIATE;
  PERFORM charge_wallets(v_calls);

  RETURN QUERY
    SELECT (i ->> 'hold')::uuid,
           CASE WHEN c.hold IS NULL THEN 'already_closed' WHEN c.release THEN 'released' ELSE 'settled' END,
           coalesce(c.charge, 0),
           CASE WHEN c.release THEN 0 ELSE coalesce(c.amount - c.charge, 0) END
    FROM jsonb_array_elements(p_calls) i
    LEFT JOIN unnest(v_calls) c ON c.hold = (i ->> 'hold')::uuid;
END $$;

-- Closes those holds that are still open and gathers all that is to be recorded of their calls.
CREATE FUNCTION close_holds(p_calls jsonb) RETURNS settled_call[] LANGUAGE sql AS $$
  WITH call AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(p_calls) AS c(hold uuid, release boolean, event uuid, occurred_at timestamptz, rated_pico numeric,
        amount bigint, cost bigint, estimated boolean, raw_usage jsonb, tokens jsonb, lines jsonb, request jsonb, attempts jsonb)
      CROSS JOIN LATERAL jsonb_to_record(coalesce(c.tokens, '{}')) AS t(input bigint, cache_read bigint, cache_write_5m bigint,
        cache_write_1h bigint, output bigint, reasoning bigint, searches bigint)
      CROSS JOIN LATERAL jsonb_to_record(c.request) AS r(status text, http_status integer, error_type text, finish_reason text,
        usage_source text, upstream_id text, end_user text, warnings text[], started_at timestamptz, first_token_ms integer,
        duration_ms integer, deployment uuid, provider uuid)
  ), closed AS (
    UPDATE hold h SET
        state = CASE WHEN c.release THEN 'released' ELSE 'settled' END,
        settled_nano = CASE WHEN c.release THEN NULL ELSE c.amount END,
        closed_at = billing_now(),
        progress = NULL
      FROM call c WHERE h.id = c.hold AND h.state = 'open'
      RETURNING h.*
  )
  SELECT array_agg(ROW(
      h.id, c.release, h.amount_nano, CASE WHEN c.release THEN 0 ELSE c.amount END, c.amount, c.rated_pico, c.cost,
      c.event, c.occurred_at, c.estimated, c.raw_usage, c.lines, c.attempts,
      c.input, c.cache_read, c.cache_write_5m, c.cache_write_1h, c.output, c.reasoning, c.searches,
      c.status, c.http_status, c.error_type, c.finish_reason, c.usage_source, c.upstream_id, c.end_user,
      c.warnings, c.started_at, c.first_token_ms, c.duration_ms, c.deployment, c.provider,
      h.organization_id, h.wallet_id, h.project_id, h.api_key_id, h.model_id, h.model_requested, h.protocol,
      h.streamed, h.priced_at, h.budget_scopes, h.budget_windows)::settled_call ORDER BY h.id)
    FROM call c JOIN closed h ON h.id = c.hold
$$;

-- What calls that cost more than their hold can pay: the hold and whatever the wallet has left, no more.
-- Only for these are the wallets locked early.
CREATE FUNCTION clamp_charges(p_calls settled_call[]) RETURNS settled_call[] LANGUAGE plpgsql AS $$
DECLARE
  v_call settled_call;
  v_at integer;
  v_left jsonb;
BEGIN
  PERFORM 1 FROM wallet w WHERE w.id IN (SELECT c.wallet_id FROM unnest(p_calls) c) ORDER BY w.id FOR NO KEY UPDATE;
  SELECT jsonb_object_agg(w.id, greatest(w.balance_nano - w.held_nano + w.overdraft_nano, 0)) INTO v_left
    FROM wallet w WHERE w.id IN (SELECT c.wallet_id FROM unnest(p_calls) c);
  FOR v_at IN 1 .. array_length(p_calls, 1) LOOP
    v_call := p_calls[v_at];
    CONTINUE WHEN v_call.charge <= v_call.held;
    v_call.charge := least(v_call.amount, v_call.held + (v_left ->> v_call.wallet_id::text)::bigint);
    v_left := jsonb_set(v_left, ARRAY[v_call.wallet_id::text],
      to_jsonb((v_left ->> v_call.wallet_id::text)::bigint - (v_call.charge - v_call.held)));
    p_calls[v_at] := v_call;
    UPDATE hold SET settled_nano = v_call.charge WHERE id = v_call.hold;
  END LOOP;
  RETURN p_calls;
END $$;

CREATE FUNCTION record_usage(p_calls settled_call[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WITH period AS MATERIALIZED (
    SELECT o.organization_id, open_period(o.organization_id) AS id
    FROM (SELECT DISTINCT c.organization_id FROM unnest(p_calls) c WHERE NOT c.release) o)
  INSERT INTO usage_event (id, request_id, hold_id, organization_id, wallet_id, project_id, api_key_id, provider_id, model_id, period_id,
    occurred_at, priced_at, input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens,
    reasoning_tokens, searches, currency, rated_pico, amount_nano, absorbed_nano, cost_nano, cost_currency, estimated, raw_usage)
  SELECT c.event, c.hold, c.hold, c.organization_id, c.wallet_id, c.project_id, c.api_key_id, c.provider, c.model_id, p.id,
    least(greatest(c.occurred_at, billing_now() - interval '5 minutes'), billing_now() + interval '5 minutes'), c.priced_at,
    c.input, c.cache_read, c.cache_write_5m, c.cache_write_1h, c.output, c.reasoning, c.searches, w.currency, c.rated_pico,
    c.charge, c.amount - c.charge, c.cost, w.currency, c.estimated, c.raw_usage
  FROM unnest(p_calls) c JOIN wallet w ON w.id = c.wallet_id JOIN period p ON p.organization_id = c.organization_id
  WHERE NOT c.release;

  -- What the wallet could not pay is taken off the event's lines one after another, first line first.
  INSERT INTO usage_event_line (event_id, token_class, quantity, price_version_id, unit_price_pico, amount_nano, absorbed_nano,
    cost_price_version_id, cost_nano)
  SELECT c.event, l.class, l.quantity, l.price, l.pico, l.amount,
    CASE WHEN c.amount > c.charge THEN greatest(0, least(l.amount, c.amount - c.charge - (
      SELECT coalesce(sum(b.amount), 0) FROM jsonb_to_recordset(c.lines) AS b(class text, price uuid, amount bigint)
      WHERE (b.class, b.price) < (l.class, l.price))))
    ELSE 0 END,
    l.cost_price, l.cost
  FROM unnest(p_calls) c
  CROSS JOIN LATERAL jsonb_to_recordset(c.lines) AS l(class text, quantity bigint, price uuid, pico bigint, amount bigint, cost_price uuid, cost bigint)
  WHERE NOT c.release;

  INSERT INTO usage_pending (event_id) SELECT c.event FROM unnest(p_calls) c WHERE NOT c.release;
END $$;

CREATE FUNCTION record_requests(p_calls settled_call[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO request (id, organization_id, project_id, api_key_id, wallet_id, protocol, streamed, model_requested, model_id,
    provider_id, deployment_id, upstream_id, status, http_status, error_type, finish_reason, usage_source, end_user, warnings,
    started_at, first_token_ms, duration_ms)
  SELECT c.hold, c.organization_id, c.project_id, c.api_key_id, c.wallet_id, c.protocol, c.streamed, c.model_requested, c.model_id,
    c.provider, c.deployment, c.upstream_id, c.status, c.http_status, c.error_type, c.finish_reason, c.usage_source, c.end_user,
    coalesce(c.warnings, '{}'), c.started_at, c.first_token_ms, c.duration_ms
  FROM unnest(p_calls) c;

  INSERT INTO attempt (request_id, seq, deployment_id, provider_id, upstream_model, outcome, status, error_type, upstream_id, cost_nano, duration_ms)
  SELECT c.hold, a.seq, a.deployment, a.provider, a.upstream_model, a.outcome, a.status, a.error_type, a.upstream_id, coalesce(a.cost, 0), a.duration_ms
  FROM unnest(p_calls) c
  CROSS JOIN LATERAL jsonb_to_recordset(c.attempts) AS a(seq integer, deployment uuid, provider uuid, upstream_model text, outcome text,
    status integer, error_type text, upstream_id text, cost bigint, duration_ms integer);
END $$;

-- Moves the money: the wallets last of all but the budgets, so that their rows are locked for the shortest time.
CREATE FUNCTION charge_wallets(p_calls settled_call[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM wallet w WHERE w.id IN (SELECT c.wallet_id FROM unnest(p_calls) c) ORDER BY w.id FOR NO KEY UPDATE;
  UPDATE wallet w SET balance_nano = w.balance_nano - s.charged, held_nano = w.held_nano - s.held
    FROM (SELECT c.wallet_id, sum(c.charge)::bigint AS charged, sum(c.held)::bigint AS held FROM unnest(p_calls) c GROUP BY c.wallet_id) s
    WHERE w.id = s.wallet_id;

  IF EXISTS (SELECT 1 FROM unnest(p_calls) c WHERE c.budget_scopes IS NOT NULL) THEN
    PERFORM 1 FROM budget_usage u
      WHERE (u.scope_id, u.window_start) IN (
        SELECT b.scope_id, b.window_start FROM unnest(p_calls) c
        CROSS JOIN LATERAL unnest(c.budget_scopes, c.budget_windows) AS b(scope_id, window_start))
      ORDER BY u.scope_id, u.window_start FOR NO KEY UPDATE;
    UPDATE budget_usage u SET held_nano = u.held_nano - s.held, spent_nano = u.spent_nano + s.charged
      FROM (SELECT b.scope_id, b.window_start, sum(c.held)::bigint AS held, sum(c.charge)::bigint AS charged
            FROM unnest(p_calls) c CROSS JOIN LATERAL unnest(c.budget_scopes, c.budget_windows) AS b(scope_id, window_start)
            GROUP BY b.scope_id, b.window_start) s
      WHERE u.scope_id = s.scope_id AND u.window_start = s.window_start;
  END IF;
END $$;

-- Writes where running streams stand and keeps their holds alive. p_calls: [{hold, progress}].
CREATE FUNCTION checkpoint_holds(p_ttl interval, p_calls jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM hold h WHERE h.state = 'open' AND h.id IN (SELECT (c ->> 'hold')::uuid FROM jsonb_array_elements(p_calls) c)
    ORDER BY h.id FOR UPDATE;
  UPDATE hold h SET progress = coalesce(c.progress, h.progress), expires_at = billing_now() + p_ttl
    FROM jsonb_to_recordset(p_calls) AS c(hold uuid, progress jsonb)
    WHERE h.id = c.hold AND h.state = 'open';
END $$;

-- Ends calls whose process is gone: settles at the last checkpoint, or releases when there is none. Holds of a
-- process that was seen in the last 30 seconds are left to it, unless it knows nothing of them: it keeps those of
-- its running calls from expiring, and owes no settlement. Such a hold was placed, but its process never learnt it.
CREATE FUNCTION sweep_holds(p_limit integer)
RETURNS TABLE (hold_id uuid, outcome text, charged_nano bigint, absorbed_nano bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE v_calls jsonb;
BEGIN
  SELECT jsonb_agg(coalesce(h.progress, jsonb_build_object(
      'hold', h.id, 'release', true,
      'request', jsonb_build_object('status', 'unknown', 'usage_source', 'none', 'started_at', h.created_at,
        'duration_ms', 0, 'deployment', h.deployment_id, 'provider', h.provider_id),
      'attempts', jsonb_build_array(jsonb_build_object('seq', 1, 'deployment', h.deployment_id, 'provider', h.provider_id,
        'upstream_model', '', 'outcome', 'unknown', 'duration_ms', 0)))) ORDER BY h.id)
    INTO v_calls
    FROM (SELECT * FROM hold x WHERE x.state = 'open' AND x.expires_at < billing_now()
            AND NOT EXISTS (SELECT 1 FROM gateway_process p
                            WHERE p.id = x.process_id AND p.seen_at > billing_now() - interval '30 seconds'
                              AND (p.journal_pending > 0 OR x.expires_at > billing_now() - interval '1 minute'))
          ORDER BY x.id LIMIT p_limit FOR UPDATE SKIP LOCKED) h;
  IF v_calls IS NULL THEN RETURN; END IF;
  RETURN QUERY SELECT * FROM settle_calls(v_calls);
END $$;
