import type { BlockList } from 'node:net';
import { FaregateError } from '../core/errors.js';
import {
  addressList,
  clientAddress,
  isListed,
  type AddressedRequest,
} from '../platform/http/client-address.js';
import type { Principal } from './principal.js';

/** Throws 403 when the key was made for none of these (statement 97: `manage`). */
export function checkScope({ scopes }: Principal, ...wanted: string[]): void {
  if (wanted.some((scope) => scopes.includes(scope))) return;
  const names = wanted.map((scope) => `"${scope}"`).join(' or ');
  throw new FaregateError('permission', `This key lacks the scope ${names}`, { code: 'missing_scope' });
}

/** What a key of an organization that is suspended or closed hears. */
export const organizationSuspended = (): FaregateError =>
  new FaregateError('permission', 'The organization is suspended', { code: 'organization_suspended' });

/**
 * Throws 403 for a key of an organization that is suspended or closed. For doors that hold no money: elsewhere the statement
 * that holds it says so, out of no cache.
 */
export function checkOrganization({ isSuspended }: Principal): void {
  if (isSuspended) throw organizationSuspended();
}

/** Throws 403 when the key is limited to other addresses (statement 72). */
export function checkAddress(
  principal: Principal,
  request: AddressedRequest,
  trustedProxies: BlockList | undefined,
): void {
  if (principal.allowedIps.length === 0) return;
  const address = clientAddress(request, trustedProxies);
  if (address !== undefined && isListed(listOf(principal.allowedIps), address)) return;
  throw new FaregateError('permission', 'This key may not be used from this address', {
    code: 'ip_not_allowed',
  });
}

const lists = new WeakMap<readonly string[], BlockList>();

/** The ranges as a list that can be asked; built once per principal. */
function listOf(ranges: readonly string[]): BlockList {
  const known = lists.get(ranges);
  if (known) return known;
  const list = addressList(ranges);
  lists.set(ranges, list);
  return list;
}
