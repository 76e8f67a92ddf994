import type { ServerResponse } from 'node:http';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { LiveList, type Listed } from '../core/live-list.js';
import { AppConfig } from '../platform/config/app-config.js';
import type { Protocol } from '../protocols/protocol.js';
import { KEEP_ALIVE_COMMENT } from '../protocols/sse.js';

/** An answer that is being written. */
class WatchedAnswer implements Listed {
  place = -1;
  /** Bytes that its connection had sent when it was last looked at. */
  private seen = 0;

  constructor(
    private readonly response: ServerResponse,
    private readonly sign: string,
  ) {}

  /** Writes the sign when nothing was sent since the last time. */
  look(): void {
    const { response } = this;
    const written = response.socket?.bytesWritten ?? 0;
    const isSilent = written === this.seen && response.writableLength === 0;
    this.seen = written;
    if (isSilent && isOpenStream(response)) response.write(this.sign);
  }
}

/**
 * Writes a sign of life into streams that have begun and in which nothing has moved for a while, so that nothing between
 * gateway and caller takes a model that thinks for a dead connection (mapping row 69). The upstream's own are never passed on.
 * An answer in one piece is left alone. One timer looks at all of them: a timer for each call costs more than the looking.
 */
@Injectable()
export class KeepAlive implements OnModuleInit, OnApplicationShutdown {
  private readonly watched = new LiveList<WatchedAnswer>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly config: AppConfig) {}

  onModuleInit(): void {
    this.timer = setInterval(() => this.look(), this.config.streamKeepAliveMs).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Watches an answer; call what it returns when the call is over. */
  watch(response: ServerResponse, { keepAlive = KEEP_ALIVE_COMMENT }: Protocol): () => void {
    const answer = new WatchedAnswer(response, keepAlive);
    this.watched.add(answer);
    return () => this.watched.delete(answer);
  }

  private look(): void {
    for (const answer of this.watched.all()) answer.look();
  }
}

/** Begun and not ended: an answer in one piece, or an error, is both at once. */
const isOpenStream = ({ headersSent, writableEnded, destroyed }: ServerResponse): boolean =>
  headersSent && !writableEnded && !destroyed;
