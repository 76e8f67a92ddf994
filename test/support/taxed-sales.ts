import type { StripeStage, Payer } from './stripe-stage.js';

/** A seller in Germany whose credit is taxed when it is sold, with the rates given in parts per million. */
export async function createTaxedSeller(
  stage: StripeStage,
  prefix: string,
  rates: Record<string, number> = { DE: 190_000 },
): Promise<string> {
  const body = {
    name: 'Faregate GmbH',
    address: 'Weg 1, 10115 Berlin',
    country: 'DE',
    vat_id: 'DE136695976',
    number_prefix: prefix,
    tax_point: 'sale',
    tax_rates_ppm: rates,
  };
  return (await stage.api.post('/finance/v1/legal-entities', body, 'finance')).body.id as string;
}

/** A customer with a card who buys from this seller. */
export async function createBuyer(
  stage: StripeStage,
  seller: string,
  tax: { country: string; vat_id?: string | null } = { country: 'DE' },
): Promise<Payer> {
  const payer = await stage.createPayer();
  await stage.api.patch(`/organizations/${payer.id}`, { tax });
  await stage.api.call({
    method: 'patch',
    path: `/finance/v1/organizations/${payer.id}/billing-account`,
    body: { legal_entity: seller },
    role: 'finance',
  });
  return payer;
}

/** The customer's documents in the order of their issue, amounts as the API shows them. */
export async function documentsOf(stage: StripeStage, payer: Payer) {
  const invoices = await stage.api.get(`/finance/v1/invoices?organization=${payer.id}`, 'finance');
  const notes = await stage.api.get(`/finance/v1/credit-notes?organization=${payer.id}`, 'finance');
  const shown = [...(invoices.body.data as Document[]), ...(notes.body.data as Document[])].map(
    ({ kind, reason, number, net, tax, total, due, finalized_at, issued_at }) => ({
      at: finalized_at ?? issued_at ?? '',
      line: [kind ?? reason, number, net, tax, total, due ?? ''].join(' ').trim(),
    }),
  );
  return shown.sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ line }) => line);
}

interface Document {
  kind?: string;
  reason?: string;
  number: string;
  net: string;
  tax: string;
  total: string;
  due?: string;
  finalized_at?: string;
  issued_at?: string;
}
