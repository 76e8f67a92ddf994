/** What depends on the generation of a Gemini model. */
export interface Generation {
  /** Takes JSON Schema in `parametersJsonSchema` and `responseJsonSchema`; before 2.5, the OpenAPI subset alone. */
  jsonSchema: boolean;
  /** Takes media inside `functionResponse.parts`; before 3, beside it. */
  mediaInResults: boolean;
  /** Refuses a function call in the history without its signature. */
  demandsSignatures: boolean;
  /** Thinks by level; before 3, by a budget of tokens. */
  levels: boolean;
  /** Can stop thinking: none of generation 3 can, nor can 2.5 Pro. */
  canStopThinking: boolean;
  /** The flash models of generation 3 know the level "minimal". */
  minimalLevel: boolean;
  /** Continues a last turn of its own; from 3.5 on a request may not end with one. */
  continuesAnswers: boolean;
  /** Takes money for each search; before 3, once for a prompt whose answer is grounded in any. */
  paidBySearch: boolean;
}

/** The generation that a model's name tells of; a name without a version counts as the newest. */
export function generationOf(upstreamModel: string): Generation {
  const version = /gemini-(\d+)(?:\.(\d+))?/.exec(upstreamModel);
  const number = version ? Number(version[1]) + Number(version[2] ?? 0) / 10 : Infinity;
  const isFlash = upstreamModel.includes('flash');
  return {
    jsonSchema: number >= 2.5,
    mediaInResults: number >= 3,
    demandsSignatures: number >= 3,
    levels: number >= 3,
    canStopThinking: number < 3 && !(number === 2.5 && !isFlash),
    minimalLevel: number >= 3 && isFlash,
    continuesAnswers: number < 3.5,
    paidBySearch: number >= 3,
  };
}
