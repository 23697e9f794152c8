/* byt5_tokenizer.h: text to bytes.
 *
 *     ids = 0 <pad>, 1 </s>, 2 <unk>, byte + 3, 259 + i for <extra_id_i> (125 of them), then the
 *           tokens that a model adds: Glyph-ByT5's colours, then its fonts, each taken whole
 *
 * Source: Xue et al. 2022; transformers, ByT5Tokenizer; Glyph-ByT5. Easily got wrong: a text that
 * ends in </s> does not get a second one; </s>, <pad> and <unk> swallow the white space around. */
#ifndef TS_TEXT_BYT5_TOKENIZER_H
#define TS_TEXT_BYT5_TOKENIZER_H

#include "ref/text/ids.h"

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ts_byt5_tokenizer ts_byt5_tokenizer;

/* The published 384 ids. */
ts_byt5_tokenizer *ts_byt5_tokenizer_new(ts_ctx *ctx);
/* The same, and the added tokens of a folder's tokenizer_config.json or added_tokens.json. */
ts_byt5_tokenizer *ts_byt5_tokenizer_open(ts_ctx *ctx, const char *folder);
void ts_byt5_tokenizer_close(ts_byt5_tokenizer *t); /* NULL is legal */

/* Adds a token, and all of {"<color-0>": 384, ...}; `where` stands in messages. */
ts_status ts_byt5_tokenizer_add(ts_ctx *ctx, ts_byt5_tokenizer *t, const char *token, int64_t id);
ts_status ts_byt5_tokenizer_add_all(ts_ctx *ctx, ts_byt5_tokenizer *t, const json_t *tokens,
                                    const char *where);

/* Appends the ids. truncate > 0: at most so many, </s> kept; pad > 0: filled up with 0. */
ts_status ts_byt5_tokenize(ts_ctx *ctx, const ts_byt5_tokenizer *t, ts_ids *out, const char *text,
                           int64_t bytes, int64_t truncate, int64_t pad);

#ifdef __cplusplus
}
#endif
#endif
