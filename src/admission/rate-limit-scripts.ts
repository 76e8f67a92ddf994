import { createHash } from 'node:crypto';

/** A script that Redis runs as one step. */
export interface RedisScript {
  lua: string;
  /** What EVALSHA calls it. */
  sha: string;
}

const script = (lua: string): RedisScript => ({ lua, sha: createHash('sha1').update(lua).digest('hex') });

/** The arithmetic of rate-limit.ts; whole numbers stay exact in Lua up to 2^53 as well. */
const COMMON = `
local MINUTE = 60000
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function drained(key, name, limit)
  local held = redis.call('HMGET', key, name, name .. ':at')
  local debt, at = tonumber(held[1] or '0'), tonumber(held[2] or '0')
  return math.max(0, debt - limit * math.max(0, now - at)), at > now
end

local function store(key, name, limit, debt)
  redis.call('HSET', key, name, string.format('%.0f', debt), name .. ':at', string.format('%.0f', now))
  local keep = math.ceil(debt / limit) + 1000
  if redis.call('PTTL', key) < keep then redis.call('PEXPIRE', key, keep) end
end
`;

/**
 * Takes a share of every limit of a call, or of none. KEYS: for each scope its counters and its running calls. ARGV:
 * the call's id, its lease in milliseconds, how many scopes, then for each requests a minute, tokens a minute,
 * concurrency (0: no such limit) and tokens to reserve. Answers: 0 or the refusing limit (1 requests, 2 tokens, 3
 * concurrency), the number of its scope, milliseconds to wait for requests and tokens, then for each scope remaining
 * and reset of requests and of tokens.
 */
export const TAKE_LIMITS = script(`${COMMON}
local names = { 'requests', 'tokens' }
local debts, refused, whose, wait = {}, 0, 0, 0
local scopes, lease = tonumber(ARGV[3]), tonumber(ARGV[2])

for s = 1, scopes do
  local a = 4 * s
  local limits, cost = { tonumber(ARGV[a]), tonumber(ARGV[a + 1]) }, { 1, tonumber(ARGV[a + 3]) }
  local slots, key = tonumber(ARGV[a + 2]), KEYS[2 * s - 1]
  debts[s] = { 0, 0 }
  for i = 1, 2 do
    local limit = limits[i]
    if limit > 0 then
      local debt, is_set_back = drained(key, names[i], limit)
      if is_set_back then store(key, names[i], limit, debt) end
      debts[s][i] = debt
      local over = debt + cost[i] * MINUTE - limit * MINUTE
      if over > 0 then
        if refused == 0 then refused, whose = i, s end
        wait = math.max(wait, math.ceil(over / limit))
      end
    end
  end
  if slots > 0 then
    redis.call('ZREMRANGEBYSCORE', KEYS[2 * s], '-inf', string.format('%.0f', now))
    if refused == 0 and redis.call('ZCARD', KEYS[2 * s]) >= slots then refused, whose = 3, s end
  end
end

local answer = { refused, whose, wait }
for s = 1, scopes do
  local a = 4 * s
  local limits, cost = { tonumber(ARGV[a]), tonumber(ARGV[a + 1]) }, { 1, tonumber(ARGV[a + 3]) }
  for i = 1, 2 do
    local limit = limits[i]
    if limit > 0 and refused == 0 then
      debts[s][i] = debts[s][i] + cost[i] * MINUTE
      store(KEYS[2 * s - 1], names[i], limit, debts[s][i])
    end
    answer[#answer + 1] = math.max(0, math.floor((limit * MINUTE - debts[s][i]) / MINUTE))
    answer[#answer + 1] = limit > 0 and math.ceil(debts[s][i] / limit) or 0
  end
  if tonumber(ARGV[a + 2]) > 0 and refused == 0 then
    redis.call('ZADD', KEYS[2 * s], string.format('%.0f', now + lease), ARGV[1])
    redis.call('PEXPIRE', KEYS[2 * s], lease)
  end
end
return answer`);

/**
 * A call has ended. KEYS as above. ARGV: its id, how many scopes, then for each tokens a minute (0: no such limit)
 * and tokens used beyond those reserved (may be negative).
 */
export const END_CALL = script(`${COMMON}
for s = 1, tonumber(ARGV[2]) do
  redis.call('ZREM', KEYS[2 * s], ARGV[1])
  local key, limit, tokens = KEYS[2 * s - 1], tonumber(ARGV[2 * s + 1]), tonumber(ARGV[2 * s + 2])
  if limit > 0 and tokens ~= 0 then
    store(key, 'tokens', limit, math.max(0, drained(key, 'tokens', limit) + tokens * MINUTE))
  end
end
return 0`);

/** Calls still run. KEYS: the running calls of one scope. ARGV: their lease in milliseconds, then their ids. */
export const RENEW_CALLS = script(`${COMMON}
for i = 2, #ARGV do
  redis.call('ZADD', KEYS[1], string.format('%.0f', now + tonumber(ARGV[1])), ARGV[i])
end
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[1]))
return 0`);
