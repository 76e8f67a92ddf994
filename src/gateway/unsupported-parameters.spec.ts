import type { CompletionRequest } from '../protocols/completion.js';
import { withoutUnsupported } from './unsupported-parameters.js';

const request: CompletionRequest = {
  model: 'm',
  messages: [],
  stream: false,
  temperature: 0.2,
  topP: 0.9,
  seed: 1,
  routing: {},
  warnings: [],
};

const ALL = { canStopAt: (): boolean => true };

describe('row 32: what a vendor refuses', () => {
  it('is left out with its name in a warning, the rest stays', () => {
    const accepted = withoutUnsupported(request, { unsupported: ['temperature', 'topP', 'logitBias'] }, ALL);
    expect(accepted.request).toEqual({
      model: 'm',
      messages: [],
      stream: false,
      seed: 1,
      routing: {},
      warnings: [],
    });
    expect(accepted.refused).toEqual(['temperature', 'topP']);
    expect(accepted.warnings).toEqual([
      '"temperature" was left out: this model\'s provider does not take it',
      '"top_p" was left out: this model\'s provider does not take it',
    ]);
    expect(request.temperature).toBe(0.2);
  });

  it('is nothing for a vendor that takes everything', () => {
    expect(withoutUnsupported(request, {}, ALL)).toEqual({ request, refused: [], warnings: [] });
  });

  it.each([
    ['its protocol knows none', {}, {}],
    ['its protocol cannot keep these', {}, { canStopAt: (): boolean => false }],
    ['the vendor takes none', { unsupported: ['stop' as const] }, ALL],
  ])('row 31: stop sequences become the task of the gateway where %s', (_why, quirks, upstream) => {
    const accepted = withoutUnsupported({ ...request, stop: ['END'] }, quirks, upstream);
    expect(accepted.request.stop).toBeUndefined();
    expect(accepted.request.stopAtGateway).toEqual(['END']);
    expect(accepted).toMatchObject({ refused: ['stop'], warnings: [] });
  });
});
