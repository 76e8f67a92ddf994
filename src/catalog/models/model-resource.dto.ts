import { ApiProperty } from '@nestjs/swagger';
import { RateLimitsDto } from '../../platform/http/rate-limits.dto.js';
import { CATALOG_STATUSES } from '../model.js';
import type { ModelView } from './model-view.js';

/** A model, as documented; modelView makes it. */
export class ModelResource implements ModelView {
  @ApiProperty({ enum: ['model'] })
  object!: 'model';

  @ApiProperty({ type: String, example: 'anthropic/claude-opus-4.8' })
  id!: string;

  @ApiProperty({ type: String })
  name!: string;

  @ApiProperty({ type: [String] })
  aliases!: string[];

  @ApiProperty({ type: 'integer', description: 'Input and output tokens together.' })
  context_window!: number;

  @ApiProperty({ type: 'integer' })
  max_output_tokens!: number;

  @ApiProperty({ type: 'integer', nullable: true })
  default_max_tokens!: number | null;

  @ApiProperty({ type: [String] })
  capabilities!: string[];

  @ApiProperty({ type: String, nullable: true })
  fallback_model!: string | null;

  @ApiProperty({ type: RateLimitsDto })
  rate_limits!: ModelView['rate_limits'];

  @ApiProperty({ enum: CATALOG_STATUSES })
  status!: ModelView['status'];

  @ApiProperty({ type: String, description: 'Who entered it.' })
  source!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}
