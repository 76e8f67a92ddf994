import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Journal, type JournalEntry } from './journal.js';
import type { Rule } from './script.js';
import { SimulatorServer } from './server.js';
import { Vendor } from './vendor.js';

/** Longer than any client's pool keeps a connection, so that none is closed under a request. */
const KEEP_ALIVE_MS = 120_000;
const UNTIL_TIMEOUT_MS = 5_000;

export interface SimulatorOptions {
  /** Absent or 0 takes a free port. */
  port?: number | undefined;
  /** Loopback only: the control endpoint has no credential. */
  host?: '127.0.0.1' | undefined;
  /** Rules in force from the start. */
  script?: Rule[] | undefined;
  /** Append finished journal entries to this file, one JSON object a line. */
  journalFile?: string | undefined;
  /** Also refuse unknown fields, and `max_tokens` on OpenAI reasoning models, as the vendors do. */
  strict?: boolean | undefined;
}

/** A running simulator. */
export interface Simulator {
  /** "http://127.0.0.1:PORT", without `/v1`. */
  baseUrl: string;
  /** Every request so far; the array stays the same, `reset` empties it. */
  journal: readonly JournalEntry[];
  /** Adds a rule after those already there. */
  use(rule: Rule): void;
  /** Drops all rules, the journal and the prompt cache. */
  reset(): void;
  /** Resolves once the condition holds for the journal; looked at on every change. Rejects after 5 s. */
  until(condition: (journal: readonly JournalEntry[]) => boolean, timeoutMs?: number): Promise<void>;
  /** Resolves once no answer is under way. */
  idle(): Promise<void>;
  /** Breaks all connections and stops listening. */
  close(): Promise<void>;
}

/**
 * Starts an upstream that speaks OpenAI Chat Completions and Responses and Anthropic Messages as the vendors do, answers
 * deterministically from the request, can be scripted, and keeps a journal of what it was asked and sent.
 * Any key that starts with `sim-` is accepted.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const journal = new Journal(options.journalFile);
  const vendor = new Vendor(options.strict === true);
  const simulator = new SimulatorServer(journal, vendor);
  for (const rule of options.script ?? []) simulator.script.use(rule);
  const server = createServer((request, response) => void simulator.handle(request, response));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  const until: Simulator['until'] = (condition, timeoutMs = UNTIL_TIMEOUT_MS) =>
    journal.until(condition, timeoutMs);
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    journal: journal.entries,
    use: (rule) => simulator.script.use(rule),
    reset: () => {
      simulator.script.clear();
      journal.clear();
      vendor.forget();
    },
    until,
    idle: () => until((entries) => entries.every((entry) => entry.answer.finished !== 'pending')),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
