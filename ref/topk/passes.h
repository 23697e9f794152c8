/* passes.h: the loops over a whole vector that fast selection is made of.
 *
 * Each works on a piece of F32 or F64 and on one thread; entries.h puts pieces together. They read
 * memory in order, once, and are written so that a compiler makes vectors of them. Magnitudes are keys
 * (keys.h). */
#ifndef TS_TOPK_PASSES_H
#define TS_TOPK_PASSES_H

#include "ref/base/dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The order of the sum of magnitudes, whoever computes it: blocks of TS_SUM_BLOCK entries, inside a
 * block TS_SUM_LANES sums of every TS_SUM_LANES-th entry, these added in order, then the blocks in
 * order; all in double. */
enum { TS_SUM_BLOCK = 4096, TS_SUM_LANES = 64, TS_DIGIT = 11, TS_BINS = 1 << TS_DIGIT };

/* Of the entries of a piece: how many keys are >= high, how many >= low (low <= high), the smallest
 * key >= high (all ones: none) and the largest < low (`any_below` tells 0 from none). */
typedef struct {
    int64_t high, low;
    uint64_t smallest, largest;
    bool any_below;
} ts_survey;

/* Where a piece puts its entries: those >= high from *high on, of the others >= low number `band`,
 * `band` + 1, ... those inside the slice of `taken` from `start` (modulo `length`, the whole band).
 * `map`: the indices of the entries, or NULL: `base` and the following. */
typedef struct {
    uint64_t high, low;
    uint32_t *indices;
    void *values;
    const uint32_t *map;
    uint32_t base;
    int64_t at_high, band, slice; /* the slice begins at indices[slice] */
    int64_t start, taken, length;
} ts_emission;

typedef struct {
    int bits; /* of a key: 31 or 63 */
    /* Sum of magnitudes and largest key of at most TS_SUM_BLOCK entries. */
    void (*total)(const void *x, int64_t n, double *sum, uint64_t *most);
    /* The largest key alone. */
    uint64_t (*most)(const void *x, int64_t n);
    /* Entries with keys >= bound: values and indices (base + i), in order; how many. At most `room`
     * are stored, all are counted. */
    int64_t (*filter)(void *values, uint32_t *indices, int64_t room, const void *x, int64_t n,
                      uint32_t base, uint64_t bound);
    /* count[b] += keys from first + (b << shift) on, 1 << shift of them; others are left out. */
    void (*histogram)(uint32_t count[TS_BINS], const void *x, int64_t n, uint64_t first, int shift);
    /* The keys from first to first + width into keys, which has room for them; how many. */
    int64_t (*between)(uint64_t *keys, const void *x, int64_t n, uint64_t first, uint64_t width);
    void (*survey)(ts_survey *s, const void *x, int64_t n, uint64_t high, uint64_t low);
    void (*emit)(const ts_emission *e, const void *x, int64_t n);
    uint64_t (*key)(const void *x, int64_t i);
} ts_passes;

/* For TS_F32 and TS_F64. */
const ts_passes *ts_passes_of(ts_dtype dtype);

#ifdef __cplusplus
}
#endif
#endif
