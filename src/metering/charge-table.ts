import type { CallStatus } from './settlement.js';

/**
 * Who pays for a call, by how it ended (published in docs/charge-table.md):
 *  - C0  refused before dispatch, or every attempt failed with no output: nobody is charged;
 *  - C1  completed: the vendor's usage; C1e: completed without usage: an estimate;
 *  - CA  the caller left after dispatch: input, and the output that was produced until then;
 *  - CF  the upstream or the gateway failed mid-way: the house bears it;
 *  - CU  the process died: the last checkpoint, or nothing.
 */
export function isCharged(status: CallStatus, dispatched: boolean): boolean {
  switch (status) {
    case 'completed':
    case 'unknown':
      return true;
    case 'aborted':
      return dispatched;
    case 'failed':
      return false;
  }
}
