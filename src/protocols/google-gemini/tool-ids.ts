import { createHash } from 'node:crypto';
import { asString, type JsonObject } from '../../core/json.js';
import type { ToolCallPart } from '../completion.js';

const PREFIX = 'gemini_';

/** An id for a call that came without one; unique because the answer's id is. */
export const synthesizedId = (answerId: string, position: number): string =>
  `${PREFIX}${answerId.replace(/[^a-zA-Z0-9_-]/g, '').slice(-40)}_${position}`;

/** What makes ids of an answer unique: its own id, else a digest of what it says. */
export const answerIdOf = (body: JsonObject): string =>
  asString(body['responseId']) ||
  createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 24);

/** True for an id that Google never saw. */
export const isSynthesized = (id: string): boolean => id.startsWith(PREFIX);

/**
 * Pairs the results of a history with the calls of the turn before them. Google makes ids optional: a result without
 * one answers the first open call of its name.
 */
export class CallPairs {
  private open: ToolCallPart[] = [];
  private turns = 0;

  /** A model turn begins; its calls replace those of the turn before. Returns how many model turns there were. */
  turn(): number {
    this.open = [];
    return this.turns++;
  }

  add(call: ToolCallPart): void {
    this.open.push(call);
  }

  /** Id of the call that a result answers; a result that answers none gets an id of its own. */
  answered(given: string | undefined, name: string): string {
    const index = this.open.findIndex((call) =>
      given === undefined ? call.name === name : call.id === given,
    );
    const [call] = index === -1 ? [] : this.open.splice(index, 1);
    return call?.id ?? given ?? synthesizedId(`unpaired${this.turns}`, this.open.length);
  }
}
