-- Takes charges back and makes them anew, in one transaction; the caller holds the organization's shared lock. All events
-- are of one wallet. p_items: [{event, reversal, charge: {event, priced_at, lines: [{class, quantity, price, pico, amount,
-- cost_price, cost}]} or null}]. A reversal is its original negated, never rated anew; it is recorded in the period that is
-- open now, like every other usage. A new charge takes what the wallet has, the house bears the rest.
CREATE FUNCTION correct_usage(p_correction uuid, p_items jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_wallet wallet;
  v_period uuid;
  v_now timestamptz := billing_now();
  v_back bigint;
  v_left bigint;
  v_taken bigint := 0;
  v_item record;
BEGIN
  SELECT open_period(e.organization_id) INTO STRICT v_period
    FROM usage_event e WHERE e.id = (p_items -> 0 ->> 'event')::uuid;
  INSERT INTO usage_event_line (event_id, token_class, quantity, price_version_id, unit_price_pico, amount_nano, absorbed_nano,
      cost_price_version_id, cost_nano)
    SELECT i.reversal, l.token_class, -l.quantity, l.price_version_id, l.unit_price_pico, -l.amount_nano, -l.absorbed_nano,
      l.cost_price_version_id, -l.cost_nano
    FROM jsonb_to_recordset(p_items) AS i(event uuid, reversal uuid) JOIN usage_event_line l ON l.event_id = i.event;
  INSERT INTO usage_event (id, kind, request_id, reverses_id, organization_id, wallet_id, project_id, api_key_id, provider_id,
      model_id, period_id, occurred_at, priced_at, input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
      output_tokens, reasoning_tokens, searches, currency, rated_pico, amount_nano, absorbed_nano, cost_nano, cost_currency,
      estimated, correction_id)
    SELECT i.reversal, 'reversal', e.request_id, e.id, e.organization_id, e.wallet_id, e.project_id, e.api_key_id, e.provider_id,
      e.model_id, v_period, v_now, e.priced_at, -e.input_tokens, -e.cache_read_tokens, -e.cache_write_5m_tokens,
      -e.cache_write_1h_tokens, -e.output_tokens, -e.reasoning_tokens, -e.searches, e.currency, -e.rated_pico, -e.amount_nano,
      -e.absorbed_nano, -e.cost_nano, e.cost_currency, e.estimated, p_correction
    FROM jsonb_to_recordset(p_items) AS i(event uuid, reversal uuid) JOIN usage_event e ON e.id = i.event;

  SELECT w.* INTO STRICT v_wallet FROM wallet w JOIN usage_event e ON e.wallet_id = w.id
    WHERE e.id = (p_items -> 0 ->> 'event')::uuid FOR NO KEY UPDATE OF w;
  SELECT coalesce(sum(e.amount_nano), 0) INTO v_back
    FROM jsonb_to_recordset(p_items) AS i(event uuid) JOIN usage_event e ON e.id = i.event;
  v_left := greatest(v_wallet.balance_nano + v_back - v_wallet.held_nano + v_wallet.overdraft_nano, 0);

  FOR v_item IN
    SELECT i.event AS original, (i.charge ->> 'event')::uuid AS event, (i.charge ->> 'priced_at')::timestamptz AS priced_at,
           i.charge -> 'lines' AS lines, t.amount, t.rated_pico, t.cost
    FROM jsonb_to_recordset(p_items) AS i(event uuid, charge jsonb)
    CROSS JOIN LATERAL (SELECT coalesce(sum(l.amount), 0)::bigint AS amount, coalesce(sum(l.cost), 0)::bigint AS cost,
                               coalesce(sum(l.quantity::numeric * l.pico), 0) AS rated_pico
                        FROM jsonb_to_recordset(i.charge -> 'lines') AS l(quantity bigint, pico bigint, amount bigint, cost bigint)) t
    WHERE jsonb_typeof(i.charge) = 'object' ORDER BY i.event
  LOOP
    PERFORM record_correction(p_correction, v_period, v_now, to_jsonb(v_item), least(v_item.amount, v_left));
    v_taken := v_taken + least(v_item.amount, v_left);
    v_left := v_left - least(v_item.amount, v_left);
  END LOOP;

  INSERT INTO usage_pending (event_id) SELECT id FROM usage_event WHERE correction_id = p_correction;
  UPDATE wallet SET balance_nano = balance_nano + v_back - v_taken WHERE id = v_wallet.id;
END $$;

-- One new charge of which the customer pays p_charge; what is left is taken off its lines, first line first.
CREATE FUNCTION record_correction(p_correction uuid, p_period uuid, p_now timestamptz, p_item jsonb, p_charge bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_amount bigint := (p_item ->> 'amount')::bigint;
BEGIN
  INSERT INTO usage_event_line (event_id, token_class, quantity, price_version_id, unit_price_pico, amount_nano, absorbed_nano,
      cost_price_version_id, cost_nano)
    SELECT (p_item ->> 'event')::uuid, l.class, l.quantity, l.price, l.pico, l.amount,
      greatest(0, least(l.amount, v_amount - p_charge - (
        SELECT coalesce(sum(b.amount), 0) FROM jsonb_to_recordset(p_item -> 'lines') AS b(class text, price uuid, amount bigint)
        WHERE (b.class, b.price) < (l.class, l.price)))),
      l.cost_price, l.cost
    FROM jsonb_to_recordset(p_item -> 'lines') AS l(class text, quantity bigint, price uuid, pico bigint, amount bigint,
      cost_price uuid, cost bigint);
  INSERT INTO usage_event (id, kind, request_id, corrects_id, organization_id, wallet_id, project_id, api_key_id, provider_id,
      model_id, period_id, occurred_at, priced_at, input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
      output_tokens, reasoning_tokens, searches, currency, rated_pico, amount_nano, absorbed_nano, cost_nano, cost_currency,
      estimated, correction_id)
    SELECT (p_item ->> 'event')::uuid, 'correction', e.request_id, e.id, e.organization_id, e.wallet_id, e.project_id,
      e.api_key_id, e.provider_id, e.model_id, p_period, p_now, (p_item ->> 'priced_at')::timestamptz, e.input_tokens,
      e.cache_read_tokens, e.cache_write_5m_tokens, e.cache_write_1h_tokens, e.output_tokens, e.reasoning_tokens, e.searches,
      e.currency, (p_item ->> 'rated_pico')::numeric, p_charge, v_amount - p_charge, (p_item ->> 'cost')::bigint,
      e.cost_currency, e.estimated, p_correction
    FROM usage_event e WHERE e.id = (p_item ->> 'original')::uuid;
END $$;
