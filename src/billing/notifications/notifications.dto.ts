import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsArray } from 'class-validator';
import {
  IsCount,
  IsJudged,
  IsOneOf,
  IsText,
  IsTextList,
  MayBeAbsent,
} from '../../platform/http/fields.decorator.js';
import { judgeMoney } from '../../platform/http/field-rules.js';

const EVENT = {
  max: 100,
  pattern: /^(\*|[a-z_]+\.(\*|[a-z_]+))$/,
  form: 'is no type of event such as "payment.*"',
};
const EVENTS_TEXT = 'Types: "*" for all, "payment.*" for a kind, or one such as "balance.below_threshold".';

/** Body of POST …/webhook-endpoints. */
export class CreateWebhookEndpointDto {
  @ApiProperty({ example: 'https://example.com/faregate', description: 'Public and https.' })
  @IsText({ max: 2_000 })
  url!: string;

  @ApiPropertyOptional({ example: 'Accounting' })
  @MayBeAbsent()
  @IsText({ min: 0, max: 200 })
  description?: string;

  @ApiPropertyOptional({ type: [String], default: ['*'], description: EVENTS_TEXT })
  @MayBeAbsent()
  @IsTextList({ ...EVENT, minItems: 1, maxItems: 50 })
  events?: string[];
}

/** Body of PATCH …/webhook-endpoints/{id}. */
export class UpdateWebhookEndpointDto {
  @ApiPropertyOptional({ example: 'https://example.com/faregate' })
  @MayBeAbsent()
  @IsText({ max: 2_000 })
  url?: string;

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsText({ min: 0, max: 200 })
  description?: string;

  @ApiPropertyOptional({ type: [String], description: EVENTS_TEXT })
  @MayBeAbsent()
  @IsTextList({ ...EVENT, minItems: 1, maxItems: 50 })
  events?: string[];

  @ApiPropertyOptional({ enum: ['active', 'disabled'] })
  @MayBeAbsent()
  @IsOneOf('active', 'disabled')
  status?: 'active' | 'disabled';
}

/** Body of POST …/rotate. */
export class RotateSecretDto {
  @ApiPropertyOptional({
    type: 'integer',
    default: 86_400,
    description: 'How long the old secret signs too.',
  })
  @MayBeAbsent()
  @IsCount({ max: 604_800 })
  overlap_seconds?: number;
}

/** Body of PUT …/alerts; replaced as a whole. */
export class PutAlertsDto {
  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string', format: 'decimal' },
    example: ['10.00', '1.00'],
    description: 'Balances less holds, decreasing.',
  })
  @MayBeAbsent()
  @IsArray({ message: 'must be a list of decimal strings' })
  @IsJudged('areAmounts', (value) => {
    const list = Array.isArray(value) ? value : [];
    if (list.length > 10) return 'must have at most 10 items';
    if (new Set(list).size !== list.length) return 'must not repeat an item';
    const reason = list.map((item) => judgeMoney(item, { min: '-1000000', max: '1000000' })).find(Boolean);
    return reason ? `has an item that ${reason}` : null;
  })
  balance_below?: string[];

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'integer', minimum: 1, maximum: 100 },
    example: [80, 100],
    description: 'Parts of each budget, in percent.',
  })
  @MayBeAbsent()
  @IsArray({ message: 'must be a list of whole numbers' })
  @IsJudged('arePercents', (value) => {
    const list: unknown[] = Array.isArray(value) ? value : [];
    if (list.length > 10) return 'must have at most 10 items';
    const isPercent = (item: unknown) =>
      Number.isInteger(item) && (item as number) >= 1 && (item as number) <= 100;
    return list.every(isPercent) ? null : 'must hold whole numbers from 1 to 100';
  })
  budget_percent?: number[];

  @ApiPropertyOptional({ type: [String], example: ['finance@example.com'] })
  @MayBeAbsent()
  @IsTextList({
    max: 254,
    maxItems: 10,
    pattern: /^[^\s@<>"',;:]+@[^\s@<>"',;:]+\.[^\s@<>"',;:]+$/,
    form: 'is no e-mail address',
  })
  emails?: string[];
}

/** A webhook endpoint, as documented; endpointView makes it. */
export class WebhookEndpointResource {
  @ApiProperty({ enum: ['webhook_endpoint'] })
  object!: 'webhook_endpoint';

  @ApiProperty({ type: String, example: 'whe_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ type: String })
  url!: string;

  @ApiProperty({ type: String })
  description!: string;

  @ApiProperty({ type: [String] })
  events!: string[];

  @ApiProperty({ enum: ['active', 'disabled'] })
  status!: string;

  @ApiPropertyOptional({ type: String, description: 'Only in the answer that makes it.' })
  secret?: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  previous_secret_until!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;
}

/** A delivery, as documented; deliveryView makes it. */
export class WebhookDeliveryResource {
  @ApiProperty({ enum: ['webhook_delivery'] })
  object!: 'webhook_delivery';

  @ApiProperty({ type: String, example: 'whd_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'whe_0199…' })
  webhook_endpoint!: string;

  @ApiProperty({ type: String, description: 'The webhook-id header.' })
  message!: string;

  @ApiProperty({ type: String, example: 'payment.succeeded' })
  type!: string;

  @ApiProperty({ enum: ['pending', 'delivered', 'failed'] })
  status!: string;

  @ApiProperty({ type: 'integer' })
  attempts!: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  next_attempt_at!: string | null;

  @ApiProperty({ type: 'integer', nullable: true })
  last_status!: number | null;

  @ApiProperty({ type: String, nullable: true })
  last_error!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  closed_at!: string | null;
}

/** The alerts of an organization, as documented. */
export class AlertsResource {
  @ApiProperty({ enum: ['alerts'] })
  object!: 'alerts';

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ type: [String], example: ['10.000000000'] })
  balance_below!: string[];

  @ApiProperty({ type: [Number], example: [80, 100] })
  budget_percent!: number[];

  @ApiProperty({ type: [String] })
  emails!: string[];
}
