import { Injectable } from '@nestjs/common';
import { publicId } from '../../core/ids.js';
import type { JsonObject } from '../../core/json.js';
import { Database } from '../database/database.service.js';
import type { AdminActor } from '../http/access.decorator.js';
import { CHAIN_START, hashOfLink, hashOfState, type ChainLink } from './audit-chain.js';

/** An open transaction of `pg` or of Prisma: whichever the change itself is written in. */
export type AuditTransaction =
  | { query: (text: string, values: unknown[]) => Promise<{ rows: unknown[] }> }
  | { $queryRawUnsafe: <Rows>(text: string, ...values: unknown[]) => Promise<Rows> };

/** Who changed something: an admin, or a customer with a management key (its UUID). */
export type AuditActor = AdminActor | { managementKeyId: string };

/** A change. No field may hold a secret, not even one that is hashed. */
export interface AuditEntry {
  actor: AuditActor;
  /** Noun and verb: "organization.update". */
  action: string;
  targetKind: string;
  /** The target's public id. */
  targetId: string;
  /** UUID; absent for what belongs to no customer. */
  organizationId?: string | undefined;
  /** The target as the API shows it, before and after; kept as hashes only. */
  before?: unknown;
  after?: unknown;
  /** What a reader needs to understand the entry: names of changed fields, amounts. Whole numbers and texts only. */
  detail?: JsonObject | undefined;
}

/** A stored entry. */
export interface AuditRow extends ChainLink {
  id: string;
  hash: string;
}

/** Serializes writers of the chain; any constant will do. */
const CHAIN_LOCK = 4_711_001;

const COLUMNS = `id::text, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, actor, action,
  target_kind as "targetKind", target_id as "targetId", organization_id::text as "organizationId",
  before_hash as "beforeHash", after_hash as "afterHash", detail, prev_hash as "prevHash", hash`;

/** Someone who acts without an admin key: the command line, the first start. */
export const systemActor = (name: string): AdminActor => ({ keyId: '', role: 'owner', name });

function nameOf(actor: AuditActor): string {
  if ('managementKeyId' in actor) return publicId('key', actor.managementKeyId);
  return actor.keyId === '' ? `system:${actor.name}` : publicId('adminKey', actor.keyId);
}

/** The append-only, hash-chained record of what admins and management keys changed. */
@Injectable()
export class AuditLogRepository {
  constructor(private readonly database: Database) {}

  /**
   * Appends to the chain inside the caller's transaction; entries of other transactions wait for its end. Call it
   * last: a transaction that locks rows after the chain can deadlock with one that locked them before.
   */
  async append(transaction: AuditTransaction, entry: AuditEntry): Promise<void> {
    // Separate statements on purpose: each sees what was committed while the one before it waited.
    await run(transaction, 'select pg_advisory_xact_lock($1::bigint) is null as locked', [CHAIN_LOCK]);
    const [tail] = await run<{ at: string; hash: string | null }>(
      transaction,
      `select to_char(billing_now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
              (select hash from audit_log order by id desc limit 1) as hash`,
      [],
    );
    if (!tail) throw new Error('the database gave no time');
    const link: ChainLink = {
      at: tail.at,
      actor: nameOf(entry.actor),
      action: entry.action,
      targetKind: entry.targetKind,
      targetId: entry.targetId,
      organizationId: entry.organizationId ?? null,
      beforeHash: hashOfState(entry.before),
      afterHash: hashOfState(entry.after),
      detail: entry.detail ?? {},
      prevHash: tail.hash ?? CHAIN_START,
    };
    await run(
      transaction,
      `insert into audit_log (at, actor, action, target_kind, target_id, organization_id, before_hash, after_hash,
         detail, prev_hash, hash)
       values ($1::timestamptz, $2, $3, $4, $5, $6::uuid, $7, $8, $9::jsonb, $10, $11) returning 1 as done`,
      [
        link.at,
        link.actor,
        link.action,
        link.targetKind,
        link.targetId,
        link.organizationId,
        link.beforeHash,
        link.afterHash,
        JSON.stringify(link.detail),
        link.prevHash,
        hashOfLink(link),
      ],
    );
  }

  /** Appends in a transaction of its own: for what changes nothing here that would have to be committed with it. */
  record(entry: AuditEntry): Promise<void> {
    return this.database.transaction((client) => this.append(client, entry));
  }

  /** Entries older than `beforeId` (all, when absent), newest first. */
  async list(filter: { beforeId?: string | undefined; limit: number }): Promise<AuditRow[]> {
    return this.database.query<AuditRow>(
      `select ${COLUMNS} from audit_log where $1::bigint is null or id < $1::bigint order by audit_log.id desc limit $2`,
      [filter.beforeId ?? null, filter.limit],
    );
  }

  /**
   * The whole chain: how many entries it has, the hash of the last one (kept elsewhere, it proves later that nothing was cut
   * off the end), and the ids of entries whose own hash, or whose place in the chain, is not what it must be.
   */
  async verify(): Promise<{ entries: number; head: string; broken: string[] }> {
    const broken: string[] = [];
    let prevHash = CHAIN_START;
    let last = '0';
    for (let entries = 0; ;) {
      const rows = await this.database.query<AuditRow>(
        `select ${COLUMNS} from audit_log where audit_log.id > $1::bigint order by audit_log.id limit 1000`,
        [last],
      );
      for (const { id, hash, ...link } of rows) {
        if (link.prevHash !== prevHash || hashOfLink(link) !== hash) broken.push(id);
        prevHash = hash;
        last = id;
      }
      entries += rows.length;
      if (rows.length < 1000) return { entries, head: prevHash, broken };
    }
  }
}

async function run<Row>(transaction: AuditTransaction, text: string, values: unknown[]): Promise<Row[]> {
  if ('$queryRawUnsafe' in transaction) return transaction.$queryRawUnsafe<Row[]>(text, ...values);
  return (await transaction.query(text, values)).rows as Row[];
}
