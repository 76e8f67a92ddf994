import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Chat upstream that answers nobody until it is opened, and reports the usage it was told to. */
export interface GatedUpstream {
  /** Ends in `/v1`. */
  baseUrl: string;
  /** Bodies of the calls received so far. */
  readonly bodies: Record<string, unknown>[];
  /** Answers everybody who waits and everybody who comes. */
  open(): void;
  /** Lets new calls wait again. */
  shut(): void;
  close(): Promise<void>;
}

export interface ReportedUsage {
  input: number;
  output: number;
}

/** Starts one; every answer reports `usage`. */
export async function startGatedUpstream(usage: ReportedUsage): Promise<GatedUpstream> {
  const bodies: Record<string, unknown>[] = [];
  const waiting = new Set<ServerResponse>();
  let isOpen = false;
  const answer = (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(completion(usage));
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>);
      if (isOpen) answer(response);
      else waiting.add(response);
    });
  });
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    bodies,
    open: () => {
      isOpen = true;
      for (const response of waiting) answer(response);
      waiting.clear();
    },
    shut: () => {
      isOpen = false;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const completion = ({ input, output }: ReportedUsage): string =>
  JSON.stringify({
    id: 'chatcmpl-gated',
    object: 'chat.completion',
    created: 1,
    model: 'gated',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Done.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
  });
