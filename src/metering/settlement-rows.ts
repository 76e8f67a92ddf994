import { BinaryRows } from '../platform/database/binary-rows.js';
import type { SettledAttempt, SettledLine, SettlementCall } from './settlement.js';

/** Object ids of the row types that the SQL function settle_calls takes. */
export type SettlementTypes = Record<'settled_call' | 'settled_line' | 'settled_attempt', number>;

/**
 * Settlements as the arguments of settle_calls: calls, their lines, their attempts, each an array in PostgreSQL's binary form.
 * Columns are in the order of the types settled_call, settled_line and settled_attempt. Throws RangeError for one that no
 * settlement has (an id that is no UUID, an amount that is no number).
 */
export function settlementRows(
  calls: readonly SettlementCall[],
  types: SettlementTypes,
): [Buffer, Buffer, Buffer] {
  const callRows = new BinaryRows(types.settled_call);
  const lineRows = new BinaryRows(types.settled_line);
  const attemptRows = new BinaryRows(types.settled_attempt);
  for (const call of calls) {
    writeCall(callRows, call);
    for (const line of call.lines ?? []) writeLine(lineRows, call.hold, line);
    for (const attempt of call.attempts) writeAttempt(attemptRows, call.hold, attempt);
  }
  return [callRows.bytes(), lineRows.bytes(), attemptRows.bytes()];
}

function writeCall(rows: BinaryRows, call: SettlementCall): void {
  const { request, tokens } = call;
  rows.row(31, () => {
    rows.uuid(call.hold);
    rows.bool(call.release);
    rows.uuid(call.event);
    rows.timestamptz(call.occurred_at);
    rows.numeric(call.rated_pico);
    rows.int8(call.amount);
    rows.int8(call.cost);
    rows.bool(call.estimated);
    rows.jsonb(call.raw_usage);
    rows.int8(tokens?.input);
    rows.int8(tokens?.cache_read);
    rows.int8(tokens?.cache_write_5m);
    rows.int8(tokens?.cache_write_1h);
    rows.int8(tokens?.output);
    rows.int8(tokens?.reasoning);
    rows.int8(tokens?.searches);
    rows.text(request.status);
    rows.int4(request.http_status);
    rows.text(request.error_type);
    rows.text(request.finish_reason);
    rows.text(request.usage_source);
    rows.text(request.upstream_id);
    rows.text(request.end_user);
    rows.textArray(request.warnings);
    rows.timestamptz(request.started_at);
    rows.int4(request.first_token_ms);
    rows.int4(request.duration_ms);
    rows.recurringUuid(request.deployment);
    rows.recurringUuid(request.provider);
    rows.text(request.model);
    rows.jsonb(request.route);
  });
}

function writeLine(rows: BinaryRows, hold: string, line: SettledLine): void {
  rows.row(8, () => {
    rows.uuid(hold);
    rows.text(line.class);
    rows.int8(line.quantity);
    rows.recurringUuid(line.price);
    rows.int8(line.pico);
    rows.int8(line.amount);
    rows.recurringUuid(line.cost_price);
    rows.int8(line.cost);
  });
}

function writeAttempt(rows: BinaryRows, hold: string, attempt: SettledAttempt): void {
  rows.row(12, () => {
    rows.uuid(hold);
    rows.int4(attempt.seq);
    rows.recurringUuid(attempt.deployment);
    rows.recurringUuid(attempt.provider);
    rows.recurringUuid(attempt.credential);
    rows.text(attempt.upstream_model);
    rows.text(attempt.outcome);
    rows.int4(attempt.status);
    rows.text(attempt.error_type);
    rows.text(attempt.upstream_id);
    rows.int8(attempt.cost);
    rows.int4(attempt.duration_ms);
  });
}
