/* trie.h: a set of byte strings with a number each, walked byte by byte.
 *
 * A node is a prefix. Its children stand in one table for the whole trie, addressed by (node,
 * byte): a vocabulary of 50,000 pieces is built in some ten milliseconds and a step is one look-up. The
 * same table of 64-bit keys also serves byte-pair merges. */
#ifndef TS_TEXT_TRIE_H
#define TS_TEXT_TRIE_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Keys of 64 bits to values that are not negative; open addressing, at most half full. */
typedef struct {
    uint64_t *key;
    int64_t *value; /* -1: the place is free */
    int64_t count, room;
} ts_pairs;

ts_status ts_pairs_put(ts_ctx *ctx, ts_pairs *p, uint64_t key, int64_t value); /* replaces */
int64_t ts_pairs_get(const ts_pairs *p, uint64_t key);                        /* -1: not there */
void ts_pairs_free(ts_pairs *p);

/* A trie of zeros is empty; node 0 is the empty prefix. */
typedef struct {
    ts_pairs next;
    int64_t *value; /* of each node; -1: a prefix only */
    int64_t count, room;
} ts_trie;

/* The value (not negative) of a string; a second one replaces the first. */
ts_status ts_trie_put(ts_ctx *ctx, ts_trie *t, const char *key, int64_t bytes, int64_t value);
int64_t ts_trie_find(const ts_trie *t, const char *key, int64_t bytes); /* -1: not there */

/* The node one byte further, or -1; and the value that ends at a node, or -1. */
int64_t ts_trie_step(const ts_trie *t, int64_t node, char byte);
int64_t ts_trie_value(const ts_trie *t, int64_t node);

/* The longest string of the trie that begins at text: its bytes (0: none) and its value. */
int64_t ts_trie_longest(const ts_trie *t, const char *text, int64_t bytes, int64_t *value);

void ts_trie_free(ts_trie *t);

#ifdef __cplusplus
}
#endif
#endif
