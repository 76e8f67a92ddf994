/** Gives a fresh gateway what the bench needs: a customer with money and a key, and a priced model of each protocol. */

/** Model of the bench, by the protocol its only provider speaks. */
export const MODELS = {
  chat: 'bench-chat',
  messages: 'bench-messages',
  responses: 'bench-responses',
  gemini: 'bench-gemini',
};
/** What the gateway calls each protocol. */
export const PROTOCOL_NAMES = {
  chat: 'openai-chat',
  messages: 'anthropic-messages',
  responses: 'openai-responses',
  gemini: 'google-gemini',
};
const UNIT_PRICES = {
  input: '1.00',
  output: '3.00',
  cache_read: '0.10',
  cache_write_5m: '1.25',
  cache_write_1h: '2.00',
};
const VISIBLE_TIMEOUT_MS = 20_000;

/**
 * @param {{baseUrl: string, adminKey: string, simulatorUrl: string}} gateway
 * @returns {Promise<{secret: string}>} the customer's API key, once a completion with it succeeds on every model
 */
export async function seedGateway({ baseUrl, adminKey, simulatorUrl }) {
  const post = (path, body) => postJson(`${baseUrl}/admin/v1${path}`, adminKey, body);
  const organization = await post('/organizations', { name: 'Bench', billing_mode: 'prepaid' });
  const paymentMethod = await post(`/organizations/${organization.id}/payment-methods`, {
    provider: 'sandbox',
    token: 'pm_card_visa',
  });
  await post(`/organizations/${organization.id}/credits`, {
    amount: '100000.00',
    currency: 'USD',
    kind: 'paid',
    reason: 'bench',
  });
  const project = await post(`/organizations/${organization.id}/projects`, { name: 'Bench' });
  const key = await post(`/projects/${project.id}/keys`, { name: 'Bench', payment_method: paymentMethod.id });
  for (const upstream of Object.keys(MODELS)) await seedModel(post, upstream, simulatorUrl);
  for (const upstream of Object.keys(MODELS)) await untilServed(baseUrl, key.secret, MODELS[upstream]);
  return { secret: key.secret };
}

async function seedModel(post, upstream, simulatorUrl) {
  const provider = await post('/providers', {
    slug: `bench-${upstream}`,
    name: `Bench ${upstream}`,
    protocol: PROTOCOL_NAMES[upstream],
    base_url: `${simulatorUrl}/${upstream === 'gemini' ? 'v1beta' : 'v1'}`,
    credential: 'sk-bench-upstream-credential',
    allow_private_network: true,
  });
  const model = MODELS[upstream];
  await post('/models', {
    id: model,
    context_window: 128_000,
    max_output_tokens: 8_192,
    default_max_tokens: 1_024,
  });
  await post('/deployments', { model, provider: provider.id, upstream_model: 'bench-upstream' });
  for (const [tokenClass, unitPrice] of Object.entries(UNIT_PRICES)) {
    const price = { model, token_class: tokenClass, unit_price: unitPrice, currency: 'USD' };
    await post('/prices', { ...price, kind: 'list' });
    await post('/prices', { ...price, kind: 'cost', provider: provider.id });
  }
}

/** Waits for the catalogue to reach the data plane. */
async function untilServed(baseUrl, secret, model) {
  const untilMs = performance.now() + VISIBLE_TIMEOUT_MS;
  const body = {
    model,
    max_tokens: 2_048,
    messages: [{ role: 'user', content: 'nonce 00000000. Are you there?' }],
  };
  for (;;) {
    try {
      return await postJson(`${baseUrl}/v1/chat/completions`, secret, body);
    } catch (error) {
      if (performance.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** POSTs JSON; anything but a 2xx fails with what was sent and what was answered. */
async function postJson(url, bearer, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(
      `POST ${url}\n  sent     ${JSON.stringify(body)}\n  answered ${response.status} ${text.slice(0, 1500)}`,
    );
  }
  return JSON.parse(text);
}
