import { BlockList, isIP } from 'node:net';
import type { Principal } from '../auth/principal.js';
import type { CatalogModel } from '../catalog/model.js';
import { FaregateError } from '../core/errors.js';

/** Throws 403 when the key may not call inference at all. */
export function checkScope(principal: Principal, scope: string): void {
  if (!principal.scopes.includes(scope)) {
    throw new FaregateError('permission', `This key lacks the scope "${scope}"`, { code: 'missing_scope' });
  }
}

/** Throws 403 when the key is limited to other models (statement 72). */
export function checkModel(principal: Principal, model: CatalogModel): void {
  const { allowedModels } = principal;
  if (allowedModels.length === 0 || allowedModels.includes(model.id)) return;
  if (model.aliases.some((alias) => allowedModels.includes(alias))) return;
  throw new FaregateError('permission', `This key may not use the model "${model.id}"`, {
    param: 'model',
    code: 'model_not_allowed',
  });
}

/** Throws 403 when the key is limited to other addresses (statement 72). */
export function checkAddress(principal: Principal, address: string | undefined): void {
  if (principal.allowedIps.length === 0) return;
  const plain = address?.replace(/^::ffff:(?=\d+\.)/, '') ?? '';
  const family = isIP(plain);
  if (family !== 0 && listOf(principal.allowedIps).check(plain, family === 6 ? 'ipv6' : 'ipv4')) return;
  throw new FaregateError('permission', 'This key may not be used from this address', {
    code: 'ip_not_allowed',
  });
}

const lists = new WeakMap<readonly string[], BlockList>();

/** The ranges as a list that can be asked; built once per principal. */
function listOf(ranges: readonly string[]): BlockList {
  const known = lists.get(ranges);
  if (known) return known;
  const list = new BlockList();
  for (const range of ranges) {
    const [net = '', bits] = range.split('/');
    const family = isIP(net) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(net, family);
    else list.addSubnet(net, Number(bits), family);
  }
  lists.set(ranges, list);
  return list;
}
