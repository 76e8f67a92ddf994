import { ApiProperty, ApiPropertyOptional, OmitType, PartialType } from '@nestjs/swagger';
import { IsCount, IsOneOf, IsText, MayBeAbsent, MayBeNull } from '../../platform/http/fields.decorator.js';
import { ListQuery } from '../../platform/http/list.dto.js';
import { DEPLOYMENT_STATUSES, type DeploymentStatus } from '../model.js';

/** What an admin may set; `deleted` has a call of its own, `auto_disabled` comes from upstreams' refusals. */
const SETTABLE_STATUSES = DEPLOYMENT_STATUSES.filter(
  (status) => status !== 'deleted' && status !== 'auto_disabled',
);

/** Body of POST /deployments. */
export class CreateDeployment {
  @ApiProperty({ example: 'anthropic/claude-opus-4.8', description: 'Id of a model.' })
  @IsText({ max: 127 })
  model!: string;

  @ApiProperty({ example: 'anthropic', description: 'Slug or id of a provider.' })
  @IsText({ max: 80 })
  provider!: string;

  @ApiProperty({ example: 'claude-opus-4-8', description: "The model's name at the provider." })
  @IsText()
  upstream_model!: string;

  @ApiPropertyOptional({ type: 'integer', default: 0, description: 'Higher is tried first.' })
  @MayBeAbsent()
  @IsCount({ min: -1_000_000, max: 1_000_000 })
  priority?: number;

  @ApiPropertyOptional({
    type: 'integer',
    default: 1,
    description: 'Share among deployments of one priority.',
  })
  @MayBeAbsent()
  @IsCount({ max: 1_000_000 })
  weight?: number;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'fp8',
    description: 'Absent: full precision.',
  })
  @MayBeNull()
  @IsText({ max: 32 })
  quantization?: string | null;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    description: "Input and output tokens together, where less than the model's.",
  })
  @MayBeNull()
  @IsCount({ min: 1, max: 2_000_000_000 })
  context_window?: number | null;

  @ApiPropertyOptional({ type: 'integer', nullable: true, description: "Where less than the model's." })
  @MayBeNull()
  @IsCount({ min: 1, max: 2_000_000_000 })
  max_output_tokens?: number | null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @MayBeNull()
  @IsText({ max: 64 })
  region?: string | null;

  @ApiPropertyOptional({ enum: SETTABLE_STATUSES, default: 'active' })
  @MayBeAbsent()
  @IsOneOf(...SETTABLE_STATUSES)
  status?: DeploymentStatus;
}

/** Body of PATCH /deployments/{deployment}; a deployment never moves to another model or provider. */
export class UpdateDeployment extends PartialType(OmitType(CreateDeployment, ['model', 'provider']), {
  skipNullProperties: false,
}) {}

/** Query of GET /deployments; deleted ones are shown only when asked for. */
export class ListDeployments extends ListQuery {
  @ApiPropertyOptional({ description: 'Id of a model.' })
  @MayBeAbsent()
  @IsText({ max: 127 })
  model?: string;

  @ApiPropertyOptional({ description: 'Slug or id of a provider.' })
  @MayBeAbsent()
  @IsText({ max: 80 })
  provider?: string;

  @ApiPropertyOptional({ enum: DEPLOYMENT_STATUSES })
  @MayBeAbsent()
  @IsOneOf(...DEPLOYMENT_STATUSES)
  status?: DeploymentStatus;
}
