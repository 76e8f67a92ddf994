import {
  Body,
  Controller,
  Delete,
  Get,
  Param,
  Patch,
  Post,
  Query,
  UseFilters,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { ManagementKeyAccess, Manager } from '../../platform/http/access.decorator.js';
import { AdminValidationPipe } from '../../platform/http/admin-validation.pipe.js';
import { Answers, AnswersCreated, AnswersWith } from '../../platform/http/answers.decorator.js';
import { IdempotencyInterceptor } from '../../platform/http/idempotency.interceptor.js';
import { ListQuery } from '../../platform/http/list.dto.js';
import { flag, nullableText } from '../../platform/http/openapi-schema.js';
import { CreateKeyDto, UpdateKeyDto } from './keys.dto.js';
import { ManagedKeyResource, ManagedKeyWithSecretResource } from './managed-keys.dto.js';
import { ManagedKeysErrorFilter } from './managed-keys-error.filter.js';
import { ManagedKeysService, type KeyManager } from './managed-keys.service.js';

/** Cortecs' management API: a customer's own management key makes, changes and ends the keys of its project. */
@ApiTags('Key management')
@ManagementKeyAccess()
@UsePipes(AdminValidationPipe)
@UseFilters(ManagedKeysErrorFilter)
@UseInterceptors(IdempotencyInterceptor)
@Controller('v1/manage/api-keys')
export class ManagedKeysController {
  constructor(private readonly keys: ManagedKeysService) {}

  @Get()
  @ApiOperation({ summary: 'Keys of this project that are not revoked, newest first' })
  @AnswersWith({
    api_keys: { type: 'array', items: { $ref: getSchemaPath(ManagedKeyResource) } },
    has_more: flag,
    next_cursor: { ...nullableText, description: 'Pass it as `cursor` for the next page.' },
  })
  list(@Manager() manager: KeyManager, @Query() query: ListQuery) {
    return this.keys.list(manager, query);
  }

  @Post()
  @ApiOperation({ summary: 'Create a key; this answer alone holds its secret' })
  @AnswersCreated(ManagedKeyWithSecretResource)
  create(@Manager() manager: KeyManager, @Body() body: CreateKeyDto) {
    return this.keys.create(manager, body);
  }

  @Get(':key')
  @ApiOperation({ summary: 'One key, by id or name' })
  @Answers(ManagedKeyResource)
  get(@Manager() manager: KeyManager, @Param('key') key: string) {
    return this.keys.get(manager, key);
  }

  @Patch(':key')
  @ApiOperation({ summary: 'Change a key, by id or name' })
  @Answers(ManagedKeyResource)
  update(@Manager() manager: KeyManager, @Param('key') key: string, @Body() body: UpdateKeyDto) {
    return this.keys.update(manager, key, body);
  }

  @Delete(':key')
  @ApiOperation({ summary: 'Revoke a key, by id or name; it is refused everywhere within two seconds' })
  @Answers(ManagedKeyResource)
  revoke(@Manager() manager: KeyManager, @Param('key') key: string) {
    return this.keys.revoke(manager, key);
  }
}
