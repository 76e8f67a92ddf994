import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isPrivateAddress } from './private-address.js';

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/** How names are looked up underneath; always asked for all addresses. */
type SystemLookup = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** A look-up through `system` that only gives public addresses; EPRIVATE where a name has another one, or none. */
export const lookupThrough =
  (system: SystemLookup) =>
  (hostname: string, options: LookupOptions, callback: LookupCallback): void =>
    system(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      if (addresses.length === 0 || addresses.some(({ address }) => isPrivateAddress(address))) {
        const refusal = new Error(`${hostname} leads to a private address`);
        return callback(Object.assign(refusal, { code: 'EPRIVATE' }), []);
      }
      const [first] = addresses;
      return options.all
        ? callback(null, addresses)
        : callback(null, first?.address ?? '', first?.family ?? 4);
    });

/**
 * The look-up for addresses that others name. It runs when the connection is made, so that a name which changes its
 * address between check and call gains nothing.
 */
export const publicLookup = lookupThrough(systemLookup);
