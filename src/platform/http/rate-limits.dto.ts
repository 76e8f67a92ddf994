import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsCount, MayBeNull } from './fields.decorator.js';

/** Limits of a key, project, organization or model, as the admin API takes and shows them. */
export class RateLimitsDto {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, nullable: true })
  @MayBeNull()
  @IsCount({ min: 1 })
  requests_per_minute?: number | null;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, nullable: true })
  @MayBeNull()
  @IsCount({ min: 1 })
  tokens_per_minute?: number | null;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    nullable: true,
    description: 'Calls at the same time.',
  })
  @MayBeNull()
  @IsCount({ min: 1 })
  concurrency?: number | null;
}
