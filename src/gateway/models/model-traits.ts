import type { CatalogModel } from '../../catalog/model.js';

/** Tags that models may be filtered by (docs.cortecs.ai models), each with the capability it stands for. */
const TAGGED: Readonly<Record<string, string>> = {
  Embedding: 'embeddings',
  Reasoning: 'reasoning',
  Tools: 'tools',
  Image: 'image_input',
  Document: 'document_input',
  Audio: 'audio_input',
};

/** What answers chats carries this one; Cortecs lists these alone when no tag is asked for. */
export const CHAT_TAG = 'Instruct';

/** Every tag there is. */
export const MODEL_TAGS: readonly string[] = [CHAT_TAG, ...Object.keys(TAGGED)];

/** What a model is good for, in Cortecs' words. */
export function tagsOf({ capabilities }: CatalogModel): string[] {
  const tags = Object.keys(TAGGED).filter((tag) => capabilities.includes(TAGGED[tag] as string));
  return tags.includes('Embedding') ? tags : [CHAT_TAG, ...tags];
}

/** What a model takes, in OpenRouter's words. */
export function inputModalities({ capabilities }: CatalogModel): string[] {
  const modalities = ['text'];
  if (capabilities.includes('image_input')) modalities.push('image');
  if (capabilities.includes('document_input')) modalities.push('file');
  if (capabilities.includes('audio_input')) modalities.push('audio');
  return modalities;
}

/** What a model gives, in OpenRouter's words. */
export const outputModalities = ({ capabilities }: CatalogModel): string[] => [
  capabilities.includes('embeddings') ? 'embeddings' : 'text',
];
