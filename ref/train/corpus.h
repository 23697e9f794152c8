/* corpus.h: a text to train a language model on. */
#ifndef TS_TRAIN_CORPUS_H
#define TS_TRAIN_CORPUS_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Characters of the text that the tokens stand for; a token is a character's place in the list. */
typedef struct {
    int32_t *ids;
    int64_t count;      /* tokens in the text */
    int vocabulary;     /* different bytes in the text */
    uint8_t byte[256];  /* of a token, rising */
} ts_corpus;

/* One token for each byte; the vocabulary is what occurs. At most 1 GB. Freed by ts_corpus_free. */
ts_status ts_corpus_read(ts_ctx *ctx, ts_corpus *text, const char *path);
void ts_corpus_free(ts_corpus *text);

/* ids[0 .. length) and the ones that follow each of them, from a random place of tokens
 * [first, first + count) that the key (seed, step, row) picks: count > length. */
void ts_corpus_draw(const ts_corpus *text, int64_t first, int64_t count, int64_t length, uint64_t seed,
                  int64_t step, int64_t row, int64_t *ids, int64_t *next);

#ifdef __cplusplus
}
#endif
#endif
