import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { EntranceService } from '../admission/entrance.service.js';
import { invalidRequest } from '../core/errors.js';
import { readBody } from '../platform/http/request-body.js';
import { CompletionsService } from './completions.service.js';
import { IdempotentAnswers } from './idempotency/idempotent-answers.service.js';
import type { IncomingCall } from './incoming-call.js';

/** What every inference call passes first: the entrance, and the key that makes repeated calls one. */
@Injectable()
export class IncomingCallsService {
  constructor(
    private readonly entrance: EntranceService,
    private readonly answers: IdempotentAnswers,
    private readonly completions: CompletionsService,
  ) {}

  /** Resolves when the caller was served or left. Throws FaregateError when nothing was sent and an error is due. */
  async serve(call: IncomingCall & { response: ServerResponse }): Promise<void> {
    const { principal, request } = call;
    const leave = this.entrance.enter(principal);
    // Who left takes no room, though the answer may be read on for its cost.
    call.response.once('close', leave);
    try {
      const body = await readBody(request);
      const key = request.headers['idempotency-key'];
      if (key === undefined) await this.completions.complete(call, body);
      else if (typeof key !== 'string') throw invalidRequest('Idempotency-Key must be sent once');
      else await this.answers.serve(call, { key, body }, (shared) => this.completions.complete(shared, body));
    } finally {
      leave();
    }
  }
}
