/* clip_words.h: cuts cleaned text into the words that byte-pair encoding works on.
 *
 *     's|'t|'re|'ve|'m|'ll|'d | [\p{L}]+ | [\p{N}] | [^\s\p{L}\p{N}]+
 *
 * the first alternative that fits at the first place where one fits; white space is left out. The
 * expression of transformers' Python tokenizer has the two special tokens as alternatives before
 * all others and ignores case; as text is in lower case by then, that says no more than that the
 * long s counts as an s, and that the combining iota (U+0345) is dropped. Combining marks are no
 * letters. */
#ifndef TS_TEXT_CLIP_WORDS_H
#define TS_TEXT_CLIP_WORDS_H

#include "ref/text/runes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The next word at or after *first: sets *first and returns its length, or 0 at the end. `python`:
 * with the special tokens, ignoring case. */
int64_t ts_clip_next_word(const ts_runes *text, int64_t *first, bool python);

#ifdef __cplusplus
}
#endif
#endif
