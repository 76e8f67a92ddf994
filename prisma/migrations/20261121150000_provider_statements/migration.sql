-- What a provider says it takes from us for some days (UTC), and what comparing it with the books found.
CREATE TABLE provider_statement (
  id uuid PRIMARY KEY,
  provider_id uuid NOT NULL REFERENCES provider (id),
  format text NOT NULL CHECK (format IN ('openai', 'anthropic', 'csv')),
  source_sha256 text NOT NULL,
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  -- Half-open.
  days daterange NOT NULL CHECK (NOT isempty(days) AND lower_inc(days) AND NOT upper_inc(days)),
  -- Absent: the statement says only quantities.
  stated_cost_nano bigint,
  accrued_cost_nano bigint NOT NULL,
  open_cost_nano bigint NOT NULL CHECK (open_cost_nano >= 0),
  tolerance_ppm integer NOT NULL CHECK (tolerance_ppm BETWEEN 0 AND 1000000),
  tolerance_nano bigint NOT NULL CHECK (tolerance_nano >= 0),
  counts jsonb NOT NULL,
  -- agreed: what is not explained is within the tolerance. accepted: finance takes the provider's figure.
  status text NOT NULL CHECK (status IN ('agreed', 'open', 'accepted', 'paid')),
  legal_entity_id uuid REFERENCES legal_entity (id),
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT billing_now(),
  UNIQUE (provider_id, source_sha256),
  CHECK ((status IN ('accepted', 'paid')) = (legal_entity_id IS NOT NULL)),
  CHECK (status IN ('agreed', 'open') OR stated_cost_nano IS NOT NULL),
  -- A day of a provider is taken over once.
  CONSTRAINT provider_statement_no_overlap EXCLUDE USING gist (
    int8range(hashtextextended(provider_id::text, 0), hashtextextended(provider_id::text, 0), '[]') WITH &&, days WITH &&)
    WHERE (status IN ('accepted', 'paid'))
);
CREATE INDEX provider_statement_by_provider ON provider_statement (provider_id, id);

CREATE TABLE provider_statement_line (
  statement_id uuid NOT NULL REFERENCES provider_statement (id),
  seq integer NOT NULL,
  day date NOT NULL,
  -- The id the provider gave its answer; absent in statements of sums.
  request_ref text,
  model text,
  token_class text,
  quantity bigint,
  cost_nano bigint,
  PRIMARY KEY (statement_id, seq),
  CHECK (quantity IS NOT NULL OR cost_nano IS NOT NULL)
);
CREATE TRIGGER provider_statement_line_append_only BEFORE UPDATE OR DELETE ON provider_statement_line
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- One row for each day, model and class, or request, whose figures were compared.
CREATE TABLE reconciliation_result (
  statement_id uuid NOT NULL REFERENCES provider_statement (id),
  seq integer NOT NULL,
  day date NOT NULL,
  request_ref text,
  model text,
  token_class text,
  status text NOT NULL CHECK (status IN ('explained', 'open', 'matched')),
  -- Why an open difference may be; absent: nothing is open.
  cause text CHECK (cause IN ('not_in_books', 'not_in_statement', 'price', 'unexplained')),
  -- {stated, booked, explained: [{reason, amount}], open}, digits; absent: not stated.
  quantity jsonb,
  cost jsonb,
  PRIMARY KEY (statement_id, seq),
  CHECK ((status = 'open') = (cause IS NOT NULL))
);
CREATE TRIGGER reconciliation_result_append_only BEFORE UPDATE OR DELETE ON reconciliation_result
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- Only the state of a statement moves, and only forward.
CREATE FUNCTION provider_statement_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.status = 'paid' OR NEW.status IN ('agreed', 'open') OR NEW.status = OLD.status
     OR (to_jsonb(NEW) - 'status' - 'legal_entity_id') IS DISTINCT FROM (to_jsonb(OLD) - 'status' - 'legal_entity_id')
     OR (OLD.legal_entity_id IS NOT NULL AND NEW.legal_entity_id IS DISTINCT FROM OLD.legal_entity_id) THEN
    RAISE EXCEPTION 'a provider statement is never rewritten' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER provider_statement_forward BEFORE UPDATE OR DELETE ON provider_statement
  FOR EACH ROW EXECUTE FUNCTION provider_statement_guard();
