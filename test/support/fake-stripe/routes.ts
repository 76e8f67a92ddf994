import { mapOf, textOf, type Form } from './form.js';
import type { FakeIntent } from './objects.js';
import type { StripeState } from './state.js';

/** One route: method, path with `:id`, and what it answers. */
type Route = [
  method: string,
  path: RegExp,
  answer: (state: StripeState, id: string, form: Form, query: URLSearchParams) => object,
];

const list = (url: string, data: object[]) => ({ object: 'list', url, has_more: false, data });

/** An intent with what the caller asked to be expanded. */
const shown = (state: StripeState, intent: FakeIntent, query: URLSearchParams) => ({
  ...intent,
  latest_charge: query.has('expand[0]')
    ? (state.charges.get(intent.latest_charge ?? '') ?? null)
    : intent.latest_charge,
});

/** Every route the product uses; any other is a fault of the test or of the product. */
export const ROUTES: Route[] = [
  ['POST', /^\/v1\/customers$/, (state, _, form) => state.createCustomer(mapOf(form, 'metadata'))],
  [
    'POST',
    /^\/v1\/setup_intents$/,
    (state, _, form) => {
      const [customer, token] = [textOf(form, 'customer'), textOf(form, 'payment_method')];
      return state.createSetup({
        ...(customer !== undefined && { customer }),
        ...(token !== undefined && { token }),
        metadata: mapOf(form, 'metadata'),
      });
    },
  ],
  ['GET', /^\/v1\/setup_intents\/(\w+)$/, (state, id) => state.get(state.setups, 'setupintent', id)],
  ['GET', /^\/v1\/payment_methods\/(\w+)$/, (state, id) => state.get(state.methods, 'PaymentMethod', id)],
  ['POST', /^\/v1\/payment_methods\/(\w+)\/detach$/, (state, id) => state.detach(id)],
  [
    'POST',
    /^\/v1\/payment_intents$/,
    (state, _, form) =>
      state.createIntent({
        amount: Number(textOf(form, 'amount')),
        currency: textOf(form, 'currency') ?? '',
        customer: textOf(form, 'customer'),
        method: textOf(form, 'payment_method'),
        metadata: mapOf(form, 'metadata'),
      }),
  ],
  [
    'GET',
    /^\/v1\/payment_intents$/,
    (state, _, __, query) =>
      list(
        '/v1/payment_intents',
        [...state.intents.values()].filter(
          (intent) =>
            (!query.has('customer') || intent.customer === query.get('customer')) &&
            intent.created >= Number(query.get('created[gte]') ?? 0),
        ),
      ),
  ],
  [
    'GET',
    /^\/v1\/payment_intents\/(\w+)$/,
    (state, id, _, query) => shown(state, state.get(state.intents, 'payment_intent', id), query),
  ],
  ['POST', /^\/v1\/payment_intents\/(\w+)\/confirm$/, (state, id) => state.confirmIntent(id)],
  ['POST', /^\/v1\/payment_intents\/(\w+)\/cancel$/, (state, id) => state.cancelIntent(id)],
  [
    'POST',
    /^\/v1\/refunds$/,
    (state, _, form) =>
      state.createRefund({
        intent: textOf(form, 'payment_intent') ?? '',
        amount: Number(textOf(form, 'amount')),
        metadata: mapOf(form, 'metadata'),
      }),
  ],
  [
    'GET',
    /^\/v1\/refunds$/,
    (state, _, __, query) =>
      list(
        '/v1/refunds',
        [...state.refunds.values()].filter((refund) => refund.payment_intent === query.get('payment_intent')),
      ),
  ],
  ['GET', /^\/v1\/refunds\/(\w+)$/, (state, id) => state.get(state.refunds, 'refund', id)],
  [
    'GET',
    /^\/v1\/balance_transactions$/,
    (state, _, __, query) => state.balance.list(query, (id) => state.sourceOf(id)),
  ],
  ['GET', /^\/v1\/payouts\/(\w+)$/, (state, id) => state.get(state.balance.payouts, 'payout', id)],
  ['GET', /^\/v1\/disputes\/(\w+)$/, (state, id) => state.get(state.disputes, 'dispute', id)],
];
