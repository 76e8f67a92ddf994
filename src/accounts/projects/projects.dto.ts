import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsNested,
  IsOneOf,
  IsStringMap,
  IsText,
  MayBeAbsent,
  MayBeNull,
} from '../../platform/http/fields.decorator.js';
import { RateLimitsDto } from '../../platform/http/rate-limits.dto.js';
import { BudgetDto } from '../budgets/budget.dto.js';
import { RoutingDefaultsDto } from '../routing-defaults.dto.js';
import { PROJECT_STATUSES, type ProjectStatus } from './project.js';

class ProjectFields {
  @ApiPropertyOptional({ type: BudgetDto, nullable: true, description: 'Null: no cap.' })
  @MayBeNull()
  @IsNested(() => BudgetDto)
  budget?: BudgetDto | null;

  @ApiPropertyOptional({ type: RoutingDefaultsDto, description: 'Replaced as a whole.' })
  @MayBeAbsent()
  @IsNested(() => RoutingDefaultsDto)
  routing_defaults?: RoutingDefaultsDto;

  @ApiPropertyOptional({ type: RateLimitsDto, description: 'All keys count together. Replaced as a whole.' })
  @MayBeAbsent()
  @IsNested(() => RateLimitsDto)
  rate_limits?: RateLimitsDto;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'At most 16 pairs of strings; they appear in usage exports. Replaced as a whole.',
  })
  @MayBeAbsent()
  @IsStringMap()
  tags?: Record<string, string>;
}

export class CreateProjectDto extends ProjectFields {
  @ApiProperty({ maxLength: 200, example: 'Chat assistant' })
  @IsText()
  name!: string;
}

export class UpdateProjectDto extends ProjectFields {
  @ApiPropertyOptional({ maxLength: 200 })
  @MayBeAbsent()
  @IsText()
  name?: string;

  @ApiPropertyOptional({ enum: PROJECT_STATUSES })
  @MayBeAbsent()
  @IsOneOf(...PROJECT_STATUSES)
  status?: ProjectStatus;
}

/** A project, as documented; projectView makes it. */
export class ProjectResource {
  @ApiProperty({ enum: ['project'] })
  object!: 'project';

  @ApiProperty({ type: String, example: 'proj_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ type: String })
  name!: string;

  @ApiProperty({ enum: PROJECT_STATUSES })
  status!: string;

  @ApiProperty({ type: BudgetDto, nullable: true })
  budget!: BudgetDto | null;

  @ApiProperty({ type: RoutingDefaultsDto })
  routing_defaults!: RoutingDefaultsDto;

  @ApiProperty({ type: RateLimitsDto })
  rate_limits!: RateLimitsDto;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  tags!: Record<string, string>;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}
