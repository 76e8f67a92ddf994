import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { REQUEST_STATUSES, type showRequest, type showRequestDetail } from './request-record.js';

type Detail = ReturnType<typeof showRequestDetail>;

/** A call, as documented; showRequest makes it. */
export class RequestResource implements ReturnType<typeof showRequest> {
  @ApiProperty({ enum: ['request'] })
  object!: 'request';

  @ApiProperty({ type: String, example: 'req_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ type: String, example: 'proj_0199…' })
  project!: string;

  @ApiProperty({ type: String, example: 'key_0199…' })
  key!: string;

  @ApiProperty({ type: String, example: 'openai-chat' })
  protocol!: string;

  @ApiProperty({ type: Boolean })
  streamed!: boolean;

  @ApiProperty({ type: String })
  model_requested!: string;

  @ApiProperty({ type: String, example: 'anthropic/claude-opus-4.8' })
  model!: string;

  @ApiProperty({ type: String, example: 'anthropic' })
  provider!: string;

  @ApiProperty({ type: String, example: 'dep_0199…' })
  deployment!: string;

  @ApiProperty({ enum: REQUEST_STATUSES })
  status!: Detail['status'];

  @ApiProperty({ type: 'integer', nullable: true })
  http_status!: number | null;

  @ApiProperty({ type: String, nullable: true })
  error_type!: string | null;

  @ApiProperty({ type: String, nullable: true })
  finish_reason!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Who counted the tokens.' })
  usage_source!: string | null;

  @ApiProperty({ type: String, nullable: true })
  end_user!: string | null;

  @ApiProperty({ type: [String] })
  warnings!: string[];

  @ApiProperty({ type: String, nullable: true, description: "The provider's id of its answer." })
  upstream_id!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  started_at!: string;

  @ApiProperty({ type: 'integer', nullable: true })
  first_token_ms!: number | null;

  @ApiProperty({ type: 'integer', nullable: true })
  duration_ms!: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '0.100000000',
    description: 'What was set aside and still is.',
  })
  held!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '0.012340000',
    description: 'What was charged; null while it runs, or when nothing was.',
  })
  amount!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'What the house bore.' })
  absorbed!: string | null;

  @ApiProperty({ type: String, example: 'USD' })
  currency!: string;
}

/** One try at a deployment. */
export class AttemptResource {
  @ApiProperty({ type: 'integer' })
  seq!: number;

  @ApiProperty({ type: String, example: 'dep_0199…' })
  deployment!: string;

  @ApiProperty({ type: String })
  provider!: string;

  @ApiProperty({ type: String, nullable: true, example: 'pcred_0199…' })
  credential!: string | null;

  @ApiProperty({ type: String })
  upstream_model!: string;

  @ApiProperty({ type: String })
  outcome!: string;

  @ApiProperty({ type: 'integer', nullable: true })
  status!: number | null;

  @ApiProperty({ type: String, nullable: true })
  error_type!: string | null;

  @ApiProperty({ type: String, nullable: true })
  upstream_id!: string | null;

  @ApiProperty({ type: String, example: '0.009000000' })
  provider_cost!: string;

  @ApiProperty({ type: 'integer' })
  duration_ms!: number;
}

/** One line of a charge's arithmetic, as documented; showChargeLine makes it. */
export class ChargeLineResource {
  @ApiProperty({ type: String, example: 'output' })
  token_class!: string;

  @ApiProperty({ type: String, example: '1200' })
  quantity!: string;

  @ApiProperty({ type: String, example: '15.00' })
  unit_price!: string;

  @ApiProperty({ type: String, example: '1000000 tokens' })
  unit_price_per!: string;

  @ApiProperty({ type: String, example: 'price_0199…' })
  price!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  price_valid_from!: string;

  @ApiPropertyOptional({
    type: String,
    description: "What was multiplied, where the key's group has a multiplier.",
  })
  list_price?: string;

  @ApiPropertyOptional({ type: String })
  list_unit_price?: string;

  @ApiPropertyOptional({ type: String })
  price_multiplier?: string;

  @ApiPropertyOptional({ type: String })
  price_arithmetic?: string;

  @ApiProperty({ type: String, description: 'Exact, before it is rounded to the nano.' })
  rated!: string;

  @ApiProperty({ type: String })
  amount!: string;

  @ApiProperty({ type: String })
  absorbed!: string;

  @ApiProperty({ type: String })
  arithmetic!: string;
}

/** What a call was charged. */
export class ChargeResource {
  @ApiProperty({ type: String, example: 'evt_0199…' })
  event!: string;

  @ApiProperty({ type: Boolean })
  estimated!: boolean;

  @ApiProperty({ type: String, format: 'date-time' })
  priced_at!: string;

  @ApiProperty({ type: Boolean })
  reversed!: boolean;

  @ApiProperty({ type: [ChargeLineResource] })
  lines!: ChargeLineResource[];
}

/** A call with its attempts and the arithmetic of its charge, as documented; showRequestDetail makes it. */
export class RequestDetailResource extends RequestResource implements Detail {
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'Why it went where it went.',
  })
  route!: Detail['route'];

  @ApiProperty({ type: [AttemptResource] })
  attempts!: AttemptResource[];

  @ApiProperty({ type: ChargeResource, nullable: true, description: 'Null when nothing was charged (yet).' })
  charge!: ChargeResource | null;
}

/** A sum of usage, as documented; showUsageSum makes it. Only the fields it was grouped by are there. */
export class UsageSumResource {
  @ApiPropertyOptional({ type: String })
  organization?: string;

  @ApiPropertyOptional({ type: String })
  project?: string;

  @ApiPropertyOptional({ type: String })
  key?: string;

  @ApiPropertyOptional({ type: String })
  model?: string;

  @ApiPropertyOptional({ type: String })
  provider?: string;

  @ApiPropertyOptional({ type: String, example: '2026-11-03' })
  day?: string;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'integer' }, description: 'By token class.' })
  quantities!: Record<string, number>;

  @ApiProperty({ type: String, example: '12.340000000' })
  amount!: string;

  @ApiProperty({ type: String })
  absorbed!: string;

  @ApiProperty({ type: String })
  provider_cost!: string;

  @ApiProperty({ type: String, example: 'USD' })
  currency!: string;
}
