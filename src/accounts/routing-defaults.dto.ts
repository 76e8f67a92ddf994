import { ApiPropertyOptional } from '@nestjs/swagger';
import type { JsonObject } from '../core/json.js';
import { IsFlag, IsOneOf, IsTextList, MayBeAbsent } from '../platform/http/fields.decorator.js';

const PREFERENCES = ['speed', 'cost', 'balanced'] as const;

/** Router fields for requests that do not carry them; a project's go over its organization's. */
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

  @ApiPropertyOptional({ description: 'True: a request may be stricter than these, never looser.' })
  @MayBeAbsent()
  @IsFlag()
  enforced?: boolean;
}

/** What is stored of routing defaults: the fields given, and nothing else. */
export function readRoutingDefaults(body: RoutingDefaultsDto | undefined): JsonObject | undefined {
  if (body === undefined) return undefined;
  const given = Object.entries(body).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as JsonObject;
}
