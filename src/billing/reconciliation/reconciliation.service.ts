import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { publicId, uuidv7 } from '../../core/ids.js';
import { formatNano } from '../../core/money.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import { Database } from '../../platform/database/database.service.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { LedgerService } from '../ledger/ledger.service.js';
import { providerPaid, providerVariance } from '../ledger/posting.js';
import { BookedUsageRepository } from './booked-usage.repository.js';
import { compareStatement } from './compare.js';
import { readStatement } from './read-statement.js';
import { StatementError, type Statement, type StatementFormat } from './statement.js';
import { StatementsRepository, type StoredStatement } from './statements.repository.js';
import { DEFAULT_TOLERANCE, judge, type Tolerance, type Verdict } from './verdict.js';

/** A provider's statement to be compared with the books. */
export interface ReconcileOrder {
  /** Slug of the provider. */
  provider: string;
  format: StatementFormat;
  /** The file itself. */
  text: string;
  /** Absent: DEFAULT_TOLERANCE. */
  tolerance?: Partial<Tolerance> | undefined;
}

/** What became of a statement. */
export interface Reconciled {
  statement: StoredStatement;
  /** False: this file was compared before, and what was found then is answered. */
  isNew: boolean;
}

/** Compares what providers state with the books, keeps what was found, and takes the provider's figure over. */
@Injectable()
export class ReconciliationService {
  constructor(
    private readonly database: Database,
    private readonly statements: StatementsRepository,
    private readonly booked: BookedUsageRepository,
    private readonly ledger: LedgerService,
    private readonly auditLog: AuditLogRepository,
  ) {}

  /** Throws invalid_request naming the field when the file cannot be read, or its days have not ended. */
  async reconcile(actor: AdminActor, order: ReconcileOrder): Promise<Reconciled> {
    const providerId = await this.statements.findProvider(order.provider);
    if (providerId === null) throw invalidRequest('there is no such provider', 'provider');
    const sourceSha256 = createHash('sha256').update(order.text).digest('hex');
    const known = await this.statements.findBySource(providerId, sourceSha256);
    if (known) return { statement: known, isNew: false };
    const statement = await this.readEnded(order);
    const tolerance = { ...DEFAULT_TOLERANCE, ...order.tolerance };
    const refs = [...new Set(statement.lines.flatMap(({ ref }) => ref ?? []))];
    const booked = await this.booked.read({ ...statement, providerId, refs });
    const verdict = judge(compareStatement(statement, booked), tolerance);
    const { accruedCostNano, unbilledCostNano } = booked;
    const accrued = { accruedCostNano, accruedUnbilledNano: unbilledCostNano };
    const found = { providerId, sourceSha256, format: order.format, ...accrued };
    return this.store(actor, { ...found, statement, verdict, tolerance });
  }

  async get(id: string): Promise<StoredStatement> {
    const found = await this.statements.find(id);
    if (!found) throw notFound('providerStatement', publicId('providerStatement', id));
    return found;
  }

  /**
   * Takes the provider's cost over: what is owed for these days becomes what the statement says, and the difference goes to
   * `provider_variance`. Throws conflict when it was, or an overlapping statement was, and invalid_request without a cost.
   */
  accept(
    actor: AdminActor,
    id: string,
    { reason, legalEntityId }: { reason: string; legalEntityId?: string | undefined },
  ): Promise<StoredStatement> {
    return this.move(actor, id, { to: 'accepted', detail: { reason } }, async (client, statement) => {
      const { statedCostNano: stated, accruedCostNano: accrued } = statement;
      if (stated === null) throw invalidRequest('the statement states no cost', 'statement');
      if (statement.status !== 'agreed' && statement.status !== 'open') throw conflict('is accepted already');
      const entity = await this.statements.findEntity(client, legalEntityId);
      if (entity === null) throw invalidRequest('there is no such legal entity', 'legal_entity');
      await this.statements.advance(client, id, 'accepted', entity).catch((error: unknown) => {
        if ((error as { code?: string }).code !== '23P01') throw error;
        throw conflict('overlaps one that is accepted');
      });
      const postings = providerVariance(stated - accrued);
      if (postings.length === 0) return;
      await this.ledger.record(client, [
        {
          idempotencyKey: `provider_statement:${id}`,
          kind: 'provider_statement',
          organizationId: null,
          legalEntityId: entity,
          walletId: null,
          currency: statement.currency,
          description: `Statement of ${statement.providerSlug}, ${statement.firstDay} to ${statement.lastDay}`,
          postings,
        },
      ]);
    });
  }

  /** Books that the statement was paid from the bank. Throws conflict unless it is accepted. */
  pay(actor: AdminActor, id: string, reference: string): Promise<StoredStatement> {
    return this.move(actor, id, { to: 'paid', detail: { reference } }, async (client, statement) => {
      if (statement.status !== 'accepted')
        throw conflict(statement.status === 'paid' ? 'is paid already' : 'is not accepted');
      await this.statements.advance(client, id, 'paid', null);
      const postings = providerPaid(statement.statedCostNano ?? 0n);
      if (postings.length === 0) return;
      await this.ledger.record(client, [
        {
          idempotencyKey: `provider_paid:${id}`,
          kind: 'provider_paid',
          organizationId: null,
          legalEntityId: statement.legalEntityId ?? undefined,
          walletId: null,
          currency: statement.currency,
          description: `Payment to ${statement.providerSlug}: ${reference}`,
          postings,
        },
      ]);
    });
  }

  private async move(
    actor: AdminActor,
    id: string,
    { to, detail }: { to: string; detail: Record<string, string> },
    work: (client: Parameters<LedgerService['record']>[0], statement: StoredStatement) => Promise<void>,
  ): Promise<StoredStatement> {
    await this.database.transaction(async (client) => {
      const statement = await this.statements.lock(client, id);
      if (!statement) throw notFound('providerStatement', publicId('providerStatement', id));
      await work(client, statement);
      await this.auditLog.append(client, {
        actor,
        action: `provider_statement.${to}`,
        targetKind: 'provider_statement',
        targetId: publicId('providerStatement', id),
        detail,
      });
    });
    return this.get(id);
  }

  private async readEnded({ format, text }: ReconcileOrder): Promise<Statement> {
    let statement: Statement;
    try {
      statement = readStatement(format, text);
    } catch (error) {
      if (error instanceof StatementError) throw invalidRequest(`content: ${error.message}`, 'content');
      throw error;
    }
    const [row] = await this.database.query<{ now: Date }>('select billing_now() as now');
    if (row === undefined || statement.lastDay >= row.now.toISOString().slice(0, 10))
      throw invalidRequest(`content: ${statement.lastDay} has not ended (UTC)`, 'content');
    return statement;
  }

  private async store(actor: AdminActor, found: Found): Promise<Reconciled> {
    const { providerId, sourceSha256, format, statement, verdict, tolerance } = found;
    const id = uuidv7();
    const currency = statement.currency ?? 'USD';
    const isNew = await this.database.transaction(async (client) => {
      const at = { providerId, currency, firstDay: statement.firstDay, lastDay: statement.lastDay };
      const isInserted = await this.statements.insert(
        client,
        {
          ...at,
          id,
          format,
          sourceSha256,
          createdBy: actor.name,
          statedCostNano: verdict.statedCostNano,
          accruedCostNano: found.accruedCostNano,
          accruedUnbilledNano: found.accruedUnbilledNano,
          openCostNano: verdict.openCostNano,
          tolerancePpm: Number(tolerance.ppm),
          toleranceNano: tolerance.costNano,
          counts: countsOf(verdict),
          status: verdict.agreed ? 'agreed' : 'open',
        },
        { lines: statement.lines, rows: verdict.rows },
      );
      if (!isInserted) return false;
      await this.auditLog.append(client, {
        actor,
        action: 'provider_statement.reconcile',
        targetKind: 'provider_statement',
        targetId: publicId('providerStatement', id),
        detail: { source_sha256: sourceSha256, open_cost: formatNano(verdict.openCostNano), currency },
      });
      return true;
    });
    const stored = isNew ? await this.get(id) : await this.statements.findBySource(providerId, sourceSha256);
    if (!stored) throw new Error('a statement that was stored cannot be found');
    return { statement: stored, isNew };
  }
}

interface Found {
  providerId: string;
  sourceSha256: string;
  format: StatementFormat;
  accruedCostNano: bigint;
  accruedUnbilledNano: bigint;
  statement: Statement;
  verdict: Verdict;
  tolerance: Tolerance;
}

const conflict = (what: string): FaregateError => new FaregateError('conflict', `The statement ${what}.`);

function countsOf({ rows, statedQuantity, openQuantity }: Verdict): Record<string, string> {
  const count = (status: string): string => `${rows.filter((row) => row.status === status).length}`;
  return {
    matched: count('matched'),
    explained: count('explained'),
    open: count('open'),
    stated_quantity: (statedQuantity ?? 0n).toString(),
    open_quantity: openQuantity.toString(),
  };
}
