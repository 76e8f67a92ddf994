-- What is left of each lot of credit. Kept by triggers from the append-only moves, so that finding the lots that
-- can still pay never means adding up every move a long-lived lot has seen.
CREATE TABLE grant_balance (
  grant_id uuid PRIMARY KEY REFERENCES credit_grant (id),
  wallet_id uuid NOT NULL,
  remaining_nano bigint NOT NULL CHECK (remaining_nano >= 0),
  -- Consumed and not restored; the most a reversal can put back.
  consumed_nano bigint NOT NULL DEFAULT 0 CHECK (consumed_nano >= 0)
) WITH (fillfactor = 50);
CREATE INDEX grant_balance_by_wallet ON grant_balance (wallet_id);

INSERT INTO grant_balance (grant_id, wallet_id, remaining_nano, consumed_nano)
SELECT g.id, g.wallet_id,
       g.amount_nano - coalesce(sum(CASE m.kind WHEN 'restore' THEN -m.amount_nano ELSE m.amount_nano END), 0),
       coalesce(sum(CASE m.kind WHEN 'consume' THEN m.amount_nano WHEN 'restore' THEN -m.amount_nano END), 0)
FROM credit_grant g LEFT JOIN grant_move m ON m.grant_id = g.id GROUP BY g.id;

CREATE FUNCTION open_grant_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO grant_balance (grant_id, wallet_id, remaining_nano) VALUES (NEW.id, NEW.wallet_id, NEW.amount_nano);
  RETURN NULL;
END $$;
CREATE TRIGGER credit_grant_opens_balance AFTER INSERT ON credit_grant FOR EACH ROW EXECUTE FUNCTION open_grant_balance();

CREATE FUNCTION apply_grant_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE grant_balance b SET remaining_nano = b.remaining_nano - s.taken, consumed_nano = b.consumed_nano + s.consumed
    FROM (SELECT grant_id,
                 sum(CASE kind WHEN 'restore' THEN -amount_nano ELSE amount_nano END)::bigint AS taken,
                 sum(CASE kind WHEN 'consume' THEN amount_nano WHEN 'restore' THEN -amount_nano ELSE 0 END)::bigint AS consumed
          FROM added_move GROUP BY grant_id) s
    WHERE b.grant_id = s.grant_id;
  RETURN NULL;
END $$;
CREATE TRIGGER grant_move_applies AFTER INSERT ON grant_move
  REFERENCING NEW TABLE AS added_move FOR EACH STATEMENT EXECUTE FUNCTION apply_grant_moves();

-- Reports over every customer read usage in the order it was recorded.
CREATE INDEX usage_event_by_time ON usage_event (recorded_at, id);
