import { ApiPropertyOptional } from '@nestjs/swagger';
import type { JsonObject } from '../core/json.js';
import {
  IsFlag,
  IsJudged,
  IsNested,
  IsOneOf,
  IsTextList,
  MayBeAbsent,
} from '../platform/http/fields.decorator.js';

const PREFERENCES = ['speed', 'cost', 'balanced'] as const;

const QUANTIZATIONS = ['int4', 'int8', 'fp4', 'fp6', 'fp8', 'fp16', 'bf16', 'fp32', 'unknown'] as const;

const judgePositive = (value: unknown): string | null =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? null : 'must be a number above 0';
const judgeDollars = (value: unknown): string | null =>
  typeof value === 'number' && value >= 0 && value <= 1e6 ? null : 'must be dollars a million tokens';
const judgeQuantizations = (value: unknown): string | null => {
  const items: unknown[] = Array.isArray(value) ? value : [];
  const isKnown = items.every((item) => (QUANTIZATIONS as readonly unknown[]).includes(item));
  return isKnown ? null : `must hold ${QUANTIZATIONS.join(', ')} only`;
};

class MaxPriceDto {
  @ApiPropertyOptional({ type: Number, description: 'Dollars a million input tokens.' })
  @MayBeAbsent()
  @IsJudged('isDollars', judgeDollars)
  prompt?: number;

  @ApiPropertyOptional({ type: Number, description: 'Dollars a million output tokens.' })
  @MayBeAbsent()
  @IsJudged('isDollars', judgeDollars)
  completion?: number;
}

/** OpenRouter's object, for requests that do not carry it. */
export class ProviderDefaultsDto {
  @ApiPropertyOptional({ type: [String], description: 'Slugs of the providers to try first, in this order.' })
  @MayBeAbsent()
  @IsTextList({ maxItems: 100, minItems: 1 })
  order?: string[];

  @ApiPropertyOptional({ type: [String], description: 'Slugs of the providers that may serve.' })
  @MayBeAbsent()
  @IsTextList({ maxItems: 100, minItems: 1 })
  only?: string[];

  @ApiPropertyOptional({ type: [String], description: 'Slugs of the providers that may not serve.' })
  @MayBeAbsent()
  @IsTextList({ maxItems: 100, minItems: 1 })
  ignore?: string[];

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsFlag()
  allow_fallbacks?: boolean;

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsFlag()
  require_parameters?: boolean;

  @ApiPropertyOptional({ enum: ['allow', 'deny'] })
  @MayBeAbsent()
  @IsOneOf('allow', 'deny')
  data_collection?: string;

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsFlag()
  zdr?: boolean;

  @ApiPropertyOptional({ enum: QUANTIZATIONS, isArray: true })
  @MayBeAbsent()
  @IsTextList({ minItems: 1 })
  @IsJudged('areQuantizations', judgeQuantizations)
  quantizations?: string[];

  @ApiPropertyOptional({ enum: ['price', 'throughput', 'latency'] })
  @MayBeAbsent()
  @IsOneOf('price', 'throughput', 'latency')
  sort?: string;

  @ApiPropertyOptional({ type: MaxPriceDto })
  @MayBeAbsent()
  @IsNested(() => MaxPriceDto)
  max_price?: MaxPriceDto;

  @ApiPropertyOptional({ type: Number, description: 'Tokens a second.' })
  @MayBeAbsent()
  @IsJudged('isPositive', judgePositive)
  preferred_min_throughput?: number;

  @ApiPropertyOptional({ type: Number, description: 'Seconds to the first token.' })
  @MayBeAbsent()
  @IsJudged('isPositive', judgePositive)
  preferred_max_latency?: number;
}

/** Router fields for requests that do not carry them; a key's go over its project's, these over the organization's. */
export class RoutingDefaultsDto {
  @ApiPropertyOptional({ enum: PREFERENCES })
  @MayBeAbsent()
  @IsOneOf(...PREFERENCES)
  preference?: string;

  @ApiPropertyOptional({ type: [String], description: 'Slugs of the providers that may serve.' })
  @MayBeAbsent()
  @IsTextList({ maxItems: 100, minItems: 1 })
  allowed_providers?: string[];

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsFlag()
  eu_native?: boolean;

  @ApiPropertyOptional({ description: 'False excludes quantised deployments.' })
  @MayBeAbsent()
  @IsFlag()
  allow_quantization?: boolean;

  @ApiPropertyOptional({ description: 'True admits only providers that keep nothing.' })
  @MayBeAbsent()
  @IsFlag()
  allow_zero_data_retention?: boolean;

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsFlag()
  enable_model_fallback?: boolean;

  @ApiPropertyOptional({ type: ProviderDefaultsDto, description: 'Applies as a whole.' })
  @MayBeAbsent()
  @IsNested(() => ProviderDefaultsDto)
  provider?: ProviderDefaultsDto;

  @ApiPropertyOptional({
    description: 'True: a request, or defaults of a lower level, may be stricter than these, never looser.',
  })
  @MayBeAbsent()
  @IsFlag()
  enforced?: boolean;
}

/** What is stored of routing defaults: the fields given, and nothing else. */
export function readRoutingDefaults(body: RoutingDefaultsDto | undefined): JsonObject | undefined {
  if (body === undefined) return undefined;
  return JSON.parse(JSON.stringify(body)) as JsonObject;
}

/** The providers that defaults name, by the field that names them. */
export function namedProviders(body: RoutingDefaultsDto | undefined): [param: string, slugs: string[]][] {
  const { allowed_providers: allowed, provider } = body ?? {};
  const named = [
    ['routing_defaults.allowed_providers', allowed],
    ['routing_defaults.provider.order', provider?.order],
    ['routing_defaults.provider.only', provider?.only],
    ['routing_defaults.provider.ignore', provider?.ignore],
  ] as const;
  return named.flatMap(([param, slugs]) => (slugs ? [[param, slugs]] : []));
}
