import fc from 'fast-check';
import { buildDeployment, buildModel } from '../../test/support/builders/ticket.builder.js';
import { FaregateError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import {
  attemptOrder,
  filterRoute,
  shareAttempts,
  type RouteOption,
  type RouteQuestion,
} from './plan-route.js';
import { readRouting, type RoutingRequest } from './routing-preferences.js';

const SLUGS = ['a', 'b', 'c', 'd'];
const anyone = {
  euNative: false,
  allowQuantization: true,
  zeroDataRetentionOnly: false,
  requireParameters: false,
};
const noNeeds = { capabilities: [], parameters: [], inputTokens: 0 };

const options = fc.array(
  fc
    .record({
      slug: fc.constantFrom(...SLUGS),
      euNative: fc.boolean(),
      zeroDataRetention: fc.boolean(),
      quantization: fc.constantFrom(undefined, 'fp8', 'int4'),
      capabilities: fc.subarray(['image_input', 'tools', 'seed']),
      refuses: fc.subarray(['tools', 'seed'] as const),
      contextWindow: fc.constantFrom(undefined, 1_000, 8_000, 900_000),
      maxOutputTokens: fc.constantFrom(undefined, 100, 4_000),
      inputPrice: fc.option(fc.bigInt(0n, 10n), { nil: undefined }),
      outputPrice: fc.option(fc.bigInt(0n, 10n), { nil: undefined }),
    })
    .map(
      ({
        slug,
        euNative,
        zeroDataRetention,
        capabilities,
        refuses,
        inputPrice,
        outputPrice,
        ...own
      }): RouteOption => {
        const plain = buildDeployment('openai-chat', 'openai');
        return {
          model: buildModel({ capabilities }),
          deployment: {
            ...plain,
            ...own,
            provider: { ...plain.provider, slug, euNative, zeroDataRetention },
          },
          refuses,
          inputPrice,
          outputPrice,
        };
      },
    ),
  { maxLength: 8 },
);

const questions: fc.Arbitrary<RouteQuestion> = fc.record({
  modelId: fc.constant('m'),
  named: fc.constant([]),
  options,
  demands: fc.record({
    allowedProviders: fc.option(fc.subarray(SLUGS, { minLength: 1 }), { nil: undefined }),
    ignoredProviders: fc.option(fc.subarray(SLUGS, { minLength: 1 }), { nil: undefined }),
    euNative: fc.boolean(),
    allowQuantization: fc.boolean(),
    quantizations: fc.option(fc.subarray(['fp8', 'unknown'], { minLength: 1 }), { nil: undefined }),
    zeroDataRetentionOnly: fc.boolean(),
    requireParameters: fc.boolean(),
    maxPrice: fc.option(fc.record({ input: fc.option(fc.bigInt(0n, 10n), { nil: undefined }) }), {
      nil: undefined,
    }),
  }),
  needs: fc.record({
    capabilities: fc.subarray(['image_input']),
    parameters: fc.subarray([
      { name: 'tools' as const, capability: 'tools' },
      { name: 'seed' as const, capability: 'seed' },
    ]),
    inputTokens: fc.integer({ min: 0, max: 10_000 }),
    outputTokens: fc.option(fc.integer({ min: 1, max: 8_000 }), { nil: undefined }),
  }),
  isProvider: fc.constant((slug: string) => SLUGS.includes(slug)),
});

/** The demands, said again as simply as possible. */
function mayServe({ demands, needs }: RouteQuestion, one: RouteOption): boolean {
  const { deployment, model } = one;
  const { provider } = deployment;
  const can = (name: string): boolean => model.capabilities.length === 0 || model.capabilities.includes(name);
  const rules = [
    !demands.allowedProviders || demands.allowedProviders.includes(provider.slug),
    !demands.ignoredProviders?.includes(provider.slug),
    !demands.euNative || provider.euNative,
    !demands.zeroDataRetentionOnly || provider.zeroDataRetention,
    demands.allowQuantization || !deployment.quantization,
    !demands.quantizations || demands.quantizations.includes(deployment.quantization ?? 'unknown'),
    needs.capabilities.every(can),
    !demands.requireParameters ||
      needs.parameters.every(({ name, capability }) => can(capability) && !one.refuses.includes(name)),
    demands.maxPrice?.input === undefined || (one.inputPrice ?? 0n) <= demands.maxPrice.input,
    Math.min(needs.outputTokens ?? 0, model.maxOutputTokens) <= (deployment.maxOutputTokens ?? Infinity),
    (deployment.contextWindow ?? Infinity) >= model.contextWindow ||
      needs.inputTokens + (needs.outputTokens ?? 0) <= (deployment.contextWindow ?? Infinity),
  ];
  return rules.every(Boolean);
}

function refusal(question: RouteQuestion): FaregateError {
  try {
    filterRoute(question);
  } catch (error) {
    if (error instanceof FaregateError) return error;
  }
  throw new Error('the route was not refused');
}

describe('a route', () => {
  it('never leads to a deployment that the caller excluded, and leaves out none that may serve', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const allowed = question.options.filter((each) => mayServe(question, each));
        if (allowed.length > 0) return expect(filterRoute(question)).toEqual(allowed);
        const { kind, details } = refusal(question);
        expect(kind).toBe(question.options.length === 0 ? 'unavailable' : 'not_found');
        expect(details.param !== undefined).toBe(question.options.length > 0);
      }),
      { numRuns: 10_000 },
    );
  });

  it('refuses a provider that does not exist, even beside one that does', () => {
    const demands = { ...anyone, allowedProviders: ['a', 'nobody'] };
    const question = {
      modelId: 'm',
      options: [],
      demands,
      named: ['a', 'nobody'].map((slug) => ({ slug, param: 'allowed_providers' })),
      needs: noNeeds,
      isProvider: (slug: string) => slug === 'a',
    };
    expect(refusal(question)).toMatchObject({
      kind: 'invalid_request',
      details: { param: 'allowed_providers' },
    });
  });
});

describe('defaults that are enforced', () => {
  const flag = fc.constantFrom(undefined, null, true, false);
  const slugs = fc.option(fc.subarray(SLUGS, { minLength: 1 }), { nil: undefined });
  const fields = fc.record({
    allowed_providers: slugs,
    eu_native: flag,
    allow_quantization: flag,
    allow_zero_data_retention: flag,
    provider: fc.option(
      fc.record({
        only: slugs,
        ignore: slugs,
        zdr: flag,
        data_collection: fc.constantFrom(undefined, 'allow', 'deny'),
        require_parameters: flag,
        quantizations: fc.option(fc.subarray(['fp8', 'int4', 'unknown'], { minLength: 1 }), {
          nil: undefined,
        }),
        max_price: fc.constantFrom(undefined, {}, { prompt: 0.000005 }, { completion: 0.000004 }),
      }),
      { nil: undefined },
    ),
  });
  const present = (given: object): JsonObject => JSON.parse(JSON.stringify(given)) as JsonObject;
  const servedUnder = (question: RouteQuestion, routing: RoutingRequest): RouteOption[] => {
    try {
      return filterRoute({ ...question, demands: routing.demands });
    } catch {
      return [];
    }
  };

  it('of organization, project or key are widened by no request and by no lower level, whatever is asked', () => {
    fc.assert(
      fc.property(
        questions,
        fields,
        fc.array(fc.tuple(fields, fc.boolean()), { maxLength: 3 }),
        (question, asked, levels) => {
          const layers = levels.map(([given, enforced]) => present({ ...given, enforced }));
          const served = servedUnder(question, readRouting(present(asked), layers));
          for (const layer of layers.filter(({ enforced }) => enforced === true)) {
            const admitted = servedUnder(question, readRouting({}, [layer]));
            for (const option of served) expect(admitted).toContain(option);
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('leave the request its say where they say nothing', () => {
    const bound = { enforced: true, eu_native: true };
    const { demands, wishes } = readRouting({ preference: 'cost', provider: { ignore: ['a'] } }, [bound]);
    expect([demands.euNative, demands.ignoredProviders, wishes.preference]).toEqual([true, ['a'], 'cost']);
  });

  it('go by the highest level where two bind the same wish, and by the lowest where none does', () => {
    const levels = (enforced: boolean): JsonObject[] => [
      { preference: 'cost', enforced },
      { preference: 'speed', enforced },
    ];
    expect(readRouting({ preference: 'balanced' }, levels(true)).wishes.preference).toBe('cost');
    expect(readRouting({}, levels(false)).wishes.preference).toBe('speed');
    const off = readRouting({ enable_model_fallback: true, provider: { allow_fallbacks: true } }, [
      { enable_model_fallback: false, provider: { allow_fallbacks: false }, enforced: true },
    ]);
    expect([off.wishes.allowModelFallback, off.wishes.allowFallbacks]).toEqual([false, false]);
  });

  it('may name a provider that is gone: then nobody serves, and the request is not blamed for it', () => {
    expect(readRouting({}, [{ allowed_providers: ['gone'] }]).named).toEqual([]);
    expect(readRouting({ provider: { order: ['a'] } }, []).named).toEqual([
      { slug: 'a', param: 'provider.order' },
    ]);
  });
});

const tiers = fc
  .array(fc.integer({ min: -1, max: 2 }), { maxLength: 8 })
  .map((priorities) =>
    priorities.map((priority, id) => ({ priority, id })).sort((a, b) => b.priority - a.priority),
  );

describe('the attempts at one model', () => {
  it('statement 69: attempt n goes to the n-th priority tier, then to those not tried yet, each once', () => {
    fc.assert(
      fc.property(tiers, (ranked) => {
        const order = attemptOrder(ranked, ({ priority }) => priority);
        expect([...order].sort((a, b) => a.id - b.id)).toEqual([...ranked].sort((a, b) => a.id - b.id));
        const distinct = [...new Set(ranked.map(({ priority }) => priority))];
        expect(order.slice(0, distinct.length).map(({ priority }) => priority)).toEqual(distinct);
      }),
    );
  });

  it('leave room for a fallback model, and never are more than allowed', () => {
    expect(shareAttempts(['a1', 'a2', 'a3'], [['b1', 'b2']], 3)).toEqual(['a1', 'a2', 'b1']);
    expect(shareAttempts(['a1', 'a2'], [['b1'], [], ['c1']], 3)).toEqual(['a1', 'a2', 'b1']);
    expect(shareAttempts(['a1'], [['b1'], [], ['c1'], ['d1']], 3)).toEqual(['a1', 'b1', 'c1']);
    expect(shareAttempts([], [['b1'], ['c1']], 3)).toEqual(['b1', 'c1']);
    expect(shareAttempts(['a1', 'a2', 'a3', 'a4'], [], 3)).toEqual(['a1', 'a2', 'a3']);
  });
});
