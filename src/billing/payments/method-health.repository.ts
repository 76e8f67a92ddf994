import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../platform/database/database.service.js';
import { MAX_DECLINES } from './payment-attempt.js';

/** A card as its provider describes it now. */
export interface CardFacts {
  brand: string | null;
  last4: string | null;
  expMonth: number | null;
  expYear: number | null;
}

/**
 * How payment methods fare. Admission reads the status in the statement that places a hold, so a change here stops
 * or starts keys with the next call; the organization's default follows by trigger.
 */
@Injectable()
export class MethodHealthRepository {
  constructor(private readonly database: Database) {}

  /** It paid: declines before do not count any more. */
  async recordSuccess(client: PoolClient, id: string): Promise<void> {
    await client.query(
      'update payment_method set consecutive_declines = 0, updated_at = now() where id = $1 and consecutive_declines > 0',
      [id],
    );
  }

  /** It was declined; the third time in a row blocks it. The caller has locked the organization. */
  async recordDecline(client: PoolClient, id: string): Promise<void> {
    await client.query(
      `update payment_method set consecutive_declines = consecutive_declines + 1, updated_at = now(),
         status = case when status = 'active' and consecutive_declines + 1 >= $2 then 'blocked' else status end
       where id = $1`,
      [id, MAX_DECLINES],
    );
  }

  /** Its owner's bank questions a payment: nothing more is collected from it. */
  async block(client: PoolClient, id: string): Promise<void> {
    await client.query(
      `update payment_method set status = 'blocked', updated_at = now() where id = $1 and status = 'active'`,
      [id],
    );
  }

  /** The last dispute about it was won: it may be charged again. */
  async unblock(client: PoolClient, id: string): Promise<void> {
    await client.query(
      `update payment_method m set status = 'active', updated_at = now()
       where id = $1 and status = 'blocked' and consecutive_declines < $2
         and not exists (select 1 from payment_dispute d join payment_attempt a on a.id = d.attempt_id
                         where a.payment_method_id = m.id and d.status <> 'won')`,
      [id, MAX_DECLINES],
    );
  }

  /** The provider took it away from the customer. */
  async markDetached(provider: string, ref: string): Promise<void> {
    await this.change(
      provider,
      ref,
      `update payment_method set status = 'detached', updated_at = now()
       where provider = $1 and provider_reference = $2 and status <> 'detached'`,
      [],
    );
  }

  /** The card was renewed or changed: its new date counts, and declines of the old one do not. */
  async updateCard(provider: string, ref: string, card: CardFacts): Promise<void> {
    await this.change(
      provider,
      ref,
      `update payment_method m set brand = $3, last4 = $4, exp_month = $5, exp_year = $6, updated_at = now(),
         consecutive_declines = case when ($5::int, $6::int) is distinct from (m.exp_month, m.exp_year) then 0
                                     else m.consecutive_declines end,
         status = case
           when m.status = 'detached' then 'detached'
           when $6::int is not null and make_date($6, $5, 1) + interval '1 month' <= billing_now() then 'expired'
           when m.status = 'expired' then 'active'
           when m.status = 'blocked' and ($5::int, $6::int) is distinct from (m.exp_month, m.exp_year)
             and not exists (select 1 from payment_dispute d join payment_attempt a on a.id = d.attempt_id
                             where a.payment_method_id = m.id and d.status <> 'won') then 'active'
           else m.status end
       where provider = $1 and provider_reference = $2`,
      [card.brand, card.last4, card.expMonth, card.expYear],
    );
  }

  /** Marks methods whose date has passed, so that another one becomes the default; returns how many. */
  async expireByDate(): Promise<number> {
    const due = await this.database.query<{ provider: string; provider_reference: string }>(
      `select provider, provider_reference from payment_method where status = 'active'
         and exp_year is not null and make_date(exp_year, exp_month, 1) + interval '1 month' <= billing_now() limit 500`,
    );
    for (const { provider, provider_reference: ref } of due) {
      await this.change(
        provider,
        ref,
        `update payment_method set status = 'expired', updated_at = now()
         where provider = $1 and provider_reference = $2 and status = 'active'
           and make_date(exp_year, exp_month, 1) + interval '1 month' <= billing_now()`,
        [],
      );
    }
    return due.length;
  }

  private async change(provider: string, ref: string, sql: string, values: unknown[]): Promise<void> {
    await this.database.transaction(async (client) => {
      await client.query(
        `select 1 from organization where id = (select organization_id from payment_method
           where provider = $1 and provider_reference = $2) for no key update`,
        [provider, ref],
      );
      await client.query(sql, [provider, ref, ...values]);
    });
  }
}
