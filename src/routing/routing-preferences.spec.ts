import type { FaregateError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import { readRouting } from './routing-preferences.js';

const NONE = {
  allowedProviders: undefined,
  ignoredProviders: undefined,
  quantizations: undefined,
  requireParameters: false,
  maxPrice: undefined,
  euNative: false,
  allowQuantization: true,
  zeroDataRetentionOnly: false,
};
const fault = (routing: JsonObject): string | undefined => {
  try {
    readRouting(routing, []);
    return undefined;
  } catch (error) {
    return (error as FaregateError).details.param;
  }
};

describe('the demands of a request', () => {
  it('are none where nothing is said, null included', () => {
    expect(readRouting({}, []).demands).toEqual(NONE);
    const nulls = {
      preference: null,
      allowed_providers: null,
      eu_native: null,
      allow_quantization: null,
      allow_zero_data_retention: null,
    };
    expect(readRouting(nulls, []).demands).toEqual(NONE);
    expect(readRouting({}, [nulls]).demands).toEqual(NONE);
  });

  it('are all that the request names', () => {
    const routing = {
      preference: 'cost',
      allowed_providers: ['a', 'b'],
      eu_native: true,
      allow_quantization: false,
      allow_zero_data_retention: true,
    };
    expect(readRouting(routing, []).demands).toEqual({
      ...NONE,
      allowedProviders: ['a', 'b'],
      euNative: true,
      allowQuantization: false,
      zeroDataRetentionOnly: true,
    });
  });

  it('fall back to the defaults field by field; null does not lift a default', () => {
    const defaults = { eu_native: true, allow_quantization: false, allowed_providers: ['a'] };
    expect(readRouting({ allow_quantization: true, eu_native: null }, [defaults]).demands).toEqual({
      ...NONE,
      euNative: true,
      allowQuantization: true,
      allowedProviders: ['a'],
    });
    expect(readRouting({ eu_native: false }, [defaults]).demands.euNative).toBe(false);
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
