import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SAMPLE_DOCUMENTS } from '../search/documents/sample-documents.js';
import { HOME } from './environment.js';

/** What a newcomer needs to make the first call. */
export interface FirstKeys {
  customerKey: string;
  adminKey: string;
}

/** Remembers whose keys were shown, so that a second start does not make new ones. */
interface Shown {
  project: string;
}

const FILE = path.join(HOME, 'first-start.json');
const CREDIT = '100.00';

/**
 * Makes a customer with a sandbox card, 100 dollars of credit, a project and a key, through the admin API as any
 * admin would. Answers null when that happened before; `again` makes new keys for the same project.
 */
export async function makeFirstKeys(
  api: { url: string; newAdminKey: () => Promise<string> },
  again: boolean,
): Promise<FirstKeys | null> {
  const shown = await findShown();
  if (shown !== null && !again) return null;
  const adminKey = await api.newAdminKey();
  const call = adminCaller(api.url, adminKey);
  const known = shown === null ? false : await exists(api.url, adminKey, `/projects/${shown.project}`);
  const project = shown !== null && known ? shown.project : await makeCustomer(call);
  const key = await call(`/projects/${project}/keys`, { name: 'first key' });
  await writeFile(FILE, `${JSON.stringify({ project } satisfies Shown)}\n`, { mode: 0o600 });
  return { customerKey: String(key['secret']), adminKey };
}

type AdminCall = (path: string, body: object) => Promise<Record<string, unknown>>;

async function makeCustomer(call: AdminCall): Promise<string> {
  const organization = await call('/organizations', { name: 'First customer' });
  const id = String(organization['id']);
  await call(`/organizations/${id}/payment-methods`, { provider: 'sandbox', token: 'pm_card_visa' });
  await call(`/organizations/${id}/credits`, {
    amount: CREDIT,
    currency: 'USD',
    kind: 'paid',
    reason: 'first start',
  });
  const project = await call(`/organizations/${id}/projects`, { name: 'First project' });
  await loadSamples(call);
  return String(project['id']);
}

/** Something for octen_search to find. What an earlier start has loaded stays as it is. */
async function loadSamples(call: AdminCall): Promise<void> {
  for (const document of SAMPLE_DOCUMENTS) {
    await call('/search-documents', document).catch((error: Error) => {
      if (!error.message.includes(': 409 ')) throw error;
    });
  }
}

function adminCaller(url: string, adminKey: string): AdminCall {
  return async (where, body) => {
    const response = await fetch(`${url}/admin/v1${where}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(`POST ${where}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
}

async function exists(url: string, adminKey: string, where: string): Promise<boolean> {
  const response = await fetch(`${url}/admin/v1${where}`, {
    headers: { authorization: `Bearer ${adminKey}` },
  });
  return response.ok;
}

async function findShown(): Promise<Shown | null> {
  try {
    return JSON.parse(await readFile(FILE, 'utf8')) as Shown;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
