import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CliModule } from '../cli.module.js';
import { AppConfig } from '../platform/config/app-config.js';

/** Does a command's work with what the product is made of, and closes it. */
export async function withContext<Result>(
  work: (app: INestApplicationContext) => Promise<Result>,
): Promise<Result> {
  // Nest would print what is wrong with the settings by itself, in its own way.
  new AppConfig(process.env);
  const app = await NestFactory.createApplicationContext(CliModule, {
    logger: ['error'],
    abortOnError: false,
  });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}
