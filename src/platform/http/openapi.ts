import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { describeErrors } from './openapi-errors.js';
import { operationsOf, type Operation } from './openapi-operations.js';

/** The document of all three APIs at /openapi.json, and a readable page at /docs. */
export function setUpOpenApi(app: INestApplication): void {
  const create = () =>
    finish(SwaggerModule.createDocument(app, describeApi(), { operationIdFactory: nameOf }));
  SwaggerModule.setup('docs', app, create, {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Faregate API',
  });
}

const describeApi = () =>
  new DocumentBuilder()
    .setTitle('Faregate')
    .setDescription(
      'A gateway to language models that charges exactly: completions under /v1, administration under ' +
        '/admin/v1, finance under /finance/v1. Money is a decimal string with its currency beside it.',
    )
    .setVersion('1')
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'fg_live_…',
        description: 'A key that starts with fg_live_',
      },
      'customer key',
    )
    .addApiKey({ type: 'apiKey', in: 'header', name: 'x-api-key', description: 'The same key' }, 'x-api-key')
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'x-goog-api-key',
        description: 'The same key, for generateContent',
      },
      'google key',
    )
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'fg_admin_…',
        description: 'A key that starts with fg_admin_',
      },
      'admin key',
    )
    .build();

/** What generated clients call an operation: "organizations_create". */
const nameOf = (controller: string, method: string): string => {
  const room = controller.replace(/Controller$/, '');
  return `${room.charAt(0).toLowerCase()}${room.slice(1)}_${method}`;
};

/** Adds what holds of many operations, so that it is said here once instead of on each. */
function finish(document: OpenAPIObject): OpenAPIObject {
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of operationsOf(item)) {
      // Where one method serves several paths: "newApi_usage[0]".
      operation.operationId = operation.operationId?.replace(/\[(\d+)\]$/, '_$1') ?? '';
      if (method === 'post' && /^\/(admin|finance|v1\/manage)\//.test(path)) addIdempotencyKey(operation);
    }
  }
  describeErrors(document);
  return document;
}

/** Every POST of an admin takes the header. */
function addIdempotencyKey(operation: Operation): void {
  operation.parameters = [
    ...(operation.parameters ?? []),
    {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description: 'The same key and body again get the first answer again, for 24 hours.',
      schema: { type: 'string', maxLength: 255 },
    },
  ];
}
