/* table_expiry.c: time to live, small rows, capacity.
 *
 *     goes if   now - last > ttl,   or   |w| < min_norm,
 *     then      while rows > max_rows: the least by (count, last, id), a total order
 *
 * An id that comes back is a new one: initial values, fresh state. The least E of n rows are found with
 * a heap of E entries whose top is the largest of them: n log E. Times to live as in Monolith (by
 * field: a table for each), small norms as in DeepRec, the most frequent that stay as in TFRA; whether
 * the system of the DES paper lets rows go is not known. Test: tests/des/test_table_expiry.c */
#include "ref/des/table_expiry.h"

#include <math.h>

typedef struct {
    uint64_t id;
    uint32_t count, last;
} entry;

static bool before(const entry *a, const entry *b)
{
    if (a->count != b->count)
        return a->count < b->count;
    if (a->last != b->last)
        return a->last < b->last;
    return a->id < b->id;
}

static double norm(const ts_id_table *t, int64_t row)
{
    double sum = 0.0;
    for (int64_t j = 0; j < t->o.width; j++) {
        const double w = t->o.dtype == TS_F32 ? (double)((float *)ts_id_table_values(t, row))[j]
                                              : ((double *)ts_id_table_values(t, row))[j];
        sum += w * w;
    }
    return sqrt(sum);
}

static void expire(ts_id_table *t, const ts_id_policy *policy, uint32_t now)
{
    int64_t at = 0;
    uint64_t id;
    uint32_t number;
    while (ts_id_map_next(&t->map, &at, &id, &number)) {
        const int64_t row = (int64_t)number - 1;
        const uint32_t last = ts_id_table_note(t, row)->last;
        const bool old = policy->ttl && now > last && now - last > policy->ttl;
        if (old || (policy->min_norm > 0.0 && norm(t, row) < policy->min_norm))
            ts_id_table_remove(t, id); /* moves nobody: the walk goes on */
    }
}

/* Puts e at place i of a heap of n, or below it. */
static void sink(entry *heap, int64_t n, int64_t i, entry e)
{
    for (int64_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && before(&heap[child], &heap[child + 1]))
            child++;
        if (!before(&e, &heap[child]))
            break;
        heap[i] = heap[child];
    }
    heap[i] = e;
}

static void evict(ts_id_table *t, entry *heap, int64_t excess)
{
    int64_t at = 0, n = 0;
    uint64_t id;
    uint32_t number;
    while (ts_id_map_next(&t->map, &at, &id, &number)) {
        const ts_id_note *note = ts_id_table_note(t, (int64_t)number - 1);
        const entry e = {id, note->count, note->last};
        if (n < excess) {
            heap[n++] = e;
            for (int64_t i = n == excess ? n / 2 : 0; i > 0; i--)
                sink(heap, n, i - 1, heap[i - 1]);
        } else if (before(&e, heap)) {
            sink(heap, n, 0, e);
        }
    }
    for (int64_t i = 0; i < n; i++)
        ts_id_table_remove(t, heap[i].id);
}

ts_status ts_id_table_sweep(ts_ctx *ctx, ts_id_table *t, const ts_id_policy *policy, uint32_t now,
                            int64_t *removed)
{
    const int64_t rows = ts_id_table_count(t);
    if (removed)
        *removed = 0;
    if (ctx->status)
        return ctx->status;
    if (policy->max_rows < 0 || !(policy->min_norm >= 0.0))
        return ts_fail(ctx, TS_ERROR_USAGE, "expiry: at most %lld rows, norms from %g on",
                       (long long)policy->max_rows, policy->min_norm);
    expire(t, policy, now);
    if (policy->forget_waiting)
        ts_id_map_free(&t->waiting.count);
    const int64_t excess = policy->max_rows ? ts_id_table_count(t) - policy->max_rows : 0;
    if (excess > 0) {
        entry *heap = ts_alloc((size_t)excess * sizeof *heap);
        if (heap)
            evict(t, heap, excess);
        else
            ts_fail(ctx, TS_ERROR_MEMORY, "no memory to choose %lld rows that go",
                    (long long)excess);
        ts_free(heap);
    }
    if (removed)
        *removed = rows - ts_id_table_count(t);
    return ctx->status;
}
