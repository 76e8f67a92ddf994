import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

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
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: 'A key that starts with fg_admin_' },
      'admin key',
    )
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, base), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Faregate API',
  });
}
