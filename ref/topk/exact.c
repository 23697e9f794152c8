/* exact.c: exact top-k by magnitude; ties go to the lower index.
 *
 *     sort          everything, then the first k: O(d log d)
 *     heap          the k best so far in a heap whose root is the worst of them: O(d log k)
 *     quickselect   parts of the vector are exchanged around a pivot until k are in front (Hoare
 *                   1961): O(d) expected, O(d^2) at worst; then the k are sorted
 *     radix         the k-th magnitude by the digits of its bits from the highest down, then all that
 *                   is larger and as many equal ones as are missing, in passes that read memory in
 *                   order (entries.h); the k are sorted by digits, too
 *
 * The order "larger magnitude, then lower index" is total: so the ways cannot differ. The first three
 * are written to be read; radix is the fast one.
 * Test: tests/topk/test_exact.c                                    Golden: topk/exact*.safetensors */
#include "ref/topk/exact.h"

#include "ref/topk/keys.h"
#include "ref/topk/entries.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"sort", "heap", "quickselect", "radix"};

const char *ts_exact_name(ts_exact_way way)
{
    return names[way];
}

ts_status ts_exact_from(ts_ctx *ctx, const char *name, ts_exact_way *way)
{
    for (int i = 0; i < 4; i++)
        if (strcmp(name, names[i]) == 0) {
            *way = (ts_exact_way)i;
            return ctx->status;
        }
    return ts_fail(ctx, TS_ERROR_USAGE,
                   "topk: unknown method \"%.40s\": sort, heap, quickselect or radix", name);
}

typedef struct {
    uint64_t key;
    uint32_t index;
} entry;

/* Does a stand before b? */
static bool before(entry a, entry b)
{
    return a.key > b.key || (a.key == b.key && a.index < b.index);
}

static int by_order(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    return before(*x, *y) ? -1 : 1;
}

static entry entry_of(ts_tensor x, int64_t i)
{
    return (entry){ts_passes_of(x.dtype)->key(x.data, i), (uint32_t)i};
}

/* Heap. ---------------------------------------------------------------------------------------- */

/* The entry at `at` of a heap of n goes down until none below it is worse. */
static void sink(entry *heap, int64_t n, int64_t at)
{
    for (int64_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && before(heap[child], heap[child + 1]))
            child++;
        if (before(heap[child], heap[at]))
            return;
        const entry e = heap[at];
        heap[at] = heap[child];
        heap[child] = e;
    }
}

/* The k best of x in their order: the first k make the heap, a better one replaces the root. */
static void heap_select(entry *heap, ts_tensor x, int64_t k)
{
    for (int64_t i = 0; i < k; i++)
        heap[i] = entry_of(x, i);
    for (int64_t i = k / 2 - 1; i >= 0; i--)
        sink(heap, k, i);
    for (int64_t i = k; i < ts_numel(x); i++) {
        const entry e = entry_of(x, i);
        if (before(e, heap[0])) {
            heap[0] = e;
            sink(heap, k, 0);
        }
    }
    for (int64_t n = k - 1; n > 0; n--) { /* the worst goes last */
        const entry worst = heap[0];
        heap[0] = heap[n];
        heap[n] = worst;
        sink(heap, n, 0);
    }
}

/* Quickselect. --------------------------------------------------------------------------------- */

/* Exchanges entries until the k that stand before all others are in front. */
static void part(entry *e, int64_t n, int64_t k)
{
    int64_t low = 0, high = n - 1;
    while (low < high) {
        const entry pivot = e[low + (high - low) / 2];
        int64_t i = low, j = high;
        while (i <= j) {
            while (before(e[i], pivot))
                i++;
            while (before(pivot, e[j]))
                j--;
            if (i <= j) {
                const entry t = e[i];
                e[i++] = e[j];
                e[j--] = t;
            }
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            return;
    }
}

/* Radix. --------------------------------------------------------------------------------------- */

/* Stable, by digits of the key from the lowest up, larger ones first: entries of equal keys stay in
 * the order of their indices. */
static entry *sort_by_digits(entry *from, entry *to, int64_t n, int bits)
{
    for (int shift = 0; shift < bits; shift += TS_DIGIT) {
        int64_t place[TS_BINS + 1] = {0};
        for (int64_t i = 0; i < n; i++)
            place[TS_BINS - (int)(from[i].key >> shift & (TS_BINS - 1))]++;
        for (int b = 0; b < TS_BINS; b++)
            place[b + 1] += place[b];
        for (int64_t i = 0; i < n; i++)
            to[place[TS_BINS - 1 - (int)(from[i].key >> shift & (TS_BINS - 1))]++] = from[i];
        entry *other = from;
        from = to;
        to = other;
    }
    return from;
}

static void radix_select(ts_ctx *ctx, ts_sparse *out, ts_tensor x, int64_t k)
{
    const int bits = ts_passes_of(x.dtype)->bits;
    ts_entries pool;
    if (ts_entries_collect(ctx, &pool, NULL, x, ts_entries_guess(ctx, x, k)))
        return;
    if (pool.n < k)
        pool = ts_entries_of(x);
    const uint64_t last = ts_entries_kth(ctx, &pool, k);
    const ts_survey found = ts_entries_survey(ctx, &pool, last + 1, last);
    ts_entries_emit(ctx, out, &pool, last + 1, last, 0, k - found.high);
    entry *a = ts_take(ctx, (size_t)k * sizeof *a), *b = ts_take(ctx, (size_t)k * sizeof *b);
    if (ctx->status)
        return;
    for (int64_t j = 0; j < k; j++)
        a[j] = (entry){ts_passes_of(x.dtype)->key(out->values.data, j), out->indices[j]};
    a = sort_by_digits(a, b, k, bits);
    for (int64_t j = 0; j < k; j++)
        out->indices[j] = a[j].index;
}

/* -----------------------------------------------------------------------------------------------*/

static void by_entries(ts_ctx *ctx, ts_sparse *out, ts_tensor x, ts_exact_way way)
{
    const int64_t d = ts_numel(x), k = out->count, n = way == TS_EXACT_HEAP ? k : d;
    entry *e = ts_take(ctx, (size_t)n * sizeof *e);
    if (!e)
        return;
    if (way == TS_EXACT_HEAP) {
        heap_select(e, x, k);
    } else {
        for (int64_t i = 0; i < d; i++)
            e[i] = entry_of(x, i);
        if (way == TS_EXACT_QUICKSELECT)
            part(e, d, k);
        qsort(e, (size_t)(way == TS_EXACT_SORT ? d : k), sizeof *e, by_order);
    }
    for (int64_t j = 0; j < k; j++)
        out->indices[j] = e[j].index;
}

ts_status ts_topk_exact(ts_ctx *ctx, ts_sparse *out, ts_tensor x, int64_t k, ts_exact_way way)
{
    const ts_tensor source = ts_sparse_source(ctx, x);
    const int64_t d = ts_numel(source);
    *out = (ts_sparse){.size = d};
    if (!ctx->status && k < 0)
        ts_fail(ctx, TS_ERROR_USAGE, "topk: k is %lld", (long long)k);
    if (ctx->status || ts_entries_finite(ctx, source) ||
        ts_sparse_new(ctx, out, source.dtype, d, k < d ? k : d) || out->count == 0)
        return ctx->status;
    const ts_scope scope = ts_scope_open(ctx);
    if (way == TS_EXACT_RADIX)
        radix_select(ctx, out, source, out->count);
    else
        by_entries(ctx, out, source, way);
    ts_scope_close(ctx, scope, NULL, 0);
    if (!ctx->status)
        ts_sparse_gather(out, source);
    return ctx->status;
}
