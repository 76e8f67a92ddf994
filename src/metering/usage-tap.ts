import { emptyUsage, inputTotal, isComplete, mergeUsage, type TokenUsage } from '../core/token-usage.js';
import type {
  CompletionEvent,
  CompletionResult,
  ContentPart,
  FinishReason,
} from '../protocols/completion.js';
import { textTokens } from '../protocols/media.js';

/** Where the figures of a settlement come from. */
export type UsageSource = 'provider' | 'estimate' | 'none';

/** What an answer has used so far, and where the figures come from. */
export interface MeasuredUsage {
  usage: TokenUsage;
  source: UsageSource;
}

/**
 * Watches an answer go by and knows at any moment what it has used: the vendor's own figures as far as they came,
 * estimates from the text seen for the rest. The last report of each class wins, wherever in the stream it stood.
 */
export class UsageTap {
  private usage: TokenUsage = emptyUsage();
  private outputBytes = 0;
  private reasoningBytes = 0;
  private reported = false;
  /** The upstream's id of the answer. */
  upstreamId: string | undefined;
  finishReason: FinishReason | undefined;
  /** The failure the upstream reported inside the stream, or its cut. */
  failed = false;
  /** Anything of the answer has come. */
  started = false;

  observe(event: CompletionEvent): void {
    switch (event.type) {
      case 'start':
        this.upstreamId ??= event.id;
        break;
      case 'text-delta':
      case 'tool-delta':
      case 'refusal-delta':
        this.outputBytes += Buffer.byteLength(event.text);
        this.started = true;
        break;
      case 'thinking-delta':
        this.reasoningBytes += Buffer.byteLength(event.text);
        this.started = true;
        break;
      case 'tool-start':
        this.outputBytes += Buffer.byteLength(event.name);
        this.started = true;
        break;
      case 'usage':
        if (event.estimated) break;
        this.usage = mergeUsage(this.usage, event.usage);
        this.reported = true;
        break;
      case 'finish':
        this.finishReason = event.reason;
        break;
      case 'error':
        this.failed = true;
        break;
      default:
        break;
    }
  }

  /** Takes a whole answer at once. */
  observeResult(result: CompletionResult): void {
    this.upstreamId = result.id;
    this.finishReason = result.choices[0]?.finishReason;
    this.usage = result.usage;
    this.reported = true;
    this.started = true;
    for (const choice of result.choices)
      for (const part of choice.content) this.outputBytes += partBytes(part);
  }

  /**
   * What has been used so far. `estimatedInput` fills in for an input count that was not reported, the text seen
   * for an output count that was not. A broken stream's reported output may predate its last text, so then the
   * larger of report and estimate counts.
   */
  measure(estimatedInput: number, completed: boolean): MeasuredUsage {
    if (completed && isComplete(this.usage)) return { usage: this.usage, source: 'provider' };
    const seen = textTokens(this.outputBytes + this.reasoningBytes);
    const output = Math.max(this.usage.output.total ?? 0, seen);
    const input = inputTotal(this.usage) === undefined ? { noCache: estimatedInput } : this.usage.input;
    return {
      usage: {
        ...this.usage,
        input,
        output: { ...this.usage.output, total: output },
        vendorCostNano: undefined,
      },
      source: 'estimate',
    };
  }

  /** The vendor's figures as they are now, for a price in the stream's last event. */
  get reportedUsage(): TokenUsage | undefined {
    return this.reported ? this.usage : undefined;
  }
}

function partBytes(part: ContentPart): number {
  switch (part.type) {
    case 'text':
    case 'thinking':
    case 'refusal':
      return Buffer.byteLength(part.text);
    case 'tool-call':
      return Buffer.byteLength(part.name) + Buffer.byteLength(part.arguments);
    default:
      return 0;
  }
}
