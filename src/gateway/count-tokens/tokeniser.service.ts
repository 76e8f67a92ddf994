import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

/** More text than this is counted in part and the rest by its share: nobody may keep the thread busy for long. */
const MAX_COUNTED_CHARACTERS = 200_000;
/**
 * A word without an end takes time by the square of its length, so longer runs are cut, which costs a token a cut at most, and
 * what follows so many of their characters is counted by its share.
 */
const RUN_CHARACTERS = 16;
const MAX_RUN_CHARACTERS = 10_000;
/** With more texts waiting than this, further ones get the rule of thumb: four characters are a token. */
const MAX_WAITING = 8;
const CHARACTERS_A_TOKEN = 4;
/** A thread that nobody asked for this long is let go, with the megabytes of its vocabulary. */
const IDLE_MS = 60_000;

/** Runs beside the event loop, which a vocabulary of 200,000 entries would stop for a second when it is loaded. */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
const ready = Promise.all(workerData.map((url) => import(url))).then(
  ([{ Tiktoken }, { default: ranks }]) => new Tiktoken(ranks));
const run = /\\S{${RUN_CHARACTERS + 1},}|\\s{${RUN_CHARACTERS + 1},}/g;
parentPort.on('message', async ({ id, text }) => {
  const encoder = await ready;
  let tokens = 0;
  let counted = 0;
  let inRuns = 0;
  const countTo = (end) => {
    tokens += encoder.encode(text.slice(counted, end), [], []).length;
    counted = end;
  };
  for (const { 0: { length }, index } of text.matchAll(run)) {
    countTo(index);
    while (counted < index + length && inRuns < ${MAX_RUN_CHARACTERS}) {
      inRuns += ${RUN_CHARACTERS};
      countTo(Math.min(counted + ${RUN_CHARACTERS}, index + length));
    }
    if (counted < index + length) break;
  }
  if (inRuns < ${MAX_RUN_CHARACTERS}) countTo(text.length);
  parentPort.postMessage({ id, tokens: tokens * text.length / counted });
});`;

/** Counts text with OpenAI's o200k vocabulary, in bounded time: exact for nobody else's model, near enough for an estimate. */
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
    if (this.waiting.size >= MAX_WAITING) return Math.ceil(text.length / CHARACTERS_A_TOKEN);
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
