import { startAdminApi, type AdminApi } from '../../support/admin-api.js';

interface Document {
  paths: Record<
    string,
    Record<string, { parameters?: { name: string }[]; security?: object[]; responses: object }>
  >;
  components: { schemas: Record<string, { properties: Record<string, unknown> }>; securitySchemes: object };
}

let api: AdminApi;
let document: Document;
beforeAll(async () => {
  api = await startAdminApi();
  document = await fetch(`${await api.app.getUrl()}/openapi.json`).then(
    (answer) => answer.json() as Promise<Document>,
  );
});
afterAll(() => api.close());

const documented = (name: string): string[] =>
  Object.keys(document.components.schemas[name]?.properties ?? {}).sort();

describe('the OpenAPI document', () => {
  it('describes every resource with exactly the fields that are answered', async () => {
    const organization = (await api.post('/organizations', { name: 'Acme' })).body;
    const at = `/organizations/${organization.id}`;
    const project = (await api.post(`${at}/projects`, { name: 'Chat' })).body;
    const { secret, ...key } = (await api.post(`/projects/${project.id}/keys`, { name: 'k' })).body;
    const answers: Record<string, object> = {
      OrganizationResource: organization,
      ProjectResource: project,
      KeyResource: key,
      KeyWithSecretResource: { ...key, secret },
      KeySecretResource: key.secrets[0],
      BalanceResource: (await api.get(`${at}/balance`)).body,
      MemberResource: (await api.post(`${at}/members`, { email: 'a@example.com', role: 'owner' })).body,
      PaymentMethodResource: (
        await api.post(`${at}/payment-methods`, { provider: 'sandbox', token: 'pm_card_visa' })
      ).body,
      AuditEntryResource: (await api.get('/audit-log')).body.data[0],
    };
    for (const [name, answer] of Object.entries(answers)) {
      expect([name, documented(name)]).toEqual([name, Object.keys(answer).sort()]);
    }
  });

  it('says for every admin operation who may call it and what a refusal looks like', () => {
    const operations = Object.entries(document.paths)
      .filter(([path]) => path.startsWith('/admin/'))
      .flatMap(([path, item]) =>
        Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
      );
    expect(operations.length).toBeGreaterThan(20);
    for (const { path, method, operation } of operations) {
      const said = [path, method, operation.security, Object.keys(operation.responses).includes('default')];
      expect(said).toEqual([path, method, [{ 'admin key': [] }], true]);
      const takesKey = operation.parameters?.some(({ name }) => name === 'Idempotency-Key') ?? false;
      expect([path, method, takesKey]).toEqual([path, method, method === 'post']);
    }
    expect(Object.keys(document.components.securitySchemes)).toEqual([
      'customer key',
      'x-api-key',
      'google key',
      'admin key',
    ]);
  });

  it('has a readable page, which loads nothing from elsewhere', async () => {
    const page = await fetch(`${await api.app.getUrl()}/docs`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await page.text()).not.toMatch(/(src|href)="(https?:)?\/\//);
  });
});
