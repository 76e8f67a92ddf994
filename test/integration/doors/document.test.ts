import { documentFaults, type AnyDocument } from '../../support/doors/document-faults.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';

let gateway: TestGateway;
let document: AnyDocument;
beforeAll(async () => {
  gateway = await startGateway({ env: {} });
  document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as AnyDocument;
});
afterAll(() => gateway.close());

const operationOf = (method: string, path: string) => {
  const found = document.paths[path]?.[method];
  if (!found) throw new Error(`${method} ${path} is not in /openapi.json`);
  return found;
};
/** The members of the error that an operation documents. */
const errorOf = (method: string, path: string): string[] => {
  const name = operationOf(method, path).responses?.['default']?.$ref?.split('/').at(-1) ?? '';
  const schema = document.components['schemas']?.[name] as { properties?: object } | undefined;
  return Object.keys(schema?.properties ?? {}).sort();
};

describe('/openapi.json', () => {
  it('is valid, and says of every operation what it does, what it answers and how it refuses', () => {
    expect(Object.values(document.paths).flatMap((item) => Object.keys(item)).length).toBeGreaterThan(170);
    expect(documentFaults(document)).toEqual([]);
  });

  it('would not pass with a fault in it', () => {
    const spoil = (change: (copy: AnyDocument) => void): string[] => {
      const copy = structuredClone(document);
      change(copy);
      return documentFaults(copy);
    };
    const key = '/admin/v1/keys/{key}';
    const at = (copy: AnyDocument) => copy.paths[key]?.['get'] ?? {};
    expect(spoil((copy) => delete at(copy).summary)).toEqual([`GET ${key}: has no short summary`]);
    expect(spoil((copy) => (at(copy).parameters = []))).toEqual([`GET ${key}: has no parameter key`]);
    expect(spoil((copy) => delete at(copy).responses?.['default'])).toEqual([
      `GET ${key}: says nothing of refusals and faults`,
    ]);
    expect(spoil((copy) => delete at(copy).responses?.['200']?.content)).toEqual([
      `GET ${key}: has no schema of its 200`,
    ]);
    expect(spoil((copy) => (at(copy).operationId = 'keys_list'))).toEqual([
      'keys_list: two operations of this id',
    ]);
    expect(spoil((copy) => (at(copy).security = [{ nobody: [] }]))).toEqual([
      `GET ${key}: has a security scheme that is none: nobody`,
    ]);
    expect(spoil((copy) => delete copy.components['schemas']?.['BudgetDto'])).not.toEqual([]);
  });

  it('says that keys are keys, and in which headers they may be sent', () => {
    expect(document.components['securitySchemes']).toMatchObject({
      'customer key': { type: 'http', scheme: 'bearer', bearerFormat: 'fg_live_…' },
      'admin key': { type: 'http', scheme: 'bearer', bearerFormat: 'fg_admin_…' },
      'x-api-key': { type: 'apiKey', in: 'header', name: 'x-api-key' },
    });
    const either = [{ 'customer key': [] }, { 'x-api-key': [] }];
    for (const path of ['/v1/messages', '/v1/chat/completions'])
      expect(operationOf('post', path).security).toEqual(either);
    for (const path of ['/v1/key', '/v1/models/{id}', '/v1/manage/api-keys', '/api/usage/token'])
      expect(operationOf('get', path).security).toEqual(either);
  });

  it("says of errors what each API's clients read", () => {
    expect(errorOf('post', '/v1/chat/completions')).toEqual(['error']);
    expect(errorOf('get', '/v1/models')).toEqual(['error']);
    for (const path of ['/v1/messages', '/v1/messages/count_tokens'])
      expect(errorOf('post', path)).toEqual(['error', 'request_id', 'type']);
    for (const path of ['/v1beta/{model}', '/v1/models/{model}'])
      expect(operationOf('post', `${path}:generateContent`).responses?.['default']).toEqual({
        $ref: '#/components/responses/GeminiError',
      });
    expect(errorOf('get', '/v1/manage/api-keys')).toEqual(['code', 'error', 'param']);
    expect(errorOf('get', '/api/usage/token')).toEqual(['message', 'success']);
  });

  it('shows where Stripe reports, and what must be signed', () => {
    const { parameters, responses, security } = operationOf('post', '/webhooks/stripe');
    expect(parameters).toEqual([
      expect.objectContaining({ name: 'Stripe-Signature', in: 'header', required: true }),
    ]);
    expect([Object.keys(responses ?? {}), security]).toEqual([['200', 'default'], undefined]);
  });

  it('says in which media types streams and files come', () => {
    const typesOf = (method: string, path: string): string[] =>
      Object.keys(operationOf(method, path).responses?.['200']?.content ?? {});
    expect(typesOf('post', '/v1/chat/completions')).toEqual(['application/json', 'text/event-stream']);
    expect(typesOf('get', '/finance/v1/invoices/{invoice}.pdf')).toEqual(['application/pdf']);
    expect(typesOf('get', '/finance/v1/reports/usage').join()).toMatch(/csv.*jsonl.*parquet.*spreadsheet/);
  });
});
