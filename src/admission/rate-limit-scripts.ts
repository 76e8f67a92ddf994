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

local function drained(name, limit)
  local held = redis.call('HMGET', KEYS[1], name, name .. ':at')
  local debt, at = tonumber(held[1] or '0'), tonumber(held[2] or '0')
  return math.max(0, debt - limit * math.max(0, now - at)), at > now
end

local function store(name, limit, debt)
  redis.call('HSET', KEYS[1], name, string.format('%.0f', debt), name .. ':at', string.format('%.0f', now))
  local keep = math.ceil(debt / limit) + 1000
  if redis.call('PTTL', KEYS[1]) < keep then redis.call('PEXPIRE', KEYS[1], keep) end
end
`;

/**
 * Takes a share of every limit of a key, or of none. KEYS: the key's counters, its running calls. ARGV: requests a
 * minute, tokens a minute, concurrency (0: no such limit), tokens to reserve, the call's id, its lease in
 * milliseconds. Answers: 0 or the refusing limit (1 requests, 2 tokens, 3 concurrency), milliseconds to wait for
 * requests and tokens, then remaining and reset of requests and of tokens.
 */
export const TAKE_LIMITS = script(`${COMMON}
local per_minute = { tonumber(ARGV[1]), tonumber(ARGV[2]) }
local slots, lease = tonumber(ARGV[3]), tonumber(ARGV[6])
local cost, names = { 1, tonumber(ARGV[4]) }, { 'requests', 'tokens' }
local debts, refused, wait = { 0, 0 }, 0, 0

for i = 1, 2 do
  local limit = per_minute[i]
  if limit > 0 then
    local debt, is_set_back = drained(names[i], limit)
    if is_set_back then store(names[i], limit, debt) end
    debts[i] = debt
    local over = debt + cost[i] * MINUTE - limit * MINUTE
    if over > 0 then
      if refused == 0 then refused = i end
      wait = math.max(wait, math.ceil(over / limit))
    end
  end
end
if slots > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now))
  if refused == 0 and redis.call('ZCARD', KEYS[2]) >= slots then refused = 3 end
end

local answer = { refused, wait }
for i = 1, 2 do
  local limit = per_minute[i]
  if limit > 0 and refused == 0 then
    debts[i] = debts[i] + cost[i] * MINUTE
    store(names[i], limit, debts[i])
  end
  answer[#answer + 1] = math.max(0, math.floor((limit * MINUTE - debts[i]) / MINUTE))
  answer[#answer + 1] = limit > 0 and math.ceil(debts[i] / limit) or 0
end
if slots > 0 and refused == 0 then
  redis.call('ZADD', KEYS[2], string.format('%.0f', now + lease), ARGV[5])
  redis.call('PEXPIRE', KEYS[2], lease)
end
return answer`);

/**
 * A call has ended. KEYS as above. ARGV: its id, tokens a minute (0: no such limit), tokens used beyond those
 * reserved (may be negative).
 */
export const END_CALL = script(`${COMMON}
redis.call('ZREM', KEYS[2], ARGV[1])
local limit, tokens = tonumber(ARGV[2]), tonumber(ARGV[3])
if limit > 0 and tokens ~= 0 then
  store('tokens', limit, math.max(0, drained('tokens', limit) + tokens * MINUTE))
end
return 0`);

/** Calls of a key still run. KEYS as above. ARGV: their lease in milliseconds, then their ids. */
export const RENEW_CALLS = script(`${COMMON}
for i = 2, #ARGV do
  redis.call('ZADD', KEYS[2], string.format('%.0f', now + tonumber(ARGV[1])), ARGV[i])
end
redis.call('PEXPIRE', KEYS[2], tonumber(ARGV[1]))
return 0`);
