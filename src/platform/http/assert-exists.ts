import { publicId } from '../../core/ids.js';
import type { Database } from '../database/database.service.js';
import { notFound } from './public-id.pipe.js';

/** What a list can be of. */
const TABLES = { organization: 'organization', payment: 'payment_attempt' } as const;

/** Throws not_found when nothing has this UUID: what is nobody's is no empty list. Asked only where a list is empty. */
export async function assertExists(database: Database, kind: keyof typeof TABLES, id: string): Promise<void> {
  const rows = await database.query(`select 1 from ${TABLES[kind]} where id = $1`, [id]);
  if (rows.length === 0) throw notFound(kind, publicId(kind, id));
}
