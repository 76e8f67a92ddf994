import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

/** The document of all three APIs at /openapi.json, and a readable page at /docs. */
export function setUpOpenApi(app: INestApplication): void {
  const base = new DocumentBuilder()
    .setTitle('Faregate')
    .setDescription(
      'A gateway to language models that charges exactly: completions under /v1, administration under ' +
        '/admin/v1, finance under /finance/v1. Money is a decimal string with its currency beside it.',
    )
    .setVersion('1')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: 'A key that starts with fg_live_' },
      'customer key',
    )
    .addApiKey(
      { type: 'apiKey', in: 'header', name: 'x-goog-api-key', description: 'The same key, below /v1beta' },
      'google key',
    )
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: 'A key that starts with fg_admin_' },
      'admin key',
    )
    .build();
  SwaggerModule.setup('docs', app, () => withIdempotencyKeys(SwaggerModule.createDocument(app, base)), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Faregate API',
  });
}

/** Every POST of an admin takes the header; said here once instead of on each. */
function withIdempotencyKeys(document: OpenAPIObject): OpenAPIObject {
  for (const [path, item] of Object.entries(document.paths)) {
    if (!item.post || !/^\/(admin|finance|v1\/manage)\//.test(path)) continue;
    item.post.parameters = [
      ...(item.post.parameters ?? []),
      {
        name: 'Idempotency-Key',
        in: 'header',
        required: false,
        description: 'The same key and body again get the first answer again, for 24 hours.',
        schema: { type: 'string', maxLength: 255 },
      },
    ];
  }
  return document;
}
