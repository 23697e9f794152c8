/* clip_tokenizer.h: text to the ids of CLIP's byte-pair vocabulary.
 *
 *     clean -> take special tokens out -> words -> byte pairs -> start ids end
 *
 * A folder holds vocab.json and merges.txt; tokenizer_config.json and special_tokens_map.json,
 * where they are, name the special tokens. The cleaning `fast` is transformers' CLIPTokenizerFast,
 * `ftfy` and `basic` are its CLIPTokenizer with and without ftfy (clean.h). Special tokens written
 * in the text are taken as such, in capitals too, since the text is in lower case by then.
 *
 * Easily got wrong: `fast` takes special tokens out after the cleaning, the other two before it;
 * padding is the end token, so the pooled output must be taken at its first place. */
#ifndef TS_TEXT_CLIP_TOKENIZER_H
#define TS_TEXT_CLIP_TOKENIZER_H

#include "ref/text/clean.h"
#include "ref/text/ids.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ts_clip_tokenizer ts_clip_tokenizer;

ts_clip_tokenizer *ts_clip_tokenizer_open(ts_ctx *ctx, const char *folder);
void ts_clip_tokenizer_close(ts_clip_tokenizer *t); /* NULL is legal */

/* Appends the ids of a text. truncate > 0: at most so many, start and end kept; pad > 0: filled up
 * to so many. Both 77 for the published model. */
ts_status ts_clip_tokenize(ts_ctx *ctx, const ts_clip_tokenizer *t, ts_ids *out, const char *text,
                           int64_t bytes, ts_clean clean, int64_t truncate, int64_t pad);

/* Entries of the vocabulary, and its longest text by tokenizer_config.json (77 when not said). */
int64_t ts_clip_tokenizer_size(const ts_clip_tokenizer *t);
int64_t ts_clip_tokenizer_longest(const ts_clip_tokenizer *t);

#ifdef __cplusplus
}
#endif
#endif
