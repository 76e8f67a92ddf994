import { applyDecorators, Controller, UseFilters, UseInterceptors, UsePipes } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AdminValidationPipe } from './admin-validation.pipe.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { ProblemFilter } from './problem.filter.js';

const door = (prefix: string, path: string, tag: string) =>
  applyDecorators(
    Controller(path === '' ? prefix : `${prefix}/${path}`),
    UsePipes(AdminValidationPipe),
    UseFilters(ProblemFilter),
    UseInterceptors(IdempotencyInterceptor),
    ApiTags(tag),
  );

/** A controller under /admin/v1: validated bodies, problems in one shape, Idempotency-Key on POST. */
export const AdminController = (path: string, tag: string) => door('admin/v1', path, tag);

/** The same under /finance/v1. */
export const FinanceController = (path: string, tag: string) => door('finance/v1', path, tag);
