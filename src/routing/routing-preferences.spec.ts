import type { FaregateError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import { readRoutingDemands } from './routing-preferences.js';

const NONE = {
  allowedProviders: undefined,
  euNative: false,
  allowQuantization: true,
  zeroDataRetentionOnly: false,
};
const fault = (routing: JsonObject): string | undefined => {
  try {
    readRoutingDemands(routing, {});
    return undefined;
  } catch (error) {
    return (error as FaregateError).details.param;
  }
};

describe('the demands of a request', () => {
  it('are none where nothing is said, null included', () => {
    expect(readRoutingDemands({}, {})).toEqual(NONE);
    const nulls = {
      preference: null,
      allowed_providers: null,
      eu_native: null,
      allow_quantization: null,
      allow_zero_data_retention: null,
    };
    expect(readRoutingDemands(nulls, {})).toEqual(NONE);
    expect(readRoutingDemands({}, nulls)).toEqual(NONE);
  });

  it('are all that the request names', () => {
    const routing = {
      preference: 'cost',
      allowed_providers: ['a', 'b'],
      eu_native: true,
      allow_quantization: false,
      allow_zero_data_retention: true,
    };
    expect(readRoutingDemands(routing, {})).toEqual({
      allowedProviders: ['a', 'b'],
      euNative: true,
      allowQuantization: false,
      zeroDataRetentionOnly: true,
    });
  });

  it('fall back to the defaults field by field; null does not lift a default', () => {
    const defaults = { eu_native: true, allow_quantization: false, allowed_providers: ['a'] };
    expect(readRoutingDemands({ allow_quantization: true, eu_native: null }, defaults)).toEqual({
      ...NONE,
      euNative: true,
      allowQuantization: true,
      allowedProviders: ['a'],
    });
    expect(readRoutingDemands({ eu_native: false }, defaults).euNative).toBe(false);
  });

  it.each([
    ['preference', ['fast', 1, {}]],
    ['allowed_providers', [[], 'a', [1], {}, true]],
    ['eu_native', ['true', 1, []]],
    ['allow_quantization', ['false', 0]],
    ['allow_zero_data_retention', ['yes', {}]],
    ['enable_model_fallback', ['yes', 1]],
  ] as const)('a %s of the wrong kind is refused by name, never taken for its absence', (name, values) => {
    for (const value of values) expect(fault({ [name]: value as never })).toBe(name);
  });

  it.each(['speed', 'cost', 'balanced'])('the preference "%s" is known', (preference) => {
    expect(fault({ preference })).toBeUndefined();
  });
});
