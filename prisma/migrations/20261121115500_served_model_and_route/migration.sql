-- Why a call went where it went: the conditions it was under, who was considered, and what stickiness saved. Absent: nothing
-- but the model was asked for.
ALTER TABLE request ADD COLUMN route jsonb;

-- What a deployment takes where that is less than its model's own limits; absent: as the model.
ALTER TABLE deployment
  ADD COLUMN context_window integer CHECK (context_window > 0),
  ADD COLUMN max_output_tokens integer CHECK (max_output_tokens > 0);
