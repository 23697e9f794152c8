/* t5_tokenizer.h: text to the ids of T5's unigram vocabulary.
 *
 *     take added tokens out -> normalize -> blanks to U+2581 -> most probable pieces -> ids </s>
 *
 * Two files can hold the vocabulary, and two published programs read them:
 *
 *     tokenizer.json   transformers' T5TokenizerFast (tokenizers). Its parts say themselves what is
 *                      done: character map, strip, replacements; Metaspace; unigram; template.
 *     spiece.model     transformers' T5Tokenizer (SentencePiece), with `legacy` of
 *                      tokenizer_config.json.
 *
 * A folder with both is read as the first. Easily got wrong: the first cuts the text into grapheme
 * clusters before the character map and matches special pieces that the map makes ("＜pad＞"); it
 * appends </s> always, the second only where the text does not end in one. */
#ifndef TS_TEXT_T5_TOKENIZER_H
#define TS_TEXT_T5_TOKENIZER_H

#include "ref/text/ids.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ts_t5_tokenizer ts_t5_tokenizer;

typedef enum {
    TS_T5_ANY,          /* tokenizer.json if it is there, else spiece.model */
    TS_T5_FAST,         /* tokenizer.json */
    TS_T5_SENTENCEPIECE /* spiece.model */
} ts_t5_source;

ts_t5_tokenizer *ts_t5_tokenizer_open(ts_ctx *ctx, const char *folder, ts_t5_source source);
void ts_t5_tokenizer_close(ts_t5_tokenizer *t); /* NULL is legal */

/* A spiece.model without a configuration beside it, as T5Tokenizer(path, legacy=...) reads it: the
 * 100 extra ids swallow the white space around. The tokenizer that is not legacy puts one blank
 * before the whole text, the legacy one before each part between added tokens. */
ts_t5_tokenizer *ts_t5_tokenizer_open_spiece(ts_ctx *ctx, const char *path, bool legacy);

/* Appends the ids. truncate > 0: at most so many, </s> kept; pad > 0: filled up to so many. */
ts_status ts_t5_tokenize(ts_ctx *ctx, const ts_t5_tokenizer *t, ts_ids *out, const char *text,
                         int64_t bytes, int64_t truncate, int64_t pad);

int64_t ts_t5_tokenizer_size(const ts_t5_tokenizer *t); /* pieces, without added tokens */

#ifdef __cplusplus
}
#endif
#endif
