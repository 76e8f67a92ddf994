-- Why a call went where it went: the conditions it was under, who was considered, and what stickiness saved. Absent: nothing
-- but the model was asked for.
ALTER TABLE request ADD COLUMN route jsonb;

-- What a deployment takes where that is less than its model's own limits; absent: as the model.
ALTER TABLE deployment
  ADD COLUMN context_window integer CHECK (context_window > 0),
  ADD COLUMN max_output_tokens integer CHECK (max_output_tokens > 0);

ALTER TYPE settled_call ADD ATTRIBUTE route jsonb;

-- As before, and: the model that served may be another than the one the hold was placed for.
CREATE OR REPLACE FUNCTION close_holds(p_calls jsonb) RETURNS settled_call[] LANGUAGE sql AS $$
  WITH call AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(p_calls) AS c(hold uuid, release boolean, event uuid, occurred_at timestamptz, rated_pico numeric,
        amount bigint, cost bigint, estimated boolean, raw_usage jsonb, tokens jsonb, lines jsonb, request jsonb, attempts jsonb)
      CROSS JOIN LATERAL jsonb_to_record(coalesce(c.tokens, '{}')) AS t(input bigint, cache_read bigint, cache_write_5m bigint,
        cache_write_1h bigint, output bigint, reasoning bigint, searches bigint)
      CROSS JOIN LATERAL jsonb_to_record(c.request) AS r(status text, http_status integer, error_type text, finish_reason text,
        usage_source text, upstream_id text, end_user text, warnings text[], started_at timestamptz, first_token_ms integer,
        duration_ms integer, deployment uuid, provider uuid, model text, route jsonb)
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
      h.organization_id, h.wallet_id, h.project_id, h.api_key_id, coalesce(c.model, h.model_id), h.model_requested, h.protocol,
      h.streamed, h.priced_at, h.budget_scopes, h.budget_windows, c.route)::settled_call ORDER BY h.id)
    FROM call c JOIN closed h ON h.id = c.hold
$$;

CREATE OR REPLACE FUNCTION record_requests(p_calls settled_call[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO request (id, organization_id, project_id, api_key_id, wallet_id, protocol, streamed, model_requested, model_id,
    provider_id, deployment_id, upstream_id, status, http_status, error_type, finish_reason, usage_source, end_user, warnings,
    started_at, first_token_ms, duration_ms, route)
  SELECT c.hold, c.organization_id, c.project_id, c.api_key_id, c.wallet_id, c.protocol, c.streamed, c.model_requested, c.model_id,
    c.provider, c.deployment, c.upstream_id, c.status, c.http_status, c.error_type, c.finish_reason, c.usage_source, c.end_user,
    coalesce(c.warnings, '{}'), c.started_at, c.first_token_ms, c.duration_ms, c.route
  FROM unnest(p_calls) c;

  INSERT INTO attempt (request_id, seq, deployment_id, provider_id, upstream_model, outcome, status, error_type, upstream_id, cost_nano, duration_ms)
  SELECT c.hold, a.seq, a.deployment, a.provider, a.upstream_model, a.outcome, a.status, a.error_type, a.upstream_id, coalesce(a.cost, 0), a.duration_ms
  FROM unnest(p_calls) c
  CROSS JOIN LATERAL jsonb_to_recordset(c.attempts) AS a(seq integer, deployment uuid, provider uuid, upstream_model text, outcome text,
    status integer, error_type text, upstream_id text, cost bigint, duration_ms integer);
END $$;
