-- Where one of the holds that a sweep would end is refused, the others are ended one by one.

-- Holds whose process is gone. Those of a process that was seen in the last 30 seconds are left to it, unless it knows nothing of
-- them: it keeps those of its running calls from expiring, and owes no settlement. Such a hold was placed, but its process never
-- learnt it.
CREATE VIEW abandoned_hold AS
  SELECT * FROM hold h WHERE h.state = 'open' AND h.expires_at < billing_now()
    AND NOT EXISTS (SELECT 1 FROM gateway_process p
                    WHERE p.id = h.process_id AND p.seen_at > billing_now() - interval '30 seconds'
                      AND (p.journal_pending > 0 OR h.expires_at > billing_now() - interval '1 minute'));

-- Ends those of the holds that are still abandoned: settles at the last checkpoint, or releases when there is none. Those that
-- another worker is at are passed over.
CREATE FUNCTION sweep_abandoned(p_holds uuid[])
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
    FROM (SELECT * FROM abandoned_hold x WHERE x.id = ANY (p_holds) ORDER BY x.id FOR UPDATE SKIP LOCKED) h;
  IF v_calls IS NULL THEN RETURN; END IF;
  RETURN QUERY SELECT * FROM settle_calls(v_calls);
END $$;

-- The first of them, all or none.
CREATE OR REPLACE FUNCTION sweep_holds(p_limit integer)
RETURNS TABLE (hold_id uuid, outcome text, charged_nano bigint, absorbed_nano bigint)
LANGUAGE sql AS $$
  SELECT * FROM sweep_abandoned(ARRAY(SELECT id FROM abandoned_hold ORDER BY id LIMIT p_limit FOR UPDATE SKIP LOCKED));
$$;
