import { checkAddress, checkScope } from '../auth/key-rights.js';
import type { Principal } from '../auth/principal.js';
import type { CatalogModel } from '../catalog/model.js';
import type { FaregateError } from '../core/errors.js';
import { checkModel } from './checks.js';

const principal = (over: Partial<Principal> = {}): Principal => ({
  keyId: 'k',
  keyName: 'key',
  organizationId: 'o',
  projectId: 'p',
  walletId: 'w',
  currency: 'USD',
  profile: 'standard',
  allowedModels: [],
  allowedIps: [],
  scopes: ['inference'],
  limits: [],
  routingDefaults: [],
  expiresAtMs: undefined,
  ...over,
});
const model: CatalogModel = {
  id: 'vendor/model',
  name: 'Model',
  contextWindow: 1_000,
  maxOutputTokens: 100,
  capabilities: [],
  aliases: ['model-latest'],
  status: 'active',
};
const refusedWith = (check: () => void): string | undefined => {
  try {
    check();
    return undefined;
  } catch (error) {
    expect((error as FaregateError).kind).toBe('permission');
    return (error as FaregateError).details.code;
  }
};

describe('a key', () => {
  it('without the scope may not call', () => {
    expect(refusedWith(() => checkScope(principal(), 'inference'))).toBeUndefined();
    expect(refusedWith(() => checkScope(principal({ scopes: [] }), 'inference'))).toBe('missing_scope');
    expect(refusedWith(() => checkScope(principal({ scopes: ['inference:read'] }), 'inference'))).toBe(
      'missing_scope',
    );
  });

  it.each([
    ['no list', [], undefined],
    ['the id', ['vendor/model'], undefined],
    ['an alias', ['other', 'model-latest'], undefined],
    ['another model', ['vendor/model-2'], 'model_not_allowed'],
    ['a part of the name', ['vendor'], 'model_not_allowed'],
  ])('with %s allowed: model refusal %j is what it gets', (_, allowedModels, code) => {
    expect(refusedWith(() => checkModel(principal({ allowedModels }), model))).toBe(code);
  });

  it.each([
    ['10.1.2.3', ['10.1.0.0/16'], true],
    ['10.2.2.3', ['10.1.0.0/16'], false],
    ['::ffff:10.1.2.3', ['10.1.2.3'], true],
    ['10.1.2.4', ['10.1.2.3', '10.1.2.4/32'], true],
    ['2001:db8::5', ['2001:db8::/32'], true],
    ['2001:db9::5', ['2001:db8::/32'], false],
    ['127.0.0.1', ['::1'], false],
    ['nonsense', ['0.0.0.0/0'], false],
    [undefined, ['0.0.0.0/0', '::/0'], false],
    ['10.1.2.3', [], true],
    [undefined, [], true],
  ])('from %s, limited to %j: let in is %s', (address, allowedIps, isLetIn) => {
    const request = { headers: {}, socket: { remoteAddress: address } };
    const code = refusedWith(() => checkAddress(principal({ allowedIps }), request, undefined));
    expect(code).toBe(isLetIn ? undefined : 'ip_not_allowed');
  });
});
