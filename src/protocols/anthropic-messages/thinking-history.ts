import type { ContentPart, Message } from '../completion.js';

/**
 * Whether the model's turn at hand calls tools and was begun without thinking of the issuer's own: with a thinking budget
 * Anthropic refuses such a history ("Expected `thinking`…", mapping row 38). A turn runs on through the results of its
 * calls; what it says behind them may lack thinking, for models think there only when thinking is interleaved
 * (platform.claude.com/docs, "Extended thinking with tool use"). Clients of other protocols rarely send thinking back, and
 * what other models thought is not sent to this one.
 */
export function lacksThinking(messages: readonly Message[], issuer: string): boolean {
  const turn = messages
    .slice(turnAtHand(messages))
    .flatMap(({ role, content }) => (role === 'assistant' ? content : []));
  if (!turn.some(({ type }) => type === 'tool-call')) return false;
  const isOwn = (part: ContentPart): boolean => issuerOf(part) === issuer;
  const first = turn.find((part) =>
    isThinking(part) ? isOwn(part) : part.type !== 'text' || part.text !== '',
  );
  return first !== undefined && !isThinking(first);
}

/** Place of the user's last message that answers no call. */
function turnAtHand(messages: readonly Message[]): number {
  let start = 0;
  let isAnswering = false;
  messages.forEach(({ role }, index) => {
    if (role === 'tool') isAnswering = true;
    else if (role === 'assistant') isAnswering = false;
    else if (role === 'user' && !isAnswering) start = index;
  });
  return start;
}

const isThinking = ({ type }: ContentPart): boolean => type === 'thinking' || type === 'redacted-thinking';

function issuerOf(part: ContentPart): string | undefined {
  if (part.type === 'redacted-thinking') return part.issuer;
  return part.type === 'thinking' ? part.signature?.issuer : undefined;
}
