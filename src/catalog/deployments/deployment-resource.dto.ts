import { ApiProperty } from '@nestjs/swagger';
import { DEPLOYMENT_STATUSES } from '../model.js';
import type { DeploymentView } from './deployment-view.js';

/** Why a deployment was switched off by itself. */
export class OutageResource {
  @ApiProperty({ type: String })
  reason!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  at!: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When it was last tested; null: not yet.',
  })
  tested_at!: string | null;

  @ApiProperty({ type: String, nullable: true })
  test_error!: string | null;
}

/** A deployment, as documented; deploymentView makes it. */
export class DeploymentResource implements DeploymentView {
  @ApiProperty({ enum: ['deployment'] })
  object!: 'deployment';

  @ApiProperty({ type: String, example: 'dep_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'anthropic/claude-opus-4.8' })
  model!: string;

  @ApiProperty({ type: String, example: 'anthropic', description: 'Slug of the provider.' })
  provider!: string;

  @ApiProperty({ type: String, example: 'claude-opus-4-8' })
  upstream_model!: string;

  @ApiProperty({ type: 'integer', description: 'Higher is tried first.' })
  priority!: number;

  @ApiProperty({ type: 'integer', description: 'Share among deployments of one priority.' })
  weight!: number;

  @ApiProperty({ type: String, nullable: true, example: 'fp8' })
  quantization!: string | null;

  @ApiProperty({ type: 'integer', nullable: true, description: "Where less than the model's." })
  context_window!: number | null;

  @ApiProperty({ type: 'integer', nullable: true, description: "Where less than the model's." })
  max_output_tokens!: number | null;

  @ApiProperty({ type: String, nullable: true })
  region!: string | null;

  @ApiProperty({ enum: DEPLOYMENT_STATUSES })
  status!: DeploymentView['status'];

  @ApiProperty({
    type: OutageResource,
    nullable: true,
    description: 'Null unless the status is auto_disabled.',
  })
  auto_disabled!: OutageResource | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}
