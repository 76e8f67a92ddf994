import type { OpenAPIObject } from '@nestjs/swagger';

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head'] as const;

type PathItem = OpenAPIObject['paths'][string];
export type Operation = NonNullable<PathItem['get']>;

/** The operations of a path of the OpenAPI document with their methods. */
export const operationsOf = (item: PathItem): [(typeof METHODS)[number], Operation][] =>
  METHODS.flatMap((method): [(typeof METHODS)[number], Operation][] => {
    const operation = item[method];
    return operation ? [[method, operation]] : [];
  });
