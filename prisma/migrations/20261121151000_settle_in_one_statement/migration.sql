-- Settling a batch in one statement, which reads it from its JSON once, finds holds by their ids and the sums of events by
-- batch instead of by row.
DROP INDEX hold_open_by_wallet;
DROP FUNCTION close_holds(jsonb);
DROP FUNCTION clamp_charges(settled_call[]);
DROP FUNCTION record_usage(settled_call[]);
DROP FUNCTION record_requests(settled_call[]);
DROP FUNCTION charge_wallets(settled_call[]);
DROP TYPE settled_call;
DROP TRIGGER usage_event_sum ON usage_event;

-- An event equals the sum of its lines, which are written before it or by the same statement.
CREATE OR REPLACE FUNCTION usage_event_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_event uuid;
BEGIN
  SELECT e.id INTO v_event
    FROM added_event e
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(l.amount_nano), 0) AS amount, coalesce(sum(l.absorbed_nano), 0) AS absorbed, coalesce(sum(l.cost_nano), 0) AS cost
      FROM usage_event_line l WHERE l.event_id = e.id) s
    WHERE s.amount <> e.amount_nano + e.absorbed_nano OR s.absorbed <> e.absorbed_nano OR s.cost <> e.cost_nano
    LIMIT 1;
  IF v_event IS NOT NULL THEN
    RAISE EXCEPTION 'usage event % does not equal the sum of its lines', v_event USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER usage_event_sum AFTER INSERT ON usage_event
  REFERENCING NEW TABLE AS added_event FOR EACH STATEMENT EXECUTE FUNCTION usage_event_adds_up();

-- What closing a batch of holds found: those that were open, in order of id, with what each call is to pay, 0 for one
-- that is released; whether any costs more than its hold, and whether any counts against a budget.
CREATE TYPE closed_holds AS (
  holds uuid[], charges bigint[], organizations uuid[], charged_organizations uuid[], is_dear boolean, has_budget boolean
);

-- What a batch takes from each wallet, and what of it was held, in order of wallet.
CREATE TYPE wallet_sums AS (wallets uuid[], charged bigint[], held bigint[]);

-- Ends a batch of calls in one transaction: each hold is settled or released exactly once, whoever asks and
-- however often. Holds that are no longer open are left alone.
--
-- p_calls: [{hold, release, event, occurred_at, rated_pico, amount, cost, estimated, raw_usage,
--   tokens: {input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, searches},
--   lines: [{class, quantity, price, pico, amount, cost_price, cost}],
--   request: {status, http_status, error_type, finish_reason, usage_source, upstream_id, end_user, warnings, started_at,
--             first_token_ms, duration_ms, deployment, provider, model, route},
--   attempts: [{seq, deployment, provider, credential, upstream_model, outcome, status, error_type, upstream_id, cost, duration_ms}]}]
-- Order of locks: holds, organization (advisory), period, wallets, budgets.
CREATE OR REPLACE FUNCTION settle_calls(p_calls jsonb)
RETURNS TABLE (hold_id uuid, outcome text, charged_nano bigint, absorbed_nano bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_closed closed_holds;
  v_sums wallet_sums;
BEGIN
  v_closed := close_holds(p_calls);
  PERFORM lock_organization_shared(o) FROM unnest(v_closed.organizations) o ORDER BY o;
  IF v_closed.is_dear THEN
    -- Whoever makes a period is waited for by others who need it: never while holding the wallets, which that one needs.
    PERFORM open_period(o) FROM unnest(v_closed.charged_organizations) o ORDER BY o;
    v_closed.charges := clamp_charges(v_closed.holds, v_closed.charges);
  END IF;
  v_sums := record_calls(p_calls, v_closed.holds, v_closed.charges);
  -- The wallets last of all but the budgets, so that their rows are locked for the shortest time.
  PERFORM charge_wallets(v_sums);
  IF v_closed.has_budget THEN PERFORM charge_budgets(v_closed.holds, v_closed.charges); END IF;

  RETURN QUERY
    SELECT i.hold,
           CASE WHEN k.hold IS NULL THEN 'already_closed' WHEN i.release THEN 'released' ELSE 'settled' END,
           coalesce(k.charge, 0),
           CASE WHEN k.hold IS NULL OR i.release THEN 0 ELSE i.amount - k.charge END
    FROM jsonb_to_recordset(p_calls) AS i(hold uuid, release boolean, amount bigint)
    LEFT JOIN unnest(v_closed.holds, v_closed.charges) AS k(hold, charge) ON k.hold = i.hold;
END $$;

-- Closes those of the holds that are still open. They are found by their ids, given as an array, whatever the planner
-- makes of a table that was empty when it last looked; the index of open holds is full of those that were closed since.
CREATE FUNCTION close_holds(p_calls jsonb) RETURNS closed_holds LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  v_asked uuid[] := ARRAY(SELECT c.hold FROM jsonb_to_recordset(p_calls) AS c(hold uuid));
  v_closed closed_holds;
BEGIN
  WITH closed AS (
    UPDATE hold h SET
        state = CASE WHEN c.release THEN 'released' ELSE 'settled' END,
        settled_nano = CASE WHEN c.release THEN NULL ELSE c.amount END,
        closed_at = billing_now(),
        progress = NULL
      FROM jsonb_to_recordset(p_calls) AS c(hold uuid, release boolean, amount bigint)
      WHERE h.id = c.hold AND h.id = ANY (v_asked) AND h.closed_at IS NULL
      RETURNING h.id, h.organization_id, h.amount_nano, h.budget_scopes, c.release,
        CASE WHEN c.release THEN 0 ELSE c.amount END AS charge
  )
  SELECT array_agg(id ORDER BY id), array_agg(charge ORDER BY id), array_agg(DISTINCT organization_id),
         array_agg(DISTINCT organization_id) FILTER (WHERE NOT release), bool_or(charge > amount_nano),
         bool_or(budget_scopes IS NOT NULL)
    INTO v_closed FROM closed;
  RETURN v_closed;
END $$;

-- What calls that cost more than their hold can pay: the hold and whatever the wallet has left, no more.
-- Only for these are the wallets locked early.
CREATE FUNCTION clamp_charges(p_holds uuid[], p_charges bigint[]) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  v_dear record;
  v_left bigint;
  v_taken jsonb := '{}';
BEGIN
  PERFORM 1 FROM wallet w WHERE w.id IN (SELECT h.wallet_id FROM hold h WHERE h.id = ANY (p_holds)) ORDER BY w.id FOR NO KEY UPDATE;
  FOR v_dear IN
    SELECT k.place, k.charge, h.id, h.amount_nano, h.wallet_id::text AS wallet, w.balance_nano - w.held_nano + w.overdraft_nano AS available
    FROM unnest(p_holds, p_charges) WITH ORDINALITY AS k(hold, charge, place)
    JOIN hold h ON h.id = k.hold JOIN wallet w ON w.id = h.wallet_id
    WHERE k.charge > h.amount_nano ORDER BY k.place
  LOOP
    v_left := greatest(v_dear.available - coalesce((v_taken ->> v_dear.wallet)::bigint, 0), 0);
    p_charges[v_dear.place] := least(v_dear.charge, v_dear.amount_nano + v_left);
    v_taken := v_taken || jsonb_build_object(v_dear.wallet,
      coalesce((v_taken ->> v_dear.wallet)::bigint, 0) + p_charges[v_dear.place] - v_dear.amount_nano);
    UPDATE hold SET settled_nano = p_charges[v_dear.place] WHERE id = v_dear.id;
  END LOOP;
  RETURN p_charges;
END $$;

-- Writes what is kept of closed calls: the usage event with its lines for those that are charged, and for every one its
-- request and attempts. One statement, so that the batch is read from its JSON once.
CREATE FUNCTION record_calls(p_calls jsonb, p_holds uuid[], p_charges bigint[]) RETURNS wallet_sums LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE v_sums wallet_sums;
BEGIN
  WITH call AS MATERIALIZED (
    SELECT h.id, h.organization_id, h.wallet_id, h.project_id, h.api_key_id, coalesce(r.model, h.model_id) AS model_id,
           h.model_requested, h.protocol, h.streamed, h.priced_at, h.amount_nano AS held, k.charge, c.amount - k.charge AS absorbed,
           c.release, c.event, c.occurred_at, c.rated_pico, c.cost, c.estimated, c.raw_usage, c.lines, c.attempts, t.*, r.*
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
      started_at, first_token_ms, duration_ms, route)
    SELECT c.id, c.organization_id, c.project_id, c.api_key_id, c.wallet_id, c.protocol, c.streamed, c.model_requested, c.model_id,
      c.provider, c.deployment, c.upstream_id, c.status, c.http_status, c.error_type, c.finish_reason, c.usage_source, c.end_user,
      coalesce(c.warnings, '{}'), c.started_at, c.first_token_ms, c.duration_ms, c.route
    FROM call c
  ), tried AS (
    INSERT INTO attempt (request_id, seq, deployment_id, provider_id, credential_id, upstream_model, outcome, status, error_type,
      upstream_id, cost_nano, duration_ms)
    SELECT c.id, a.seq, a.deployment, a.provider, a.credential, a.upstream_model, a.outcome, a.status, a.error_type,
      a.upstream_id, coalesce(a.cost, 0), a.duration_ms
    FROM call c
    CROSS JOIN LATERAL jsonb_to_recordset(c.attempts) AS a(seq integer, deployment uuid, provider uuid, credential uuid,
      upstream_model text, outcome text, status integer, error_type text, upstream_id text, cost bigint, duration_ms integer)
  )
  SELECT array_agg(s.wallet_id), array_agg(s.charged), array_agg(s.held) INTO v_sums
    FROM (SELECT c.wallet_id, sum(c.charge)::bigint AS charged, sum(c.held)::bigint AS held
          FROM call c GROUP BY c.wallet_id ORDER BY c.wallet_id) s;
  RETURN v_sums;
END $$;

CREATE FUNCTION charge_wallets(p_sums wallet_sums) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM wallet w WHERE w.id = ANY (p_sums.wallets) ORDER BY w.id FOR NO KEY UPDATE;
  UPDATE wallet w SET balance_nano = w.balance_nano - s.charged, held_nano = w.held_nano - s.held
    FROM unnest(p_sums.wallets, p_sums.charged, p_sums.held) AS s(wallet_id, charged, held)
    WHERE w.id = s.wallet_id;
END $$;

CREATE FUNCTION charge_budgets(p_holds uuid[], p_charges bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM budget_usage u
    WHERE (u.scope_id, u.window_start) IN (
      SELECT b.scope_id, b.window_start FROM hold h
      CROSS JOIN LATERAL unnest(h.budget_scopes, h.budget_windows) AS b(scope_id, window_start)
      WHERE h.id = ANY (p_holds))
    ORDER BY u.scope_id, u.window_start FOR NO KEY UPDATE;
  UPDATE budget_usage u SET held_nano = u.held_nano - s.held, spent_nano = u.spent_nano + s.charged
    FROM (SELECT b.scope_id, b.window_start, sum(h.amount_nano)::bigint AS held, sum(k.charge)::bigint AS charged
          FROM unnest(p_holds, p_charges) AS k(hold, charge) JOIN hold h ON h.id = k.hold
          CROSS JOIN LATERAL unnest(h.budget_scopes, h.budget_windows) AS b(scope_id, window_start)
          GROUP BY b.scope_id, b.window_start) s
    WHERE u.scope_id = s.scope_id AND u.window_start = s.window_start;
END $$;
