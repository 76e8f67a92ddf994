import { createHash } from 'node:crypto';
import { weaknessOf } from './weak-secret.js';

it.each([
  ['short', 'k7Jq2Lx9'],
  ['one character', 'x'.repeat(40)],
  ['a beginning again and again', 'abcdefgh'.repeat(5)],
  ['a beginning again and again, cut off', 'Tr0ub4dor&3!'.repeat(4).slice(0, 41)],
  ['half of it twice', 'k7Jq2Lx9Pw3Zt5Vb'.repeat(2)],
  ['digits', '31415926535897932384626433832795'],
  ['a row of digits', '01234567890123456789012345678901'],
  ['the alphabet', 'abcdefghijklmnopqrstuvwxyz0123456789'],
  ['the alphabet backwards', 'zyxwvutsrqponmlkjihgfedcba9876543210'],
  ['a placeholder', 'change-me-to-48-random-characters-please'],
  ['a placeholder in capitals', 'CHANGEME_CHANGE_ME_0123456789_ABCDEF'],
  ['an example', 'Example-pepper-0b8d2c7e91f3a65d40'],
  ['somebody else’s', 'your-very-own-pepper-of-48-characters'],
  ['a key of a tutorial', 'my-super-secret-key-0b8d2c7e91f3a65'],
  ['a password', 'correct-horse-Password1-battery-staple'],
])('%s is too weak', (_, secret) => {
  expect(weaknessOf(secret)).toMatch(/easy to guess|at least 32/);
});

it('names the word it stumbled over, and nothing else of the secret', () => {
  const told = weaknessOf('k7Jq2Lx9-password-Pw3Zt5Vb-Mn8Yc4Ds');
  expect(told).toBe('is too easy to guess: it holds "password"');
});

it('takes what is generated: random bytes in hex and in both kinds of base64, of 16 bytes and more', () => {
  const refused: string[] = [];
  for (let at = 0; at < 2_000; at += 1) {
    const random = createHash('sha512').update(`seed ${at}`).digest();
    const secrets = [random.subarray(0, 16).toString('hex')];
    for (const bytes of [24, 36, 48, 64])
      for (const form of ['hex', 'base64', 'base64url'] as const)
        secrets.push(random.subarray(0, bytes).toString(form));
    refused.push(...secrets.filter((secret) => weaknessOf(secret) !== undefined));
  }
  expect(refused).toEqual([]);
});
