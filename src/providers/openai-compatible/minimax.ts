import type { ProviderAdapter } from '../provider.js';
import { openaiCompatible } from './provider.js';

/** api.minimax.io: reports some failures with status 200 and `base_resp` (see upstream-failure). */
export const minimax: ProviderAdapter = {
  ...openaiCompatible,
  name: 'minimax',
  issuer: 'minimax',
};
