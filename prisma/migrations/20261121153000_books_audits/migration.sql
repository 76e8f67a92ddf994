-- What the nightly run of the books checks found.
CREATE TABLE books_audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT billing_now(),
  checks integer NOT NULL CHECK (checks > 0),
  violations bigint NOT NULL CHECK (violations >= 0),
  -- [{id, title, violations, sample}] of the checks that found something.
  found jsonb NOT NULL,
  CHECK ((violations = 0) = (found = '[]'))
);
CREATE TRIGGER books_audit_append_only BEFORE UPDATE OR DELETE ON books_audit FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
