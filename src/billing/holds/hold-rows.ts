import { BinaryRows } from '../../platform/database/binary-rows.js';
import type { HoldRequest } from './hold-port.js';

/**
 * Wishes as the argument of the SQL function place_holds, in PostgreSQL's binary form. Columns are in the order of the type
 * asked_hold, whose object id `type` is. Throws RangeError for an id that is no UUID or an amount of more than 64 bits.
 */
export function holdRows(holds: readonly HoldRequest[], type: number): Buffer {
  const rows = new BinaryRows(type);
  for (const hold of holds) {
    rows.row(10, () => {
      rows.uuid(hold.requestId);
      rows.recurringUuid(hold.apiKeyId);
      rows.int8(hold.amountNano.toString());
      rows.text(hold.protocol);
      rows.bool(hold.streamed);
      rows.text(hold.modelRequested);
      rows.text(hold.modelId);
      rows.recurringUuid(hold.deploymentId);
      rows.recurringUuid(hold.providerId);
      rows.timestamptz(hold.pricedAtMs);
    });
  }
  return rows.bytes();
}
