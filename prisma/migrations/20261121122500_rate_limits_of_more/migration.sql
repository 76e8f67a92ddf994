-- Limits that were a key's alone: all keys of a project or organization count together, and every organization by
-- itself against those of a model.
ALTER TABLE organization ADD COLUMN rate_limits jsonb NOT NULL DEFAULT '{}';
ALTER TABLE project ADD COLUMN rate_limits jsonb NOT NULL DEFAULT '{}';
ALTER TABLE model ADD COLUMN rate_limits jsonb NOT NULL DEFAULT '{}';
