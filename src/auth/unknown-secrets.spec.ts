import { UnknownSecrets } from './unknown-secrets.js';

const tries = (secrets: UnknownSecrets, address: string, times: number, atMs = 0): number[] =>
  Array.from({ length: times }, () => secrets.count(address, atMs));

it('of ten thousand secrets tried at once a hundred are looked up as any other, the rest are told to wait', () => {
  const answers = tries(new UnknownSecrets(), '203.0.113.7', 10_000);
  expect(answers.filter((seconds) => seconds === 0)).toHaveLength(100);
  expect(new Set(answers.slice(100))).toEqual(new Set([1]));
});

it('takes the next after the time it named, and a hundred after a minute', () => {
  const secrets = new UnknownSecrets();
  const [wait = 0] = tries(secrets, '203.0.113.7', 101).slice(-1);
  expect(secrets.count('203.0.113.7', wait * 1_000)).toBe(0);
  expect(tries(secrets, '203.0.113.7', 100, 120_000)).toEqual(Array(100).fill(0));
});

it('waiting does not grow with what is tried meanwhile', () => {
  const secrets = new UnknownSecrets();
  tries(secrets, '203.0.113.7', 5_000);
  expect(secrets.count('203.0.113.7', 1_000)).toBe(0);
});

it('counts every address by itself, and those of one IPv6 network together', () => {
  const secrets = new UnknownSecrets();
  tries(secrets, '203.0.113.7', 101);
  expect(secrets.count('203.0.113.8', 0)).toBe(0);
  tries(secrets, '2001:db8:1:2::1', 101);
  for (const neighbour of ['2001:db8:1:2::2', '2001:db8:1:2:ffff:1:2:3', '2001:db8:1:2:3:4:198.51.100.1'])
    expect(secrets.count(neighbour, 0)).toBeGreaterThan(0);
  for (const other of ['2001:db8:1:3::1', '2001:db8::1', '::1', 'fe80::1'])
    expect(secrets.count(other, 0)).toBe(0);
});

it('remembers so many addresses and no more, and never forgets one that goes on trying', () => {
  const secrets = new UnknownSecrets();
  tries(secrets, '203.0.113.7', 100);
  for (let at = 0; at < 25_000; at += 1) {
    secrets.count(`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`, 0);
    if (at % 5_000 === 0) expect(secrets.count('203.0.113.7', 0)).toBe(1);
  }
  expect(secrets.size).toBe(10_000);
});

it('counts callers whose address nobody knows together', () => {
  const secrets = new UnknownSecrets();
  for (let at = 0; at < 100; at += 1) secrets.count(undefined, 0);
  expect(secrets.count(undefined, 0)).toBe(1);
});
