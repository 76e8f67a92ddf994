import { turnsOf } from '../turns.js';

/**
 * Contents by turn: those of the model that stand side by side are one. Chats of Google's SDKs record a stream so, each chunk
 * as a content.
 */
export const contentTurns = <T extends { role?: unknown }>(contents: readonly T[]): T[][] =>
  turnsOf(contents, ['model']);
