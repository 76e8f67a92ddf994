import { publicId } from '../../core/ids.js';
import { formatNano } from '../../core/money.js';
import type { PreviewSum } from './rerate.js';

/** The sums of a preview as the API shows them, with a total for each currency. */
export function showPreview({ from, to }: { from: Date; to: Date }, sums: readonly PreviewSum[]) {
  const currencies = [...new Set(sums.map(({ currency }) => currency))].sort();
  return {
    object: 'price_preview' as const,
    from: from.toISOString(),
    to: to.toISOString(),
    data: sums.map((sum) => ({
      organization: publicId('organization', sum.organizationId),
      model: sum.modelId,
      token_class: sum.tokenClass,
      quantity: sum.quantity.toString(),
      kept_quantity: sum.keptQuantity.toString(),
      ...showAmounts(sum),
      currency: sum.currency,
    })),
    totals: currencies.map((currency) => {
      const total = { amountNano: 0n, previewNano: 0n };
      for (const sum of sums) {
        if (sum.currency !== currency) continue;
        total.amountNano += sum.amountNano;
        total.previewNano += sum.previewNano;
      }
      return { ...showAmounts(total), currency };
    }),
  };
}

const showAmounts = ({ amountNano, previewNano }: Pick<PreviewSum, 'amountNano' | 'previewNano'>) => ({
  amount: formatNano(amountNano),
  preview_amount: formatNano(previewNano),
  difference: formatNano(previewNano - amountNano),
});
