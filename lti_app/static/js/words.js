// Counts words as the server does (activities/journal/service/words.py): scripts without spaces by the character.

const UNSPACED = /[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f]/gu;
const MARK = /\p{M}/gu;
const WORD = /[\p{L}\p{N}_]+(?:[-'’.][\p{L}\p{N}_]+)*/gu;

export function countWords(text) {
  const unspaced = text.match(UNSPACED)?.length ?? 0;
  return unspaced + (text.replace(UNSPACED, " ").replace(MARK, "").match(WORD)?.length ?? 0);
}
