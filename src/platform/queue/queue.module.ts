import { BullModule, getQueueToken } from '@nestjs/bullmq';
import { Module, type DynamicModule } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { QueueConnection, type QueueRole } from './queue-connection.service.js';
import { QueueErrors } from './queue-errors.service.js';

@Module({ providers: [QueueConnection], exports: [QueueConnection] })
class QueueConnectionModule {}

/** BullMQ for a process, and the queues it uses. Losing every job loses no money: jobs only say "look now". */
@Module({})
export class QueueModule {
  static register(role: QueueRole, queues: readonly string[]): DynamicModule {
    return {
      module: QueueModule,
      imports: [
        BullModule.forRootAsync({
          imports: [QueueConnectionModule],
          inject: [QueueConnection],
          useFactory: (connection: QueueConnection) => connection.options(role, queues.length),
        }),
        BullModule.registerQueue(...queues.map((name) => ({ name }))),
      ],
      providers: [
        {
          provide: QueueErrors,
          inject: queues.map((name) => getQueueToken(name)),
          useFactory: (...found: Queue[]) => new QueueErrors(found),
        },
      ],
      exports: [BullModule],
    };
  }
}
