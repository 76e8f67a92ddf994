import type { Server } from 'node:http';
import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ApiModule } from './api.module.js';
import { monotonicMs } from './core/clock.js';
import { within } from './core/within.js';
import { CompletionsService } from './gateway/completions.service.js';
import { AppConfig } from './platform/config/app-config.js';
import { listenFailure } from './platform/config/listen-failure.js';
import { Readiness } from './platform/health/readiness.service.js';
import { adminBodyParser } from './platform/http/admin-body.js';
import { OpenResponses } from './platform/http/open-responses.js';
import { setUpOpenApi } from './platform/http/openapi.js';
import { SteadyExpressAdapter } from './platform/http/steady-express.adapter.js';
import { giveRequestId } from './platform/http/request-id.js';

/** Idle keep-alive connections live longer than any balancer keeps them, so that it is the one to close. */
const KEEP_ALIVE_MS = 72_000;
const LISTEN_BACKLOG = 4_096;
/** How long calls that were told to end may take to say so, and their callers to read it. */
const ABANDON_MS = 2_000;
/** How long connections to what the process needs may take to close; what is not settled then is in the journal. */
const CLOSE_MS = 20_000;
/** Where bodies are small and parsed before the route is reached. */
const ADMIN_PATHS = ['/admin', '/finance', '/v1/manage'];

/** A running API process. */
export interface Api {
  app: NestExpressApplication;
  /** "http://127.0.0.1:8080". */
  url: string;
  /** Lets calls end and answers be read within the grace period, then closes everything; throws when that hangs. */
  stop(): Promise<void>;
}

/** Builds the API and listens. `port` overrides the configured one; 0 takes any that is free. */
export async function startApi(logger: LoggerService | false, port?: number): Promise<Api> {
  const app = await NestFactory.create<NestExpressApplication>(ApiModule, new SteadyExpressAdapter(), {
    bodyParser: false,
    logger,
    abortOnError: false,
  });
  app.disable('etag');
  app.disable('x-powered-by');
  app.use(giveRequestId);
  app.use(ADMIN_PATHS, adminBodyParser());
  setUpOpenApi(app);
  await app.init();
  const config = app.get(AppConfig);
  const server = app.getHttpServer() as Server;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const responses = new OpenResponses(server);
  await listen(server, config.host, port ?? config.port);
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : config.port;
  return { app, url: `http://${config.host}:${bound}`, stop: () => drain(app, server, responses) };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenFailure(error, host, port)));
    server.listen({ host, port, backlog: LISTEN_BACKLOG }, () => resolve());
  });
}

async function drain(app: NestExpressApplication, server: Server, responses: OpenResponses): Promise<void> {
  const [config, completions] = [app.get(AppConfig), app.get(CompletionsService)];
  app.get(Readiness).drain();
  if (config.drainNoticeMs > 0) await pause(config.drainNoticeMs);
  responses.refuseConnections();
  // A call can outlive its response (its caller left), and a response its call (its caller still reads).
  const isBusy = (): boolean => completions.callsRunning > 0 || responses.count > 0;
  const until = monotonicMs() + config.drainMs;
  while (isBusy() && monotonicMs() < until) await pause(20);
  completions.abandonRunning();
  const gone = monotonicMs() + ABANDON_MS;
  while (isBusy() && monotonicMs() < gone) await pause(5);
  await pause(50);
  server.closeAllConnections();
  await within(CLOSE_MS, app.close());
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
