import { anthropicMessages } from '../../src/protocols/anthropic-messages/index.js';
import { fromWireId, toWireId } from '../../src/protocols/anthropic-messages/tool-ids.js';
import { openaiChat } from '../../src/protocols/openai-chat/index.js';
import { foldEvents, foldResult, type FoldedStream } from '../support/event-fold.js';
import { messagesFrames, messagesStreamFaults } from '../support/messages-stream.js';
import { comparable, decodeStream, encodeStream, testIdentity } from '../support/protocol-laws.js';
import { recordedLines, recordingsOf } from '../support/recordings.js';
import type { JsonObject } from '../../src/core/json.js';

const vendors: readonly (readonly [string, RegExp])[] = [
  ['openai', /^chat__(?!.*error)/],
  ['deepseek', /./],
  ['groq', /./],
  ['mistral', /./],
  ['moonshotai', /./],
  ['alibaba', /./],
  ['xai', /^(?!responses__)/],
  ['openai-compatible', /./],
];
const recordings = vendors.flatMap(([vendor, pattern]) => recordingsOf(vendor, pattern));
const streams = recordings.filter(({ name }) => name.endsWith('.chunks.txt'));
const answers = recordings.filter(({ name }) => name.endsWith('.json'));

/** What a Messages reader can be shown: empty texts have no block there, and arguments are objects. */
function shown(folded: FoldedStream) {
  const [choice] = folded.choices;
  const content = (choice?.content ?? [])
    .filter((part) => part.type !== 'text' || part.text !== '')
    .map((part) =>
      part.type === 'tool-call'
        ? [part.id, part.name, JSON.parse(part.arguments || '{}') as unknown]
        : part.type === 'text' || part.type === 'thinking'
          ? [part.type, part.text]
          : [part.type],
    );
  const { billed, failure } = comparable(folded);
  return { content, billed, failure, reason: choice?.finishReason };
}

describe('recorded Chat streams for a Messages client', () => {
  it('are all there', () => expect(streams.length).toBeGreaterThanOrEqual(20));

  it.each(streams)('$name is written in order, with nothing lost', (recording) => {
    const lines = [...recordedLines(recording), '[DONE]'];
    const events = decodeStream(openaiChat, lines.map((line) => `data: ${line}\n\n`).join(''));
    const wire = encodeStream(anthropicMessages, events, testIdentity({ id: 'msg_own' }));
    expect(messagesStreamFaults(wire)).toEqual([]);
    expect(shown(foldEvents(decodeStream(anthropicMessages, wire)))).toEqual(shown(foldEvents(events)));
    for (const { data } of messagesFrames(wire)) {
      const id = (data['content_block'] as JsonObject | undefined)?.['id'];
      if (id !== undefined) expect(toWireId(fromWireId(String(id)))).toBe(id);
    }
  });
});

describe('recorded Chat answers for a Messages client', () => {
  it('are all there', () => expect(answers.length).toBeGreaterThanOrEqual(18));

  it.each(answers)('$name is written with nothing lost', ({ text }) => {
    const result = openaiChat.decodeResponse(JSON.parse(text) as JsonObject);
    const body = anthropicMessages.encodeResponse(result, testIdentity({ id: 'msg_own' }));
    expect(shown(foldResult(anthropicMessages.decodeResponse(body)))).toEqual(shown(foldResult(result)));
  });
});
