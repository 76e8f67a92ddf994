import type { Principal } from '../auth/principal.js';
import type { CatalogModel } from '../catalog/model.js';
import { FaregateError } from '../core/errors.js';

/** Whether the key is limited to other models. */
export function mayUseModel({ allowedModels }: Principal, model: CatalogModel): boolean {
  if (allowedModels.length === 0 || allowedModels.includes(model.id)) return true;
  return model.aliases.some((alias) => allowedModels.includes(alias));
}

/** Throws 403 when the key is limited to other models (statement 72). */
export function checkModel(principal: Principal, model: CatalogModel): void {
  if (mayUseModel(principal, model)) return;
  throw new FaregateError('permission', `This key may not use the model "${model.id}"`, {
    param: 'model',
    code: 'model_not_allowed',
  });
}
