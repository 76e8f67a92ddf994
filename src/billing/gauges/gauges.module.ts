import { Module } from '@nestjs/common';
import { BooksGaugesRepository } from './books-gauges.repository.js';
import { BooksGauges } from './books-gauges.service.js';
import { QueueGauges } from './queue-gauges.service.js';

/** What the worker's `/metrics` says of the money walk. */
@Module({ providers: [BooksGaugesRepository, BooksGauges, QueueGauges] })
export class GaugesModule {}
