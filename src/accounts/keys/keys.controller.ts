import { Body, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { Answers, AnswersCreated, AnswersList } from '../../platform/http/answers.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { ListQuery, NoFields } from '../../platform/http/list.dto.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { CreateKeyDto, KeyResource, KeyWithSecretResource, RotateKeyDto, UpdateKeyDto } from './keys.dto.js';
import { KeysService } from './keys.service.js';

@AdminController('', 'API keys')
export class KeysController {
  constructor(private readonly keys: KeysService) {}

  @Post('projects/:project/keys')
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Create a key; this answer alone holds its secret' })
  @AnswersCreated(KeyWithSecretResource)
  create(
    @Actor() actor: AdminActor,
    @Param('project', new PublicIdPipe('project')) projectId: string,
    @Body() body: CreateKeyDto,
  ) {
    return this.keys.create(actor, projectId, body);
  }

  @Get('projects/:project/keys')
  @AdminRead()
  @ApiOperation({ summary: 'List the keys of a project, newest first' })
  @AnswersList(KeyResource)
  list(@Param('project', new PublicIdPipe('project')) projectId: string, @Query() query: ListQuery) {
    return this.keys.list(projectId, query);
  }

  @Get('keys/:key')
  @AdminRead()
  @ApiOperation({ summary: 'Get a key' })
  @Answers(KeyResource)
  get(@Param('key', new PublicIdPipe('key')) id: string) {
    return this.keys.get(id);
  }

  @Patch('keys/:key')
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Change a key' })
  @Answers(KeyResource)
  update(
    @Actor() actor: AdminActor,
    @Param('key', new PublicIdPipe('key')) id: string,
    @Body() body: UpdateKeyDto,
  ) {
    return this.keys.update(actor, id, body);
  }

  @Post('keys/:key/rotate')
  @HttpCode(200)
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Give a key a new secret; the old ones end after the overlap' })
  @Answers(KeyWithSecretResource)
  rotate(
    @Actor() actor: AdminActor,
    @Param('key', new PublicIdPipe('key')) id: string,
    @Body() body: RotateKeyDto,
  ) {
    return this.keys.rotate(actor, id, body);
  }

  @Post('keys/:key/revoke')
  @HttpCode(200)
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Revoke a key; it is refused everywhere within two seconds' })
  @Answers(KeyResource)
  revoke(
    @Actor() actor: AdminActor,
    @Param('key', new PublicIdPipe('key')) id: string,
    @Body() _body: NoFields,
  ) {
    return this.keys.revoke(actor, id);
  }
}
