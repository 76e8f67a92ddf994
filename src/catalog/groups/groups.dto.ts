import { ApiProperty, ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { parsePublicId } from '../../core/ids.js';
import {
  idPattern,
  IsJudged,
  IsText,
  IsTextList,
  MayBeAbsent,
  MayBeNull,
} from '../../platform/http/fields.decorator.js';
import { judgeMultiplier } from './group.js';

/** Body of POST /groups. */
export class CreateGroup {
  @ApiProperty({ example: 'vip', description: 'Unique.' })
  @IsText({
    max: 63,
    pattern: /^[a-z0-9][a-z0-9_-]*$/,
    form: 'must be lower-case letters, digits, "-" and "_", and begin with a letter or digit',
  })
  name!: string;

  @ApiPropertyOptional({ default: '' })
  @MayBeAbsent()
  @IsText({ min: 0, max: 500 })
  description?: string;

  @ApiPropertyOptional({
    format: 'decimal',
    default: '1',
    example: '0.8',
    description: 'Every list price times this, rounded half up to 1e-12; at most six places, 0 to 1000.',
  })
  @MayBeAbsent()
  @IsJudged('isMultiplier', judgeMultiplier)
  price_multiplier?: string;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string', pattern: idPattern('deployment') },
    nullable: true,
    example: ['dep_0199…'],
    description: 'Deployments that may serve its keys; null: every one.',
  })
  @MayBeNull()
  @IsTextList({ minItems: 1, maxItems: 1_000 })
  @IsJudged('areDeployments', (value) => {
    const items: unknown[] = Array.isArray(value) ? value : [];
    const isId = (item: unknown) => typeof item === 'string' && parsePublicId('deployment', item) !== null;
    return items.every(isId) ? null : 'must hold ids of deployments only';
  })
  deployments?: string[] | null;
}

/** Body of PATCH /groups/{group}. */
export class UpdateGroup extends PartialType(CreateGroup, { skipNullProperties: false }) {}
