-- A report that is written in the background, and its file. What is in here decides; jobs only wake the worker.
CREATE TABLE export (
  id uuid PRIMARY KEY,
  -- Whose rows it holds; absent: those of every customer.
  organization_id uuid REFERENCES organization (id),
  report text NOT NULL,
  format text NOT NULL,
  -- The rest of what was asked for, as the API shows it.
  parameters jsonb NOT NULL,
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'ready', 'failed', 'expired')),
  created_by text NOT NULL,
  idempotency_key text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT billing_now(),
  -- Times a worker has begun it, and before when it is not begun again.
  tries integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
  not_before timestamptz NOT NULL DEFAULT billing_now(),
  -- The run that may write, and until when it may be silent: then another takes over and this one can finish nothing.
  run_id uuid,
  leased_until timestamptz,
  rows_done bigint NOT NULL DEFAULT 0 CHECK (rows_done >= 0),
  -- Absent: not counted, or only writing it tells.
  rows_expected bigint,
  started_at timestamptz,
  finished_at timestamptz,
  expires_at timestamptz,
  error_code text,
  error_message text,
  -- Where the file is kept; gone when it is.
  storage_key text UNIQUE,
  manifest jsonb,
  CHECK ((status = 'running') = (run_id IS NOT NULL)),
  CHECK ((run_id IS NULL) = (leased_until IS NULL)),
  CHECK ((status = 'ready') = (storage_key IS NOT NULL)),
  CHECK ((status IN ('ready', 'expired')) = (manifest IS NOT NULL)),
  CHECK ((status IN ('ready', 'expired')) = (expires_at IS NOT NULL)),
  CHECK ((status IN ('ready', 'failed', 'expired')) = (finished_at IS NOT NULL)),
  CHECK (status <> 'failed' OR (error_code IS NOT NULL AND error_message IS NOT NULL))
);
CREATE INDEX export_open ON export (not_before) WHERE status IN ('queued', 'running');
CREATE INDEX export_to_expire ON export (expires_at) WHERE status = 'ready';
CREATE INDEX export_by_organization ON export (organization_id, id);

-- What a legal entity's own accounting system calls the accounts of the ledger.
CREATE TABLE account_code (
  legal_entity_id uuid NOT NULL REFERENCES legal_entity (id),
  -- A kind of ledger account.
  account text NOT NULL,
  code text NOT NULL,
  name text NOT NULL DEFAULT '',
  PRIMARY KEY (legal_entity_id, account)
);
