import { publicId } from '../../core/ids.js';
import type { JsonObject } from '../../core/json.js';
import { rateLimitsView, type RateLimitSettings } from '../../core/rate-limits.js';
import { budgetView, type Budget } from '../budgets/budget.js';

export const PROJECT_STATUSES = ['active', 'archived'] as const;
export type ProjectStatus = (typeof PROJECT_STATUSES)[number];

/** What can be set of a project. */
export interface ProjectSettings {
  name: string;
  /** The keys of an archived project are refused. */
  status: ProjectStatus;
  routingDefaults: JsonObject;
  /** All its keys count together. */
  rateLimits: RateLimitSettings;
  tags: Record<string, string>;
  /** Null: no cap. */
  budget: Budget | null;
}

/** A part of an organization that has keys and reports of its own. */
export interface Project extends ProjectSettings {
  id: string;
  organizationId: string;
  createdAt: Date;
  updatedAt: Date;
}

/** A project as the API shows it. */
export function projectView(project: Project) {
  return {
    object: 'project' as const,
    id: publicId('project', project.id),
    organization: publicId('organization', project.organizationId),
    name: project.name,
    status: project.status,
    budget: budgetView(project.budget),
    routing_defaults: project.routingDefaults,
    rate_limits: rateLimitsView(project.rateLimits),
    tags: project.tags,
    created_at: project.createdAt.toISOString(),
    updated_at: project.updatedAt.toISOString(),
  };
}

export type ProjectView = ReturnType<typeof projectView>;
