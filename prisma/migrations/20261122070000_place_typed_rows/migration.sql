-- Placing holds from typed rows instead of JSON, as settlements are: the gateway sends a batch as one array in PostgreSQL's binary form.
-- JSON was read three times and took two thirds of what a hold costs.

DROP FUNCTION insert_holds(uuid, timestamptz, jsonb, uuid[], uuid[], timestamptz[]);

-- What a call asks to set aside, and where it is to go. Gateways send these columns in this order, and those of the version before
-- run beside the next one: other columns are another type, of another function.
CREATE TYPE asked_hold AS (
  id uuid, key uuid, amount bigint, protocol text, streamed boolean, model_requested text, model text, deployment uuid, provider uuid,
  priced_at timestamptz
);

-- Places a batch of holds in one transaction and says of each what became of it.
--
-- outcome: placed | key_unknown | key_revoked | key_expired | organization_suspended | wallet_blocked
--          | payment_method_required | insufficient_balance | in_flight | budget_exceeded
-- available_nano: what the wallet could still give when the item was judged (a caller may ask again for less).
--
-- The wallet rows are locked first, in order of id, then the budgets in order of scope; so is it in settle_calls.
-- Key, organization and payment method are read here, so a stale cache elsewhere cannot admit a call; once a key,
-- however many calls it has in the batch.
CREATE FUNCTION place_holds(p_process uuid, p_ttl interval, p_items asked_hold[])
RETURNS TABLE (hold_id uuid, outcome text, available_nano bigint)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := billing_now();
  v_asked record;
  v_wallet uuid;
  v_available bigint;
  v_held bigint;
  v_placed asked_hold[] := '{}';
  v_outcome text;
  v_scopes uuid[];
  v_windows timestamptz[];
BEGIN
  PERFORM 1 FROM wallet w
    WHERE w.id IN (SELECT k.wallet_id FROM api_key k WHERE k.id IN (SELECT i.key FROM unnest(p_items) AS i))
    ORDER BY w.id FOR NO KEY UPDATE;

  FOR v_asked IN
    WITH payer AS MATERIALIZED (
      SELECT k.id AS key_id, k.status AS key_status, k.expires_at AS key_expires_at, k.project_id, k.organization_id,
             k.wallet_id, o.status AS organization_status, w.status AS wallet_status, w.balance_nano, w.held_nano,
             w.overdraft_nano, coalesce(m.usable, false) AS method_usable,
             EXISTS (SELECT 1 FROM budget b WHERE b.scope_id IN (k.id, k.project_id, k.organization_id)) AS has_budget
      FROM api_key k
      JOIN organization o ON o.id = k.organization_id
      JOIN wallet w ON w.id = k.wallet_id
      LEFT JOIN LATERAL (
        SELECT pm.status = 'active'
               AND (pm.exp_year IS NULL OR make_date(pm.exp_year, pm.exp_month, 1) + interval '1 month' > v_now) AS usable
        FROM payment_method pm WHERE pm.id = coalesce(k.payment_method_id, o.default_payment_method_id)
      ) m ON true
      WHERE k.id IN (SELECT i.key FROM unnest(p_items) AS i)
    )
    SELECT i AS item, i.id, i.amount, p.* FROM unnest(p_items) AS i LEFT JOIN payer p ON p.key_id = i.key
    ORDER BY p.wallet_id, i.id
  LOOP
    IF v_asked.wallet_id IS DISTINCT FROM v_wallet THEN
      v_wallet := v_asked.wallet_id;
      v_held := v_asked.held_nano;
    END IF;
    -- Credit beyond the balance needs somebody to collect it from.
    v_available := v_asked.balance_nano - v_held + CASE WHEN v_asked.method_usable THEN v_asked.overdraft_nano ELSE 0 END;
    v_outcome := CASE
      WHEN v_asked.key_id IS NULL THEN 'key_unknown'
      WHEN v_asked.key_status <> 'active' THEN 'key_revoked'
      WHEN v_asked.key_expires_at <= v_now THEN 'key_expired'
      WHEN v_asked.organization_status <> 'active' THEN 'organization_suspended'
      WHEN v_asked.wallet_status <> 'active' THEN 'wallet_blocked'
      WHEN v_asked.amount <= v_available AND (v_asked.method_usable OR v_asked.balance_nano > 0) THEN 'placed'
      WHEN NOT v_asked.method_usable AND v_asked.balance_nano <= 0 THEN 'payment_method_required'
      WHEN v_asked.amount <= v_available + v_held THEN 'in_flight'
      ELSE 'insufficient_balance'
    END;
    v_scopes := NULL;
    v_windows := NULL;
    IF v_outcome = 'placed' AND v_asked.has_budget THEN
      SELECT * INTO v_scopes, v_windows
        FROM hold_budgets(ARRAY[v_asked.organization_id, v_asked.project_id, v_asked.key_id], v_asked.amount, v_now);
      IF v_scopes IS NULL THEN v_outcome := 'budget_exceeded'; END IF;
    END IF;
    IF v_outcome = 'placed' THEN
      v_held := v_held + v_asked.amount;
      IF v_scopes IS NULL THEN
        v_placed := v_placed || v_asked.item;
      ELSE
        PERFORM insert_holds(p_process, v_now + p_ttl, ARRAY[v_asked.item], v_scopes, v_windows);
      END IF;
    END IF;
    hold_id := v_asked.id;
    outcome := v_outcome;
    available_nano := v_available;
    RETURN NEXT;
  END LOOP;

  PERFORM insert_holds(p_process, v_now + p_ttl, v_placed, NULL, NULL);
END $$;

-- The same from JSON, as gateways of the version before send it.
--
-- p_items: [{id, key, amount, protocol, streamed, model_requested, model, deployment, provider, priced_at}]
CREATE OR REPLACE FUNCTION place_holds(p_process uuid, p_ttl interval, p_items jsonb)
RETURNS TABLE (hold_id uuid, outcome text, available_nano bigint)
LANGUAGE sql AS $$
  SELECT * FROM place_holds(p_process, p_ttl, ARRAY(SELECT i FROM jsonb_populate_recordset(NULL::asked_hold, p_items) AS i))
$$;

-- Writes the hold rows and adds their amounts to the wallets. A duplicate id is an error that rolls the whole batch back:
-- ON CONFLICT DO NOTHING here would leak the held amount.
CREATE FUNCTION insert_holds(p_process uuid, p_expires_at timestamptz, p_items asked_hold[], p_scopes uuid[], p_windows timestamptz[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WITH placed AS (
    INSERT INTO hold (id, wallet_id, organization_id, project_id, api_key_id, process_id, protocol, streamed, model_requested,
                      model_id, deployment_id, provider_id, amount_nano, budget_scopes, budget_windows, priced_at, expires_at)
    SELECT i.id, k.wallet_id, k.organization_id, k.project_id, k.id, p_process, i.protocol, i.streamed, i.model_requested,
           i.model, i.deployment, i.provider, i.amount, p_scopes, p_windows, i.priced_at, p_expires_at
    FROM unnest(p_items) AS i JOIN api_key k ON k.id = i.key
    RETURNING wallet_id, amount_nano
  )
  UPDATE wallet w SET held_nano = w.held_nano + s.amount_nano
    FROM (SELECT wallet_id, sum(amount_nano)::bigint AS amount_nano FROM placed GROUP BY wallet_id) s
    WHERE w.id = s.wallet_id;
END $$;
