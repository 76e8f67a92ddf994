-- A process that places holds. While it is seen alive, nobody else touches its holds.
CREATE TABLE gateway_process (
  id uuid PRIMARY KEY,
  host text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT billing_now(),
  seen_at timestamptz NOT NULL DEFAULT billing_now(),
  -- Settlements written to the local journal and not yet in the database.
  journal_pending integer NOT NULL DEFAULT 0
);

-- Money set aside before a call goes out; also the write-ahead record of the call. Its id is the request's id.
-- The tables that every call writes to carry no foreign keys: a check of a hot wallet row by every hold would
-- queue behind each other. The rows they point to are never deleted, and the nightly audit looks for orphans.
CREATE TABLE hold (
  id uuid PRIMARY KEY,
  wallet_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  project_id uuid NOT NULL,
  api_key_id uuid NOT NULL,
  process_id uuid NOT NULL,
  protocol text NOT NULL,
  streamed boolean NOT NULL,
  model_requested text NOT NULL,
  model_id text NOT NULL,
  deployment_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  amount_nano bigint NOT NULL CHECK (amount_nano >= 0),
  settled_nano bigint CHECK (settled_nano >= 0),
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'settled', 'released')),
  -- Budgets this hold counts against, with the window each was in.
  budget_scopes uuid[],
  budget_windows timestamptz[],
  created_at timestamptz NOT NULL DEFAULT billing_now(),
  -- The instant whose prices apply.
  priced_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  closed_at timestamptz,
  -- The settlement as it would be if the call ended now; written while a stream runs.
  progress jsonb,
  CHECK ((state = 'open') = (closed_at IS NULL)),
  CHECK ((state = 'settled') = (settled_nano IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX hold_open ON hold (expires_at) WHERE state = 'open';
CREATE INDEX hold_open_by_wallet ON hold (wallet_id) WHERE state = 'open';

-- One row per finished call, whatever its end.
CREATE TABLE request (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL,
  project_id uuid NOT NULL,
  api_key_id uuid NOT NULL,
  wallet_id uuid NOT NULL,
  protocol text NOT NULL,
  streamed boolean NOT NULL,
  model_requested text NOT NULL,
  model_id text NOT NULL,
  provider_id uuid NOT NULL,
  deployment_id uuid NOT NULL,
  -- The id the vendor gave its answer; absent when it gave none.
  upstream_id text,
  -- completed: answered in full. aborted: the caller left. failed: the upstream or the gateway failed.
  -- unknown: the process died; the charge rests on the last checkpoint, or is nothing.
  status text NOT NULL CHECK (status IN ('completed', 'aborted', 'failed', 'unknown')),
  http_status integer,
  error_type text,
  finish_reason text,
  usage_source text NOT NULL CHECK (usage_source IN ('provider', 'estimate', 'none')),
  end_user text,
  warnings text[] NOT NULL DEFAULT '{}',
  started_at timestamptz NOT NULL,
  first_token_ms integer,
  duration_ms integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT billing_now()
);
CREATE INDEX request_by_organization ON request (organization_id, id);
CREATE INDEX request_by_key ON request (api_key_id, id);

CREATE TABLE attempt (
  request_id uuid NOT NULL,
  seq integer NOT NULL,
  deployment_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  upstream_model text NOT NULL,
  -- served: this attempt's answer reached the caller. failed: it did not. aborted: the caller left first.
  outcome text NOT NULL CHECK (outcome IN ('served', 'failed', 'aborted', 'unknown')),
  status integer,
  error_type text,
  upstream_id text,
  -- What the provider takes from us for this attempt, as far as we know.
  cost_nano bigint NOT NULL DEFAULT 0 CHECK (cost_nano >= 0),
  duration_ms integer NOT NULL,
  PRIMARY KEY (request_id, seq)
);
CREATE TRIGGER request_append_only BEFORE UPDATE OR DELETE ON request FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER attempt_append_only BEFORE UPDATE OR DELETE ON attempt FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
