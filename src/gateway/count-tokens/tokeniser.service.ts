import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

/** More text than this is counted in part and the rest by its share: nobody may keep the thread busy for long. */
const MAX_COUNTED_CHARACTERS = 200_000;
/** A thread that nobody asked for this long is let go, with the megabytes of its vocabulary. */
const IDLE_MS = 60_000;

/** Runs beside the event loop, which a vocabulary of 200,000 entries would stop for a second when it is loaded. */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
const ready = Promise.all(workerData.map((url) => import(url))).then(
  ([{ Tiktoken }, { default: ranks }]) => new Tiktoken(ranks));
parentPort.on('message', async ({ id, text }) => {
  parentPort.postMessage({ id, tokens: (await ready).encode(text, [], []).length });
});`;

/** Counts text with OpenAI's o200k vocabulary: exact for nobody else's model, near enough for an estimate. */
@Injectable()
export class Tokeniser implements OnApplicationShutdown {
  private thread: Worker | undefined;
  private idle: NodeJS.Timeout | undefined;
  private nextId = 0;
  private readonly waiting = new Map<
    number,
    { resolve: (tokens: number) => void; reject: (error: Error) => void }
  >();

  /** Tokens of a text. Rejects when the thread cannot run. */
  async count(text: string): Promise<number> {
    if (text === '') return 0;
    const counted = text.slice(0, MAX_COUNTED_CHARACTERS);
    const tokens = await this.ask(counted);
    return Math.ceil((tokens * text.length) / counted.length);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.end(new Error('the process is leaving'));
  }

  private ask(text: string): Promise<number> {
    const thread = (this.thread ??= this.start());
    clearTimeout(this.idle);
    const id = (this.nextId += 1);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      thread.postMessage({ id, text });
    });
  }

  private start(): Worker {
    const { resolve } = createRequire(import.meta.url);
    const modules = ['js-tiktoken/lite', 'js-tiktoken/ranks/o200k_base'];
    const thread = new Worker(THREAD, {
      eval: true,
      workerData: modules.map((name) => pathToFileURL(resolve(name)).href),
    });
    thread.unref();
    thread.on('message', ({ id, tokens }: { id: number; tokens: number }) => {
      this.waiting.get(id)?.resolve(tokens);
      this.waiting.delete(id);
      if (this.waiting.size === 0) {
        this.idle = setTimeout(() => void this.end(new Error('idle')), IDLE_MS).unref();
      }
    });
    thread.on('error', (error) => void this.end(error));
    return thread;
  }

  private async end(reason: Error): Promise<void> {
    const thread = this.thread;
    this.thread = undefined;
    clearTimeout(this.idle);
    for (const { reject } of this.waiting.values()) reject(reason);
    this.waiting.clear();
    await thread?.terminate();
  }
}
