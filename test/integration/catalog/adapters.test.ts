import { ADAPTERS } from '../../../src/catalog/adapters.js';
import { SPOKEN_PROTOCOLS, type ProviderProtocol } from '../../../src/catalog/model.js';
import { PROTOCOLS } from '../../../src/protocols/registry.js';
import { PROVIDERS } from '../../../src/providers/registry.js';

it('lets the catalogue name exactly the adapters that speak each protocol', () => {
  for (const [protocol, names] of Object.entries(ADAPTERS)) {
    const speakers = PROVIDERS.filter(({ protocols }) => protocols.includes(protocol as ProviderProtocol));
    expect([...names].sort()).toEqual(speakers.map(({ name }) => name).sort());
  }
});

it('lets in providers of exactly the protocols that are spoken', () => {
  expect([...SPOKEN_PROTOCOLS].sort()).toEqual(PROTOCOLS.map(({ name }) => name).sort());
});
