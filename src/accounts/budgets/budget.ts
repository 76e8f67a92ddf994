import { formatNano, parseNano } from '../../core/money.js';

export const BUDGET_WINDOWS = ['daily', 'weekly', 'monthly', 'lifetime'] as const;
export type BudgetWindow = (typeof BUDGET_WINDOWS)[number];

/** A spending cap of an organization, a project or a key. */
export interface Budget {
  /** Most that may be held and spent in one window; 0 lets nothing through. */
  amountNano: bigint;
  /** Windows are UTC; a lifetime never starts anew. */
  window: BudgetWindow;
}

export interface BudgetView {
  amount: string;
  window: BudgetWindow;
}

export const budgetView = (budget: Budget | null): BudgetView | null =>
  budget && { amount: formatNano(budget.amountNano), window: budget.window };

/** A budget as a caller wrote it; null and undefined pass through. Throws MoneyFormatError. */
export function readBudget(body: BudgetView | null | undefined): Budget | null | undefined {
  return body && { amountNano: parseNano(body.amount), window: body.window };
}
