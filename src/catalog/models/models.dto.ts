import { ApiProperty, ApiPropertyOptional, OmitType, PartialType } from '@nestjs/swagger';
import {
  IsCount,
  IsNested,
  IsOneOf,
  IsText,
  IsTextList,
  MayBeAbsent,
  MayBeNull,
} from '../../platform/http/fields.decorator.js';
import { ListQuery } from '../../platform/http/list.dto.js';
import { RateLimitsDto } from '../../platform/http/rate-limits.dto.js';
import { CATALOG_STATUSES, type CatalogStatus } from '../model.js';

/** Names of models: ids and aliases. */
const MODEL_NAME = {
  max: 127,
  pattern: /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/,
  form: 'must be letters, digits, ".", "_", ":", "/" and "-", and begin with a letter or digit',
};

/** Body of POST /models. */
export class CreateModel {
  @ApiProperty({
    example: 'anthropic/claude-opus-4.8',
    description: 'Unique among ids and aliases; never changes.',
  })
  @IsText(MODEL_NAME)
  id!: string;

  @ApiPropertyOptional({ example: 'Claude Opus 4.8', description: 'For people; the id when absent.' })
  @MayBeAbsent()
  @IsText()
  name?: string;

  @ApiPropertyOptional({ type: [String], description: 'Further names the model answers to.' })
  @MayBeAbsent()
  @IsTextList({ ...MODEL_NAME, maxItems: 50 })
  aliases?: string[];

  @ApiProperty({ type: 'integer', minimum: 1, description: 'Input and output tokens together.' })
  @IsCount({ min: 1 })
  context_window!: number;

  @ApiProperty({ type: 'integer', minimum: 1 })
  @IsCount({ min: 1 })
  max_output_tokens!: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    nullable: true,
    description: 'Output limit of a request that names none; without it such a request may be refused.',
  })
  @MayBeNull()
  @IsCount({ min: 1 })
  default_max_tokens?: number | null;

  @ApiPropertyOptional({
    type: [String],
    description:
      'Parameters the model takes (temperature, top_p, tools, response_format, reasoning …) and what it reads ' +
      '(image_input, document_input). Empty: everything is passed on.',
  })
  @MayBeAbsent()
  @IsTextList({ max: 40, pattern: /^[a-z][a-z0-9_-]*$/, form: 'must be a lower-case word', maxItems: 100 })
  capabilities?: string[];

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Id of the model that answers when nothing serves this one.',
  })
  @MayBeNull()
  @IsText(MODEL_NAME)
  fallback_model?: string | null;

  @ApiPropertyOptional({
    type: RateLimitsDto,
    description: 'What each organization may use of this model, all its keys together. Replaced as a whole.',
  })
  @MayBeAbsent()
  @IsNested(() => RateLimitsDto)
  rate_limits?: RateLimitsDto;

  @ApiPropertyOptional({ enum: CATALOG_STATUSES, default: 'active' })
  @MayBeAbsent()
  @IsOneOf(...CATALOG_STATUSES)
  status?: CatalogStatus;
}

/** Body of PATCH /models/{model}; `aliases` and `capabilities` replace the whole list. */
export class UpdateModel extends PartialType(OmitType(CreateModel, ['id']), { skipNullProperties: false }) {}

/** Query of GET /models. */
export class ListModels extends ListQuery {
  @ApiPropertyOptional({ enum: CATALOG_STATUSES })
  @MayBeAbsent()
  @IsOneOf(...CATALOG_STATUSES)
  status?: CatalogStatus;
}
