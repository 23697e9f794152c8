/* embedding.c: plain's look-up, some rows a thread. Equation: ref/ops/plain/embedding.c. */
#include "ref/base/par.h"
#include "ref/ops/kernels.h"

enum { GRAIN = 1 << 15 };

typedef struct {
    real *y;
    const real *table;
    const int64_t *ids;
    int64_t n;
} lookup;

static void rows(void *arg, int64_t first, int64_t last)
{
    const lookup *l = arg;
    TS_PLAIN(embedding_forward)(l->y + first * l->n, l->table, l->ids + first, last - first, l->n);
}

void TS_NAME(embedding_forward)(real *y, const real *table, const int64_t *ids, int64_t count,
                                int64_t n)
{
    lookup l = {y, table, ids, n};
    ts_par_for(count, 1 + GRAIN / (n + 1), rows, &l);
}
