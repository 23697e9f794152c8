/* bpe.h: byte-pair encoding of one word.
 *
 *     symbols = the word's bytes, the last one marked as the end of a word
 *     while a neighbouring pair stands in the list of merges:
 *         join the pair that stands first in the list
 *
 * Source: Sennrich et al. 2016, section 3.2, on bytes (GPT-2, CLIP): vocab.json maps tokens to ids,
 * merges.txt is the list. Bytes are written as printable characters there; the end of a word is
 * "</w>". */
#ifndef TS_TEXT_BPE_H
#define TS_TEXT_BPE_H

#include "ref/text/ids.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ts_bpe ts_bpe;

/* Which pair is joined first where several may be: both orders exist, and differ only where two
 * merges make the same token. */
typedef enum {
    TS_MERGE_ONE,  /* one place after another: the best pair of the moment (tokenizers) */
    TS_MERGE_ROUND /* the best pair in all its places, then the next (transformers in Python) */
} ts_merge_order;

/* Opens vocab.json and merges.txt of a folder; NULL after a failure. */
ts_bpe *ts_bpe_open(ts_ctx *ctx, const char *folder);
void ts_bpe_close(ts_bpe *bpe); /* NULL is legal */

/* The id of a token as vocab.json writes it, or -1. */
int64_t ts_bpe_find(const ts_bpe *bpe, const char *token);
int64_t ts_bpe_size(const ts_bpe *bpe); /* entries of the vocabulary */

/* Appends the ids of a word (not empty). Bytes that the vocabulary lacks become `unknown`, each. */
ts_status ts_bpe_encode(ts_ctx *ctx, const ts_bpe *bpe, ts_ids *out, const char *word,
                        int64_t bytes, int64_t unknown, ts_merge_order order);

#ifdef __cplusplus
}
#endif
#endif
