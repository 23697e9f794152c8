/* spiece.h: SentencePiece's own model file, spiece.model.
 *
 * A protocol buffer: ModelProto { 1: SentencePiece {1: piece, 2: score, 3: type} ...; 2:
 * TrainerSpec {3: model_type}; 3: NormalizerSpec {2: character map, 3: add_dummy_prefix, 4:
 * remove_extra_whitespaces, 5: escape_whitespaces} }. Unknown fields are skipped. Source:
 * SentencePiece, sentencepiece_model.proto, normalizer.cc. */
#ifndef TS_TEXT_SPIECE_H
#define TS_TEXT_SPIECE_H

#include "ref/text/charsmap.h"
#include "ref/text/unigram.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    ts_unigram unigram;
    ts_trie names; /* every piece, matched or not -> id */
    ts_charsmap map;
    bool prefix;   /* a blank is put before the text */
    bool squeezed; /* runs of blanks become one, none is left at the ends */
    bool escaped;  /* blanks become U+2581 */
} ts_spiece;

/* Fails for anything that is no unigram model of SentencePiece. */
ts_status ts_spiece_open(ts_ctx *ctx, ts_spiece *s, const char *path);
ts_status ts_spiece_parse(ts_ctx *ctx, ts_spiece *s, const char *blob, int64_t bytes,
                          const char *path);
void ts_spiece_close(ts_spiece *s);

/* Appends the normalized text; `prefix` as above. */
ts_status ts_spiece_normalize(ts_ctx *ctx, const ts_spiece *s, ts_bytes *out, const char *text,
                              int64_t bytes, bool prefix);

/* Normalizes and appends the ids. */
ts_status ts_spiece_encode(ts_ctx *ctx, const ts_spiece *s, ts_ids *out, const char *text,
                           int64_t bytes, bool prefix);

#ifdef __cplusplus
}
#endif
#endif
