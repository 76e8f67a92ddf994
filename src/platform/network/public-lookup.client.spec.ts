import type { LookupAddress } from 'node:dns';
import { lookupThrough } from './public-lookup.client.js';

/** What a look-up says of a name that leads to these addresses. */
const look = (addresses: LookupAddress[], all: boolean): Promise<unknown> =>
  new Promise((resolve) => {
    const system = (_: string, __: object, done: (error: null, found: LookupAddress[]) => void): void =>
      done(null, addresses);
    lookupThrough(system)('vendor.example', { all }, (error, address, family) =>
      resolve(error ? error.code : all ? address : [address, family]),
    );
  });
const V4 = { address: '104.18.7.192', family: 4 };
const V6 = { address: '2606:4700::1111', family: 6 };

describe('a look-up of public addresses', () => {
  it('gives those of both families', async () => {
    expect(await look([V4, V6], true)).toEqual([V4, V6]);
    expect(await look([V4, V6], false)).toEqual([V4.address, 4]);
  });

  it('refuses a name of which one address is private, and one that leads nowhere', async () => {
    expect(await look([V4, { address: '10.0.0.1', family: 4 }], true)).toBe('EPRIVATE');
    expect(await look([{ address: '::1', family: 6 }], false)).toBe('EPRIVATE');
    expect(await look([], true)).toBe('EPRIVATE');
  });
});
