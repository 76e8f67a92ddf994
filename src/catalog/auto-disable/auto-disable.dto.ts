import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsCount, IsFlag, IsTextList, MayBeAbsent, MayBeNull } from '../../platform/http/fields.decorator.js';
import { DEFAULT_KEYWORDS, DEFAULT_STATUSES } from './auto-disable-defaults.js';

/** Body of PUT …/auto-disable; what is left out has its default. */
export class PutAutoDisable {
  @ApiProperty({ description: 'False: nothing switches it off by itself.' })
  @IsFlag()
  enabled!: boolean;

  @ApiPropertyOptional({
    type: [String],
    default: DEFAULT_STATUSES,
    description: 'HTTP statuses of the upstream, alone or from-to ("500-599").',
  })
  @MayBeAbsent()
  @IsTextList({
    maxItems: 50,
    max: 7,
    pattern: /^[1-5]\d\d(-[1-5]\d\d)?$/,
    form: 'must be a status such as "401", or a range such as "500-599"',
  })
  statuses?: string[];

  @ApiPropertyOptional({
    type: [String],
    default: DEFAULT_KEYWORDS,
    description: "Words of the upstream's refusal, whatever their case.",
  })
  @MayBeAbsent()
  @IsTextList({ maxItems: 100 })
  keywords?: string[];

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: 604_800,
    default: null,
    description: 'Seconds between test calls that may switch it on again. Null: administrators alone do.',
  })
  @MayBeNull()
  @IsCount({ min: 1, max: 604_800 })
  retest_seconds?: number | null;
}

/** The rule in force of a provider or deployment. */
export class AutoDisableResource {
  @ApiProperty({ enum: ['auto_disable_rule'] })
  object!: 'auto_disable_rule';

  @ApiProperty({ enum: ['deployment', 'provider', 'none'], description: 'Where it was set.' })
  source!: string;

  @ApiProperty()
  enabled!: boolean;

  @ApiProperty({ type: [String] })
  statuses!: string[];

  @ApiProperty({ type: [String] })
  keywords!: string[];

  @ApiProperty({ type: 'integer', nullable: true })
  retest_seconds!: number | null;
}
