import { within } from './within.js';

it('gives what the work gives, and its error', async () => {
  await expect(within(1_000, Promise.resolve(5))).resolves.toBe(5);
  await expect(within(1_000, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});

it('does not wait longer than it may', async () => {
  await expect(within(10, new Promise(() => undefined))).rejects.toThrow('no answer in 10 ms');
});
