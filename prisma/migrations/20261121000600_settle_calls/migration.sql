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

-- Ends a batch of calls in one transaction: each hold is settled or released exactly once, whoever asks and
-- however often. Holds that are no longer open are left alone.
--
-- p_calls: [{hold, release, event, occurred_at, rated_pico, amount, cost, estimated, raw_usage,
--   tokens: {input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, searches},
--   lines: [{class, quantity, price, pico, amount, cost_price, cost}],
--   request: {status, http_status, error_type, finish_reason, usage_source, upstream_id, end_user, warnings, started_at,
--             first_token_ms, duration_ms, deployment, provider},
--   attempts: [{seq, deployment, provider, upstream_model, outcome, status, error_type, upstream_id, cost, duration_ms}]}]
-- Order of locks: organization (advisory), holds, wallets, budgets; each in order of id.
CREATE FUNCTION settle_calls(p_calls jsonb)
RETURNS TABLE (hold_id uuid, outcome text, charged_nano bigint, absorbed_nano bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_holds uuid[];
  v_charges jsonb;
BEGIN
  PERFORM lock_organization_shared(o.organization_id) FROM (
    SELECT DISTINCT h.organization_id FROM hold h
    WHERE h.id IN (SELECT (c ->> 'hold')::uuid FROM jsonb_array_elements(p_calls) c) ORDER BY 1) o;

  SELECT array_agg(l.id) INTO v_holds FROM (
    SELECT h.id FROM hold h
    WHERE h.state = 'open' AND h.id IN (SELECT (c ->> 'hold')::uuid FROM jsonb_array_elements(p_calls) c)
    ORDER BY h.id FOR UPDATE) l;
  v_charges := clamp_charges(p_calls, v_holds);

  PERFORM record_usage(p_calls, v_holds, v_charges);
  PERFORM record_requests(p_calls, v_holds);
  PERFORM close_holds(p_calls, v_holds, v_charges);

  RETURN QUERY
    SELECT c.hold,
           CASE WHEN c.hold <> ALL (coalesce(v_holds, '{}')) THEN 'already_closed' WHEN c.release THEN 'released' ELSE 'settled' END,
           CASE WHEN c.hold = ANY (v_holds) AND NOT c.release THEN coalesce((v_charges ->> c.hold::text)::bigint, c.amount) ELSE 0 END,
           CASE WHEN c.hold = ANY (v_holds) AND NOT c.release THEN c.amount - coalesce((v_charges ->> c.hold::text)::bigint, c.amount) ELSE 0 END
    FROM jsonb_to_recordset(p_calls) AS c(hold uuid, release boolean, amount bigint);
END $$;

-- What calls that cost more than their hold can pay: the hold and whatever the wallet has left, no more.
-- Only these lock their wallet early. Result: {hold: charge}, null when there is no such call.
CREATE FUNCTION clamp_charges(p_calls jsonb, p_holds uuid[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_call record;
  v_wallet uuid;
  v_available bigint;
  v_charge bigint;
  v_charges jsonb;
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM jsonb_to_recordset(p_calls) AS c(hold uuid, release boolean, amount bigint)
    JOIN hold h ON h.id = c.hold WHERE h.id = ANY (p_holds) AND NOT c.release AND c.amount > h.amount_nano) THEN
    RETURN NULL;
  END IF;
  PERFORM 1 FROM wallet w WHERE w.id IN (SELECT h.wallet_id FROM hold h WHERE h.id = ANY (p_holds))
    ORDER BY w.id FOR NO KEY UPDATE;
  FOR v_call IN
    SELECT c.hold, c.amount, h.amount_nano AS held, h.wallet_id, w.balance_nano - w.held_nano + w.overdraft_nano AS available
    FROM jsonb_to_recordset(p_calls) AS c(hold uuid, release boolean, amount bigint)
    JOIN hold h ON h.id = c.hold JOIN wallet w ON w.id = h.wallet_id
    WHERE h.id = ANY (p_holds) AND NOT c.release AND c.amount > h.amount_nano
    ORDER BY h.wallet_id, c.hold
  LOOP
    IF v_call.wallet_id IS DISTINCT FROM v_wallet THEN
      v_wallet := v_call.wallet_id;
      v_available := v_call.available;
    END IF;
    v_charge := least(v_call.amount, v_call.held + greatest(v_available, 0));
    v_available := v_available - (v_charge - v_call.held);
    v_charges := coalesce(v_charges, '{}') || jsonb_build_object(v_call.hold::text, v_charge);
  END LOOP;
  RETURN v_charges;
END $$;

CREATE FUNCTION record_usage(p_calls jsonb, p_holds uuid[], p_charges jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WITH period AS MATERIALIZED (
    SELECT o.organization_id, open_period(o.organization_id) AS id
    FROM (SELECT DISTINCT h.organization_id FROM hold h WHERE h.id = ANY (p_holds)) o)
  INSERT INTO usage_event (id, request_id, hold_id, organization_id, wallet_id, project_id, api_key_id, provider_id, model_id, period_id,
    occurred_at, priced_at, input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens,
    reasoning_tokens, searches, currency, rated_pico, amount_nano, absorbed_nano, cost_nano, cost_currency, estimated, raw_usage)
  SELECT c.event, h.id, h.id, h.organization_id, h.wallet_id, h.project_id, h.api_key_id, (c.request ->> 'provider')::uuid, h.model_id, p.id,
    least(greatest(c.occurred_at, billing_now() - interval '5 minutes'), billing_now() + interval '5 minutes'), h.priced_at,
    (c.tokens ->> 'input')::bigint, (c.tokens ->> 'cache_read')::bigint, (c.tokens ->> 'cache_write_5m')::bigint,
    (c.tokens ->> 'cache_write_1h')::bigint, (c.tokens ->> 'output')::bigint, (c.tokens ->> 'reasoning')::bigint,
    (c.tokens ->> 'searches')::bigint, w.currency, c.rated_pico,
    coalesce((p_charges ->> c.hold::text)::bigint, c.amount),
    c.amount - coalesce((p_charges ->> c.hold::text)::bigint, c.amount),
    c.cost, w.currency, c.estimated, c.raw_usage
  FROM jsonb_to_recordset(p_calls) AS c(hold uuid, release boolean, event uuid, occurred_at timestamptz, rated_pico numeric, amount bigint,
    cost bigint, estimated boolean, raw_usage jsonb, tokens jsonb, request jsonb)
  JOIN hold h ON h.id = c.hold JOIN wallet w ON w.id = h.wallet_id JOIN period p ON p.organization_id = h.organization_id
  WHERE h.id = ANY (p_holds) AND NOT c.release;

  -- What the wallet could not pay is taken off the event's lines one after another, first line first.
  INSERT INTO usage_event_line (event_id, token_class, quantity, price_version_id, unit_price_pico, amount_nano, absorbed_nano,
    cost_price_version_id, cost_nano)
  SELECT c.event, l.class, l.quantity, l.price, l.pico, l.amount,
    CASE WHEN p_charges ? c.hold::text THEN
      greatest(0, least(l.amount, c.amount - (p_charges ->> c.hold::text)::bigint
        - coalesce(sum(l.amount) OVER (PARTITION BY c.hold ORDER BY l.class, l.price ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)))
    ELSE 0 END,
    l.cost_price, l.cost
  FROM jsonb_to_recordset(p_calls) AS c(hold uuid, release boolean, event uuid, amount bigint, lines jsonb)
  CROSS JOIN LATERAL jsonb_to_recordset(c.lines) AS l(class text, quantity bigint, price uuid, pico bigint, amount bigint, cost_price uuid, cost bigint)
  WHERE c.hold = ANY (p_holds) AND NOT c.release;

  INSERT INTO usage_pending (event_id)
  SELECT c.event FROM jsonb_to_recordset(p_calls) AS c(hold uuid, release boolean, event uuid)
  WHERE c.hold = ANY (p_holds) AND NOT c.release;
END $$;

CREATE FUNCTION record_requests(p_calls jsonb, p_holds uuid[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO request (id, organization_id, project_id, api_key_id, wallet_id, protocol, streamed, model_requested, model_id,
    provider_id, deployment_id, upstream_id, status, http_status, error_type, finish_reason, usage_source, end_user, warnings,
    started_at, first_token_ms, duration_ms)
  SELECT h.id, h.organization_id, h.project_id, h.api_key_id, h.wallet_id, h.protocol, h.streamed, h.model_requested, h.model_id,
    r.provider, r.deployment, r.upstream_id, r.status, r.http_status, r.error_type, r.finish_reason, r.usage_source, r.end_user,
    coalesce(r.warnings, '{}'), r.started_at, r.first_token_ms, r.duration_ms
  FROM jsonb_to_recordset(p_calls) AS c(hold uuid, request jsonb)
  JOIN hold h ON h.id = c.hold
  CROSS JOIN LATERAL jsonb_to_record(c.request) AS r(status text, http_status integer, error_type text, finish_reason text,
    usage_source text, upstream_id text, end_user text, warnings text[], started_at timestamptz, first_token_ms integer,
    duration_ms integer, deployment uuid, provider uuid)
  WHERE h.id = ANY (p_holds);

  INSERT INTO attempt (request_id, seq, deployment_id, provider_id, upstream_model, outcome, status, error_type, upstream_id, cost_nano, duration_ms)
  SELECT c.hold, a.seq, a.deployment, a.provider, a.upstream_model, a.outcome, a.status, a.error_type, a.upstream_id, coalesce(a.cost, 0), a.duration_ms
  FROM jsonb_to_recordset(p_calls) AS c(hold uuid, attempts jsonb)
  CROSS JOIN LATERAL jsonb_to_recordset(c.attempts) AS a(seq integer, deployment uuid, provider uuid, upstream_model text, outcome text,
    status integer, error_type text, upstream_id text, cost bigint, duration_ms integer)
  WHERE c.hold = ANY (p_holds);
$$;

-- Closes the holds and moves the money: the wallet last of all but the budgets, so that its row is locked for
-- the shortest time.
CREATE FUNCTION close_holds(p_calls jsonb, p_holds uuid[], p_charges jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE v_budgets boolean;
BEGIN
  UPDATE hold h SET
      state = CASE WHEN c.release THEN 'released' ELSE 'settled' END,
      settled_nano = CASE WHEN c.release THEN NULL ELSE coalesce((p_charges ->> c.hold::text)::bigint, c.amount) END,
      closed_at = billing_now(),
      progress = NULL
    FROM jsonb_to_recordset(p_calls) AS c(hold uuid, release boolean, amount bigint)
    WHERE h.id = c.hold AND h.id = ANY (p_holds);

  PERFORM 1 FROM wallet w WHERE w.id IN (SELECT h.wallet_id FROM hold h WHERE h.id = ANY (p_holds))
    ORDER BY w.id FOR NO KEY UPDATE;
  UPDATE wallet w SET balance_nano = w.balance_nano - s.charged, held_nano = w.held_nano - s.held
    FROM (SELECT h.wallet_id, sum(coalesce(h.settled_nano, 0))::bigint AS charged, sum(h.amount_nano)::bigint AS held
          FROM hold h WHERE h.id = ANY (p_holds) GROUP BY h.wallet_id) s
    WHERE w.id = s.wallet_id;

  SELECT bool_or(h.budget_scopes IS NOT NULL) INTO v_budgets FROM hold h WHERE h.id = ANY (p_holds);
  IF v_budgets THEN
    PERFORM 1 FROM budget_usage u
      WHERE (u.scope_id, u.window_start) IN (
        SELECT b.scope_id, b.window_start FROM hold h CROSS JOIN LATERAL unnest(h.budget_scopes, h.budget_windows) AS b(scope_id, window_start)
        WHERE h.id = ANY (p_holds))
      ORDER BY u.scope_id, u.window_start FOR NO KEY UPDATE;
    UPDATE budget_usage u SET held_nano = u.held_nano - s.held, spent_nano = u.spent_nano + s.charged
      FROM (SELECT b.scope_id, b.window_start, sum(h.amount_nano)::bigint AS held, sum(coalesce(h.settled_nano, 0))::bigint AS charged
            FROM hold h CROSS JOIN LATERAL unnest(h.budget_scopes, h.budget_windows) AS b(scope_id, window_start)
            WHERE h.id = ANY (p_holds) GROUP BY b.scope_id, b.window_start) s
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
-- process that was seen in the last 30 seconds are left to it.
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
            AND NOT EXISTS (SELECT 1 FROM gateway_process p WHERE p.id = x.process_id AND p.seen_at > billing_now() - interval '30 seconds')
          ORDER BY x.id LIMIT p_limit FOR UPDATE SKIP LOCKED) h;
  IF v_calls IS NULL THEN RETURN; END IF;
  RETURN QUERY SELECT * FROM settle_calls(v_calls);
END $$;
