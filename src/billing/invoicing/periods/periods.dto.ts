import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsFlag, MayBeAbsent } from '../../../platform/http/fields.decorator.js';
import { PERIOD_STATUSES } from './period.js';

/** Body of POST …/periods/{period}/close. */
export class ClosePeriodDto {
  @ApiPropertyOptional({
    default: false,
    description: 'Closes a period that has not ended; it then ends now, and the next one begins.',
  })
  @MayBeAbsent()
  @IsFlag()
  early?: boolean;
}

/** A billing period, as documented; showPeriod makes it. */
export class PeriodResource {
  @ApiProperty({ enum: ['billing_period'] })
  object!: 'billing_period';

  @ApiProperty({ type: String, example: 'per_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ type: String, format: 'date-time', description: 'Inclusive.' })
  starts_at!: string;

  @ApiProperty({ type: String, format: 'date-time', description: 'Exclusive.' })
  ends_at!: string;

  @ApiProperty({ enum: PERIOD_STATUSES })
  status!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  closed_at!: string | null;
}
