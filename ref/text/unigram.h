/* unigram.h: the most probable division of a text into pieces of a vocabulary.
 *
 *     best(j) = max over pieces that end at j of  best(j - length) + score(piece),  best(0) = 0
 *
 * (Viterbi). At a place where no piece of exactly one character begins, the character counts as
 * unknown, at the lowest score of the vocabulary less 10. Neighbouring unknown ones become one.
 * Source: Kudo 2018, section 3.2; SentencePiece, unigram_model.cc; tokenizers, unigram/model.rs. */
#ifndef TS_TEXT_UNIGRAM_H
#define TS_TEXT_UNIGRAM_H

#include "ref/text/ids.h"
#include "ref/text/trie.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    ts_trie trie;   /* piece -> id */
    double *score;  /* of each id */
    int64_t count, room;
    int64_t unknown;
    double unknown_score;
    bool single; /* scores are added in float, as SentencePiece does; in double otherwise */
} ts_unigram;

/* Adds the next id. `matched`: the piece is looked for in texts (control pieces are not). */
ts_status ts_unigram_add(ts_ctx *ctx, ts_unigram *u, const char *piece, int64_t bytes,
                         double score, bool matched);
void ts_unigram_free(ts_unigram *u);

/* Appends the ids of a text (valid UTF-8). */
ts_status ts_unigram_encode(ts_ctx *ctx, const ts_unigram *u, ts_ids *out, const char *text,
                            int64_t bytes);

#ifdef __cplusplus
}
#endif
#endif
