import { invalidRequest } from '../../core/errors.js';
import type { Creditable, CreditedPart } from '../invoicing/credit-notes/credit-note.js';
import type { ReversalToCredit } from './corrections.repository.js';

/**
 * The parts of an invoice's lines that reversals take back. Of a call that credit paid in part, the lines give back
 * in order until what the customer owed of it is reached.
 */
export function creditedParts(
  { lines }: Pick<Creditable, 'lines'>,
  reversals: readonly Pick<ReversalToCredit, 'amountNano' | 'lines'>[],
): CreditedPart[] {
  const bySeq = new Map<number, bigint>();
  for (const reversal of reversals) {
    let open = reversal.amountNano;
    for (const part of reversal.lines) {
      const line = lines.find(
        ({ kind, modelId, tokenClass, priceVersionId }) =>
          kind === 'usage' &&
          modelId === part.modelId &&
          tokenClass === part.tokenClass &&
          priceVersionId === part.priceVersionId,
      );
      if (!line) throw invalidRequest('the invoice has no line for a charge that was taken back', 'events');
      const taken = part.amountNano < open ? part.amountNano : open;
      if (taken > 0n) bySeq.set(line.seq, (bySeq.get(line.seq) ?? 0n) + taken);
      open -= taken;
    }
  }
  return [...bySeq].map(([seq, amountNano]) => ({ seq, amountNano })).sort((a, b) => a.seq - b.seq);
}
