import { ADAPTERS } from '../../../src/catalog/adapters.js';
import type { ProviderProtocol } from '../../../src/catalog/model.js';
import { PROVIDERS } from '../../../src/providers/registry.js';

it('lets the catalogue name exactly the adapters that speak each protocol', () => {
  for (const [protocol, names] of Object.entries(ADAPTERS)) {
    const speakers = PROVIDERS.filter(({ protocols }) => protocols.includes(protocol as ProviderProtocol));
    expect([...names].sort()).toEqual(speakers.map(({ name }) => name).sort());
  }
});
