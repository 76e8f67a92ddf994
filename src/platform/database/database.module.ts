import { Global, Module } from '@nestjs/common';
import { PrismaService } from '../prisma/prisma.service.js';
import { Snapshot } from './snapshot.service.js';
import { Database } from './database.service.js';

/** PostgreSQL for every room: `Database` for SQL, `PrismaService` for the repositories of the admin side. */
@Global()
@Module({ providers: [Database, PrismaService, Snapshot], exports: [Database, PrismaService, Snapshot] })
export class DatabaseModule {}
