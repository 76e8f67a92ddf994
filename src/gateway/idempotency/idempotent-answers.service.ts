import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { FaregateError, invalidRequest, unavailable } from '../../core/errors.js';
import { publicId } from '../../core/ids.js';
import { AppConfig } from '../../platform/config/app-config.js';
import { SealedBox } from '../../platform/crypto/sealed-box.js';
import { CallObserver } from '../../telemetry/call-observer.service.js';
import type { CallEnd, IncomingCall } from '../incoming-call.js';
import { routeOf } from '../routes.js';
import {
  IdempotentAnswersRepository,
  type AnswerClaim,
  type KeyedCall,
} from './idempotent-answers.repository.js';
import { SharedAnswer, type SentAnswer } from './shared-answer.js';

const HEARTBEAT_MS = 15_000;
const REPLAYED = { 'idempotency-replayed': 'true' };

/** A keyed call that this process is answering. */
interface RunningAnswer {
  call: KeyedCall;
  owner: string;
  answer: SharedAnswer;
  done: Promise<void>;
}

/** Makes a call's answer, on the response it is given. */
export type AnswerMaker = (call: IncomingCall) => Promise<CallEnd>;

/**
 * Honours `Idempotency-Key` on inference: a repeated call joins the answer that is being made, or gets the one that
 * was, and is charged once. Answers are sealed at rest for 24 hours; those of calls under zero data retention are not
 * kept at all.
 */
@Injectable()
export class IdempotentAnswers implements OnApplicationShutdown {
  private readonly running = new Map<string, RunningAnswer>();
  private readonly box: SealedBox;
  private readonly heartbeat: NodeJS.Timeout;
  private readonly log = new Logger(IdempotentAnswers.name);

  constructor(
    private readonly answers: IdempotentAnswersRepository,
    private readonly observer: CallObserver,
    private readonly config: AppConfig,
  ) {
    this.box = new SealedBox(config.credentialKey, 'inference-answer');
    this.heartbeat = setInterval(() => this.beat(), HEARTBEAT_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.heartbeat);
  }

  /**
   * Serves a call under its key. Throws FaregateError as `make` does; 409 for a key of another body, of a call that
   * runs in another process, or whose answer was not kept; 503 when nobody can say.
   */
  async serve(
    incoming: IncomingCall & { response: ServerResponse },
    { key, body }: { key: string; body: Buffer },
    make: AnswerMaker,
  ): Promise<void> {
    const call = keyedCallOf(incoming, key, body);
    const place = placeOf(call);
    const running = this.running.get(place);
    if (running) {
      if (running.call.bodyHash !== call.bodyHash) throw keyReused();
      if (!running.answer.isKept) throw stillRunning();
      running.answer.join(incoming.response, REPLAYED);
      await running.done;
      this.tell(incoming, publicId('request', running.owner));
      return;
    }
    const answer = new SharedAnswer(this.config.slowReaderTimeoutMs);
    const owner = incoming.requestId;
    answer.join(incoming.response);
    const done = this.make({ call, owner, answer, incoming, make }).finally(() => this.running.delete(place));
    this.running.set(place, { call, owner, answer, done });
    return done;
  }

  private async make(
    work: Omit<RunningAnswer, 'done'> & { incoming: IncomingCall; make: AnswerMaker },
  ): Promise<void> {
    const { call, owner, answer, incoming, make } = work;
    const claim = await this.claim(call, owner);
    if (claim.kind !== 'mine') {
      const sent = this.replay(call, claim, answer);
      return this.tell(incoming, sent.headers['x-request-id']);
    }
    let end: CallEnd | undefined;
    try {
      end = await make({ ...incoming, response: answer });
    } finally {
      await this.settle(call, owner, end?.isComplete ? { sent: answer.sent, end } : undefined);
    }
  }

  private async claim(call: KeyedCall, owner: string): Promise<AnswerClaim> {
    try {
      return await this.answers.claim(call, owner);
    } catch (error) {
      throw unavailable('Idempotency-Keys cannot be checked at the moment', error);
    }
  }

  private replay(call: KeyedCall, claim: AnswerClaim, answer: SharedAnswer): SentAnswer {
    if (claim.kind === 'other-body') throw keyReused();
    if (claim.kind === 'not-kept') throw notKept();
    if (claim.kind !== 'answered') throw stillRunning();
    const opened = this.box.open(Buffer.from(claim.sealed, 'base64'), placeOf(call));
    const sent = JSON.parse(opened) as SentAnswer;
    answer.writeHead(sent.status, { ...sent.headers, ...REPLAYED });
    answer.end(Buffer.from(sent.body));
    return sent;
  }

  private tell({ requestId, principal, request }: IncomingCall, original: string | undefined): void {
    this.observer.replayed({
      requestId: publicId('request', requestId),
      keyId: publicId('key', principal.keyId),
      organizationId: publicId('organization', principal.organizationId),
      route: routeOf(request.url ?? ''),
      original,
      status: 200,
    });
  }

  /** The caller's answer matters more than its copy: a failure here is logged. */
  private async settle(
    call: KeyedCall,
    owner: string,
    complete: { sent: SentAnswer | undefined; end: CallEnd } | undefined,
  ): Promise<void> {
    try {
      if (complete === undefined) return await this.answers.release(call, owner);
      const { sent, end } = complete;
      const isKept = sent !== undefined && !end.keepsNothing;
      const sealed = isKept ? this.box.seal(JSON.stringify(sent), placeOf(call)).toString('base64') : null;
      await this.answers.complete(call, owner, { status: 200, sealed });
    } catch (error) {
      this.log.error(`answer not kept: ${(error as Error).message}`);
    }
  }

  private beat(): void {
    if (this.running.size === 0) return;
    this.answers
      .beat([...this.running.values()])
      .catch((error: unknown) => this.log.warn(`keys not renewed: ${(error as Error).message}`));
  }
}

function keyedCallOf({ principal, request }: IncomingCall, key: string, body: Buffer): KeyedCall {
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) {
    throw invalidRequest('Idempotency-Key must be 1 to 255 printable characters', 'Idempotency-Key');
  }
  // Of the query only what changes the answer's form: the rest may hold a credential.
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const route = path.replace(/\/+$/, '') + (/(^|&)alt=sse(&|$)/.test(query) ? '?alt=sse' : '');
  return {
    scope: `inference ${principal.organizationId} POST ${route}`,
    key,
    bodyHash: createHash('sha256').update(body).digest('hex'),
  };
}

const placeOf = ({ scope, key }: KeyedCall): string => `inference-answer:${scope}:${key}`;

const keyReused = (): FaregateError =>
  new FaregateError('conflict', 'This Idempotency-Key was used with another body.', {
    code: 'idempotency_key_reused',
    shouldRetry: false,
  });

const stillRunning = (): FaregateError =>
  new FaregateError('conflict', 'A call with this Idempotency-Key is still running.', {
    code: 'idempotency_key_in_use',
    retryAfterSeconds: 2,
  });

const notKept = (): FaregateError =>
  new FaregateError(
    'conflict',
    'A call with this Idempotency-Key was answered and charged; its answer was not kept.',
    { code: 'idempotency_answer_not_kept', shouldRetry: false },
  );
