-- Places a batch of holds in one transaction and says of each what became of it.
--
-- p_items: [{id, key, amount, protocol, streamed, model_requested, model, deployment, provider, priced_at}]
-- outcome: placed | key_unknown | key_revoked | key_expired | organization_suspended | wallet_blocked
--          | payment_method_required | insufficient_balance | in_flight | budget_exceeded
-- available_nano: what the wallet could still give when the item was judged (a caller may ask again for less).
--
-- The wallet rows are locked first, in order of id, then the budgets in order of scope; so is it in settle_calls.
-- Key, organization and payment method are read here, so a stale cache elsewhere cannot admit a call.
CREATE FUNCTION place_holds(p_process uuid, p_ttl interval, p_items jsonb)
RETURNS TABLE (hold_id uuid, outcome text, available_nano bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := billing_now();
  v_item record;
  v_wallet uuid;
  v_available bigint;
  v_held bigint;
  v_placed uuid[] := '{}';
  v_outcome text;
  v_scopes uuid[];
  v_windows timestamptz[];
BEGIN
  PERFORM 1 FROM wallet w
    WHERE w.id IN (SELECT k.wallet_id FROM api_key k WHERE k.id IN (SELECT (i ->> 'key')::uuid FROM jsonb_array_elements(p_items) i))
    ORDER BY w.id FOR NO KEY UPDATE;

  FOR v_item IN
    SELECT i.*, k.id AS key_id, k.status AS key_status, k.expires_at AS key_expires_at, k.project_id, k.organization_id,
           k.wallet_id, o.status AS organization_status, w.status AS wallet_status, w.balance_nano, w.held_nano,
           w.overdraft_nano, coalesce(m.usable, false) AS method_usable,
           EXISTS (SELECT 1 FROM budget b WHERE b.scope_id IN (k.id, k.project_id, k.organization_id)) AS has_budget
    FROM jsonb_to_recordset(p_items) AS i(id uuid, key uuid, amount bigint)
    LEFT JOIN api_key k ON k.id = i.key
    LEFT JOIN organization o ON o.id = k.organization_id
    LEFT JOIN wallet w ON w.id = k.wallet_id
    LEFT JOIN LATERAL (
      SELECT pm.status = 'active'
             AND (pm.exp_year IS NULL OR make_date(pm.exp_year, pm.exp_month, 1) + interval '1 month' > v_now) AS usable
      FROM payment_method pm WHERE pm.id = coalesce(k.payment_method_id, o.default_payment_method_id)
    ) m ON true
    ORDER BY w.id, i.id
  LOOP
    IF v_item.wallet_id IS DISTINCT FROM v_wallet THEN
      v_wallet := v_item.wallet_id;
      v_held := v_item.held_nano;
    END IF;
    -- Credit beyond the balance needs somebody to collect it from.
    v_available := v_item.balance_nano - v_held + CASE WHEN v_item.method_usable THEN v_item.overdraft_nano ELSE 0 END;
    v_outcome := CASE
      WHEN v_item.key_id IS NULL THEN 'key_unknown'
      WHEN v_item.key_status <> 'active' THEN 'key_revoked'
      WHEN v_item.key_expires_at <= v_now THEN 'key_expired'
      WHEN v_item.organization_status <> 'active' THEN 'organization_suspended'
      WHEN v_item.wallet_status <> 'active' THEN 'wallet_blocked'
      WHEN v_item.amount <= v_available AND (v_item.method_usable OR v_item.balance_nano > 0) THEN 'placed'
      WHEN NOT v_item.method_usable AND v_item.balance_nano <= 0 THEN 'payment_method_required'
      WHEN v_item.amount <= v_available + v_held THEN 'in_flight'
      ELSE 'insufficient_balance'
    END;
    v_scopes := NULL;
    v_windows := NULL;
    IF v_outcome = 'placed' AND v_item.has_budget THEN
      SELECT * INTO v_scopes, v_windows
        FROM hold_budgets(ARRAY[v_item.organization_id, v_item.project_id, v_item.key_id], v_item.amount, v_now);
      IF v_scopes IS NULL THEN v_outcome := 'budget_exceeded'; END IF;
    END IF;
    IF v_outcome = 'placed' THEN
      v_held := v_held + v_item.amount;
      IF v_scopes IS NULL THEN
        v_placed := v_placed || v_item.id;
      ELSE
        PERFORM insert_holds(p_process, v_now + p_ttl, p_items, ARRAY[v_item.id], v_scopes, v_windows);
      END IF;
    END IF;
    hold_id := v_item.id;
    outcome := v_outcome;
    available_nano := v_available;
    RETURN NEXT;
  END LOOP;

  PERFORM insert_holds(p_process, v_now + p_ttl, p_items, v_placed, NULL, NULL);
END $$;

-- Counts an amount against every budget among the scopes, or, when one lacks room, against none (null result).
CREATE FUNCTION hold_budgets(p_scopes uuid[], p_amount bigint, p_at timestamptz, OUT scopes uuid[], OUT windows timestamptz[])
LANGUAGE plpgsql AS $$
DECLARE v_short boolean;
BEGIN
  INSERT INTO budget_usage (scope_id, window_start)
    SELECT b.scope_id, budget_window_start(b.time_window, p_at) FROM budget b
    WHERE b.scope_id = ANY (p_scopes) ORDER BY b.scope_id
    ON CONFLICT DO NOTHING;
  PERFORM 1 FROM budget_usage u JOIN budget b ON b.scope_id = u.scope_id AND u.window_start = budget_window_start(b.time_window, p_at)
    WHERE b.scope_id = ANY (p_scopes) ORDER BY u.scope_id, u.window_start FOR NO KEY UPDATE OF u;
  SELECT array_agg(b.scope_id ORDER BY b.scope_id), array_agg(u.window_start ORDER BY b.scope_id),
         bool_or(u.held_nano + u.spent_nano + p_amount > b.amount_nano)
    INTO scopes, windows, v_short
    FROM budget b JOIN budget_usage u ON u.scope_id = b.scope_id AND u.window_start = budget_window_start(b.time_window, p_at)
    WHERE b.scope_id = ANY (p_scopes);
  IF v_short THEN
    scopes := NULL;
    windows := NULL;
    RETURN;
  END IF;
  UPDATE budget_usage u SET held_nano = u.held_nano + p_amount
    FROM unnest(scopes, windows) AS s(scope_id, window_start)
    WHERE u.scope_id = s.scope_id AND u.window_start = s.window_start;
END $$;

-- Writes the hold rows of the ids given and adds their amounts to the wallets. A duplicate id is an error that
-- rolls the whole batch back: ON CONFLICT DO NOTHING here would leak the held amount.
CREATE FUNCTION insert_holds(p_process uuid, p_expires_at timestamptz, p_items jsonb, p_ids uuid[], p_scopes uuid[], p_windows timestamptz[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WITH placed AS (
    INSERT INTO hold (id, wallet_id, organization_id, project_id, api_key_id, process_id, protocol, streamed, model_requested,
                      model_id, deployment_id, provider_id, amount_nano, budget_scopes, budget_windows, priced_at, expires_at)
    SELECT i.id, k.wallet_id, k.organization_id, k.project_id, k.id, p_process, i.protocol, i.streamed, i.model_requested,
           i.model, i.deployment, i.provider, i.amount, p_scopes, p_windows, i.priced_at, p_expires_at
    FROM jsonb_to_recordset(p_items) AS i(id uuid, key uuid, amount bigint, protocol text, streamed boolean, model_requested text,
                                          model text, deployment uuid, provider uuid, priced_at timestamptz)
    JOIN api_key k ON k.id = i.key
    WHERE i.id = ANY (p_ids)
    RETURNING wallet_id, amount_nano
  )
  UPDATE wallet w SET held_nano = w.held_nano + s.amount_nano
    FROM (SELECT wallet_id, sum(amount_nano)::bigint AS amount_nano FROM placed GROUP BY wallet_id) s
    WHERE w.id = s.wallet_id;
END $$;
