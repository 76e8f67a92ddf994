import type { BlockList } from 'node:net';
import type { Principal } from '../auth/principal.js';
import type { CatalogModel } from '../catalog/model.js';
import { FaregateError } from '../core/errors.js';
import { addressList, isListed } from '../platform/http/client-address.js';

/** Throws 403 when the key may not call inference at all. */
export function checkScope(principal: Principal, scope: string): void {
  if (!principal.scopes.includes(scope)) {
    throw new FaregateError('permission', `This key lacks the scope "${scope}"`, { code: 'missing_scope' });
  }
}

/** Whether the key is limited to other models. */
export function mayUseModel({ allowedModels }: Principal, model: CatalogModel): boolean {
  if (allowedModels.length === 0 || allowedModels.includes(model.id)) return true;
  return model.aliases.some((alias) => allowedModels.includes(alias));
}

/** Throws 403 when the key is limited to other models (statement 72). */
export function checkModel(principal: Principal, model: CatalogModel): void {
  if (mayUseModel(principal, model)) return;
  throw new FaregateError('permission', `This key may not use the model "${model.id}"`, {
    param: 'model',
    code: 'model_not_allowed',
  });
}

/** Throws 403 when the key is limited to other addresses (statement 72); `address` undefined: nobody knows. */
export function checkAddress(principal: Principal, address: string | undefined): void {
  if (principal.allowedIps.length === 0) return;
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
