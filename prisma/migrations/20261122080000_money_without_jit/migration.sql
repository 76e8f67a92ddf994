-- Whoever forbids a plan (enable_seqscan = off) makes PostgreSQL think that the others are dear, and what is dear it compiles: a
-- settlement of one call then takes 200 ms instead of one, where the server has LLVM (Debian's packages, most managed ones).
-- These statements run many times a second and read a few rows each: there is nothing to compile. What they call runs within it.
ALTER FUNCTION settle_calls(settled_call[], settled_line[], settled_attempt[]) SET jit = off;
ALTER FUNCTION place_holds(uuid, interval, asked_hold[]) SET jit = off;
ALTER FUNCTION add_to_promo_rollup() SET jit = off;
