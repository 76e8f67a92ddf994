import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsCount, IsText, MayBeAbsent } from './fields.decorator.js';

/** Query of every list. */
export class ListQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20 })
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) : value,
  )
  @IsCount({ min: 1, max: 100 })
  limit: number = 20;

  @ApiPropertyOptional({ description: 'The next_cursor of the page before.' })
  @MayBeAbsent()
  @IsText({ max: 400 })
  cursor?: string;
}

/** Body of a POST that takes no fields. */
export class NoFields {}
