-- Reports of a span read calls and sums by time. Both tables grow in that order, so the bounds of each 32 pages are index enough:
-- a few kilobytes, and nothing to be done for a row but now and then.
CREATE INDEX request_by_time ON request USING brin (created_at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX usage_rollup_by_time ON usage_rollup USING brin (hour) WITH (pages_per_range = 32, autosummarize = on);
