import { divideRounded } from '../../../core/currency.js';

/** A credit note as far as paying invoices with it goes; minor units unless they say nano. */
export interface OpenNote {
  /** UUID. */
  id: string;
  numberText: string;
  totalMinor: bigint;
  /** The exact usage it credits. */
  usageNano: bigint;
  /** What of both has paid invoices already. */
  appliedMinor: bigint;
  appliedUsageNano: bigint;
}

/** A part of a note that pays an invoice. */
export interface Application {
  noteId: string;
  numberText: string;
  amountMinor: bigint;
  usageNano: bigint;
}

/**
 * Pays `dueMinor` from notes, oldest first. A part carries its share of the usage; the last part of a note carries
 * what is left, so that a note which is used up has carried exactly its own.
 */
export function applyNotes(notes: readonly OpenNote[], dueMinor: bigint): Application[] {
  const applications: Application[] = [];
  let open = dueMinor;
  for (const note of notes) {
    const left = note.totalMinor - note.appliedMinor;
    const amountMinor = left < open ? left : open;
    if (amountMinor <= 0n) continue;
    const usageNano =
      amountMinor === left
        ? note.usageNano - note.appliedUsageNano
        : divideRounded(note.usageNano * amountMinor, note.totalMinor);
    applications.push({ noteId: note.id, numberText: note.numberText, amountMinor, usageNano });
    open -= amountMinor;
  }
  return applications;
}

/** What applications pay together. */
export const sumApplications = (applications: readonly Application[]) => ({
  amountMinor: applications.reduce((sum, { amountMinor }) => sum + amountMinor, 0n),
  usageNano: applications.reduce((sum, { usageNano }) => sum + usageNano, 0n),
});
