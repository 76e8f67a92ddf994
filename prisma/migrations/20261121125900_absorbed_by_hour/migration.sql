-- What the house bore lately is watched every few seconds; it is rare, so its index is small.
CREATE INDEX usage_rollup_absorbed ON usage_rollup (hour) WHERE absorbed_nano <> 0;
