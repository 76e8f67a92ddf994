import { ApiProperty, ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import {
  IsFlag,
  IsJudged,
  IsOneOf,
  IsText,
  MayBeAbsent,
  MayBeNull,
} from '../../platform/http/fields.decorator.js';
import { ListQuery } from '../../platform/http/list.dto.js';
import { ADAPTERS } from '../adapters.js';
import { CATALOG_STATUSES, SPOKEN_PROTOCOLS, type CatalogStatus, type ProviderProtocol } from '../model.js';
import { judgeBaseUrl, judgeHeaders } from './upstream-rules.js';

const ADAPTER_NAMES = [...new Set(Object.values(ADAPTERS).flat())];

/** Body of POST /providers. */
export class CreateProvider {
  @ApiProperty({ example: 'openai', description: 'Name in filters and headers; unique.' })
  @IsText({
    max: 63,
    pattern: /^[a-z0-9][a-z0-9_-]*$/,
    form: 'must be lower-case letters, digits, "-" and "_", and begin with a letter or digit',
  })
  slug!: string;

  @ApiPropertyOptional({ description: 'For people; the slug when absent.' })
  @MayBeAbsent()
  @IsText()
  name?: string;

  @ApiProperty({ enum: SPOKEN_PROTOCOLS })
  @IsOneOf(...SPOKEN_PROTOCOLS)
  protocol!: ProviderProtocol;

  @ApiPropertyOptional({
    enum: ADAPTER_NAMES,
    description: "The vendor's habits; by the protocol when absent.",
  })
  @MayBeAbsent()
  @IsOneOf(...ADAPTER_NAMES)
  adapter?: string;

  @ApiProperty({
    maxLength: 500,
    example: 'https://api.openai.com/v1',
    description: 'Up to and including the version.',
  })
  @IsJudged('isBaseUrl', judgeBaseUrl)
  base_url!: string;

  @ApiPropertyOptional({
    writeOnly: true,
    nullable: true,
    type: String,
    description: 'Kept encrypted, never shown.',
  })
  @MayBeNull()
  @IsText({ max: 4_096, pattern: /^[\x21-\x7e]+$/, form: 'must be printable ASCII without spaces' })
  credential?: string | null;

  @ApiPropertyOptional({ nullable: true, type: String, example: 'eu-west-1' })
  @MayBeNull()
  @IsText({ max: 64 })
  region?: string | null;

  @ApiPropertyOptional({ default: false, description: 'Based and regulated in the EU.' })
  @MayBeAbsent()
  @IsFlag()
  eu_native?: boolean;

  @ApiPropertyOptional({ default: false })
  @MayBeAbsent()
  @IsFlag()
  zero_data_retention?: boolean;

  @ApiPropertyOptional({
    default: false,
    description: 'Lets base_url be http or lead into a private network.',
  })
  @MayBeAbsent()
  @IsFlag()
  allow_private_network?: boolean;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Sent with every call.',
  })
  @MayBeAbsent()
  @IsJudged('isHeaders', judgeHeaders)
  headers?: Record<string, string>;

  @ApiPropertyOptional({ enum: CATALOG_STATUSES, default: 'active' })
  @MayBeAbsent()
  @IsOneOf(...CATALOG_STATUSES)
  status?: CatalogStatus;
}

/** Body of PATCH /providers/{provider}: what is there changes; a null credential or region is cleared. */
export class UpdateProvider extends PartialType(CreateProvider, { skipNullProperties: false }) {}

/** Query of GET /providers. */
export class ListProviders extends ListQuery {
  @ApiPropertyOptional({ enum: CATALOG_STATUSES })
  @MayBeAbsent()
  @IsOneOf(...CATALOG_STATUSES)
  status?: CatalogStatus;
}
