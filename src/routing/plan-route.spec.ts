import fc from 'fast-check';
import type { CatalogProvider, Deployment } from '../catalog/model.js';
import { FaregateError } from '../core/errors.js';
import { planRoute, type RouteQuestion } from './plan-route.js';
import type { RoutingDemands } from './routing-preferences.js';

const provider = (over: Partial<CatalogProvider> = {}): CatalogProvider => ({
  id: over.slug ?? 'a',
  slug: 'a',
  name: 'A',
  adapter: 'openai',
  protocol: 'openai-chat',
  baseUrl: 'https://a.test/v1',
  euNative: false,
  zeroDataRetention: false,
  allowPrivateNetwork: false,
  simulated: false,
  headers: {},
  status: 'active',
  ...over,
});

const deployment = (
  id: string,
  over: Partial<Deployment> = {},
  of: Partial<CatalogProvider> = {},
): Deployment => ({
  id,
  modelId: 'm',
  provider: provider(of),
  upstreamModel: 'u',
  priority: 0,
  weight: 1,
  status: 'active',
  ...over,
});

const anyone: RoutingDemands = { euNative: false, allowQuantization: true, zeroDataRetentionOnly: false };
const SLUGS = ['a', 'b', 'c', 'd'];
const ask = (deployments: Deployment[], demands: Partial<RoutingDemands> = {}, draw = 0): RouteQuestion => ({
  modelId: 'm',
  deployments,
  demands: { ...anyone, ...demands },
  isProvider: (slug) => SLUGS.includes(slug),
  draw,
});
const refusal = (question: RouteQuestion): FaregateError => {
  try {
    planRoute(question);
  } catch (error) {
    if (error instanceof FaregateError) return error;
  }
  throw new Error('the route was not refused');
};
const ids = (route: Deployment[]): string[] => route.map(({ id }) => id);

const deployments = fc
  .array(
    fc.record({
      slug: fc.constantFrom(...SLUGS),
      euNative: fc.boolean(),
      zeroDataRetention: fc.boolean(),
      quantization: fc.constantFrom(undefined, 'fp8', 'int4'),
      priority: fc.integer({ min: -1, max: 2 }),
      weight: fc.integer({ min: 0, max: 3 }),
    }),
    { maxLength: 8 },
  )
  .map((rows) =>
    rows.map(({ slug, euNative, zeroDataRetention, ...own }, index) =>
      deployment(`d${index}`, own, { slug, euNative, zeroDataRetention }),
    ),
  );
const questions = fc
  .record({
    deployments,
    allowedProviders: fc.option(fc.subarray(SLUGS, { minLength: 1 }), { nil: undefined }),
    euNative: fc.boolean(),
    allowQuantization: fc.boolean(),
    zeroDataRetentionOnly: fc.boolean(),
    draw: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  })
  .map(({ deployments: given, draw, ...demands }) => ask(given, demands, draw));

/** The demands, said again as simply as possible. */
const mayServe = ({ demands }: RouteQuestion, { provider: by, quantization }: Deployment): boolean => {
  if (demands.allowedProviders && !demands.allowedProviders.includes(by.slug)) return false;
  if (demands.euNative && !by.euNative) return false;
  if (demands.zeroDataRetentionOnly && !by.zeroDataRetention) return false;
  return demands.allowQuantization || quantization === undefined;
};

describe('a route', () => {
  it('never leads to a deployment that the caller excluded, and leaves out none that may serve', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const allowed = question.deployments.filter((each) => mayServe(question, each));
        if (allowed.length === 0) {
          expect(refusal(question).kind).toBe(
            question.deployments.length === 0 ? 'unavailable' : 'not_found',
          );
          return;
        }
        const route = planRoute(question);
        expect([...ids(route)].sort()).toEqual([...ids(allowed)].sort());
        const priorities = route.map(({ priority }) => priority);
        expect(priorities).toEqual([...priorities].sort((left, right) => right - left));
      }),
      { numRuns: 10_000 },
    );
  });

  it('starts with the highest priority, whatever the weights', () => {
    const given = [deployment('low', { weight: 100 }), deployment('high', { priority: 5, weight: 0 })];
    for (const draw of [0, 0.5, 0.999]) expect(ids(planRoute(ask(given, {}, draw)))).toEqual(['high', 'low']);
  });

  it('shares equal priorities in proportion to their weights', () => {
    const given = [deployment('one'), deployment('three', { weight: 3 }), deployment('none', { weight: 0 })];
    const first = Array.from({ length: 400 }, (_, index) => planRoute(ask(given, {}, index / 400))[0]?.id);
    const share = (id: string): number => first.filter((each) => each === id).length;
    expect([share('one'), share('three'), share('none')]).toEqual([100, 300, 0]);
  });

  it('shares equally where every weight is zero', () => {
    const given = [deployment('x', { weight: 0 }), deployment('y', { weight: 0 })];
    const first = [0, 0.49, 0.5, 0.99].map((draw) => planRoute(ask(given, {}, draw))[0]?.id);
    expect(first).toEqual(['x', 'x', 'y', 'y']);
  });

  it('refuses a provider that does not exist, even beside one that does', () => {
    expect(refusal(ask([deployment('x')], { allowedProviders: ['a', 'nobody'] }))).toMatchObject({
      kind: 'invalid_request',
      details: { param: 'allowed_providers' },
    });
  });

  it('says which demand left nothing', () => {
    expect(refusal(ask([deployment('x')], { euNative: true, zeroDataRetentionOnly: true }))).toMatchObject({
      kind: 'not_found',
      message: expect.stringContaining('eu_native') as string,
      details: { code: 'model_not_found', param: 'eu_native' },
    });
  });

  it('blames nobody but itself when no deployment is there at all', () => {
    expect(refusal(ask([], { euNative: true }))).toMatchObject({
      kind: 'unavailable',
      details: { retryAfterSeconds: 30 },
    });
  });

  it('does not change the list it was given', () => {
    const given = [deployment('x'), deployment('y', { priority: 1 })];
    planRoute(ask(given));
    expect(ids(given)).toEqual(['x', 'y']);
  });
});
