import { createHash } from 'node:crypto';

const script = (lua: string): { lua: string; sha: string } => ({
  lua,
  sha: createHash('sha1').update(lua).digest('hex'),
});

/** Tells the others one thing: KEYS[1] the hash, ARGV field, JSON, milliseconds the whole hash is kept. */
export const TELL_HEALTH = script(`
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`);

/** Takes the right to probe: KEYS[1] an entry of its own, ARGV milliseconds until another may. 1: it is taken, 0: somebody has it. */
export const CLAIM_PROBE = script(`
if redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[1]) then return 1 end
return 0
`);

/** Takes back what was told: KEYS[1] the hash, ARGV field. */
export const FORGET_FIELD = script(`return redis.call('HDEL', KEYS[1], ARGV[1])`);

/** Everything that was told: field, JSON, field, JSON … */
export const READ_HEALTH = script(`return redis.call('HGETALL', KEYS[1])`);
