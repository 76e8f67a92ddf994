/** One rule of the books: a query that names what breaks it, and finds nothing while the books are right. */
export interface Check {
  id: string;
  /** What holds when the check finds nothing. */
  title: string;
  /** Selects one text column `id` per violation. */
  sql: string;
}
