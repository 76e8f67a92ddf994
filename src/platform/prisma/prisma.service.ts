import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { AppConfig } from '../config/app-config.js';
import { poolOptions } from '../database/database.service.js';
import { PrismaClient } from './generated/client.js';

/** Prisma for the repositories of the admin side; the request path speaks SQL through `Database`. */
@Injectable()
export class PrismaService extends PrismaClient implements OnApplicationShutdown {
  constructor(config: AppConfig) {
    super({ adapter: new PrismaPg(poolOptions(config.databaseUrl, config.databasePool)) });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.$disconnect();
  }
}
