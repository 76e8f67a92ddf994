import { nowDate } from '../../core/clock.js';
import type { Prisma } from '../../platform/prisma/generated/client.js';
import type { Budget, BudgetWindow } from './budget.js';

/** Whom a budget limits. */
export interface BudgetTarget {
  scope: 'organization' | 'project' | 'key';
  scopeId: string;
  organizationId: string;
}

/** The budgets of these scopes, by scope id; a scope without one is absent. */
export async function findBudgets(
  client: Prisma.TransactionClient,
  scopeIds: string[],
): Promise<Map<string, Budget>> {
  const rows = await client.budget.findMany({ where: { scopeId: { in: scopeIds } } });
  return new Map(
    rows.map((row) => [row.scopeId, { amountNano: row.amountNano, window: row.timeWindow as BudgetWindow }]),
  );
}

/** Sets the budget of a scope; null removes it, undefined leaves it as it is. */
export async function putBudget(
  client: Prisma.TransactionClient,
  { scope, scopeId, organizationId }: BudgetTarget,
  budget: Budget | null | undefined,
): Promise<void> {
  if (budget === undefined) return;
  if (budget === null) {
    await client.budget.deleteMany({ where: { scopeId } });
    return;
  }
  const values = { amountNano: budget.amountNano, timeWindow: budget.window, updatedAt: nowDate() };
  await client.budget.upsert({
    where: { scopeId },
    create: { scopeId, scope, organizationId, ...values },
    update: values,
  });
}
