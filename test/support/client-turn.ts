import type { JournalEntry, JournalRequest } from '../../src/embedded/simulator/journal.js';
import type { TestGateway } from './gateway.js';

/** What the user asks; stands in every request of the turn. */
export const TASK = 'Run the tool that prints the checksum, then tell me what it printed.';

/** Runs only in a shell: the command does not hold the words that it prints. */
export const COMMAND = 'echo checksum-$((6 * 7))-of-$((100 - 1))';
export const PRINTED = 'checksum-42-of-99';

const holds = ({ body }: JournalRequest, text: string): boolean => JSON.stringify(body).includes(text);

/**
 * Makes the simulated model call the client's own tool once, and repeat what the tool printed. The model stays itself
 * for whatever else a client asks (titles, suggestions).
 */
export function scriptToolTurn(gateway: TestGateway, tool: string, input: Record<string, string>): void {
  gateway.simulator.use({
    match: (request) => holds(request, TASK) && holds(request, PRINTED),
    answer: { kind: 'model', text: `The tool printed ${PRINTED}.` },
  });
  gateway.simulator.use({
    match: (request) => holds(request, TASK) && holds(request, `"${tool}"`),
    answer: { kind: 'model', toolCalls: [{ name: tool, arguments: input }] },
  });
}

/** The upstream calls of the turn: the first makes the model call the tool, the second brings what it printed. */
export function callsOfTurn(gateway: TestGateway): { asked: JournalEntry[]; answered: JournalEntry[] } {
  const turn = gateway.simulator.journal.filter((request) => holds(request, TASK));
  return {
    asked: turn.filter((request) => !holds(request, PRINTED)),
    answered: turn.filter((request) => holds(request, PRINTED)),
  };
}
