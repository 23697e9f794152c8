/* pool.c: plain's kernels, some planes a thread. Equations: ref/ops/plain/pool.c. */
#include "ref/base/par.h"
#include "ref/ops/kernels.h"

enum { GRAIN = 1 << 13 };

typedef struct {
    real *to;
    const real *from;
    int64_t *where;             /* max_pool_forward writes it */
    const int64_t *where_given; /* max_pool_backward reads it */
    const ts_window *window;
    int64_t in, out; /* elements of a plane */
} pooling;

static void avg_forward(void *arg, int64_t first, int64_t last)
{
    const pooling *p = arg;
    TS_PLAIN(avg_pool_forward)(p->to + first * p->out, p->from + first * p->in, last - first,
                               p->window);
}

static void avg_backward(void *arg, int64_t first, int64_t last)
{
    const pooling *p = arg;
    TS_PLAIN(avg_pool_backward)(p->to + first * p->in, p->from + first * p->out, last - first,
                                p->window);
}

static void max_forward(void *arg, int64_t first, int64_t last)
{
    const pooling *p = arg;
    TS_PLAIN(max_pool_forward)(p->to + first * p->out, p->where + first * p->out,
                               p->from + first * p->in, last - first, p->window);
}

static void max_backward(void *arg, int64_t first, int64_t last)
{
    const pooling *p = arg;
    TS_PLAIN(max_pool_backward)(p->to + first * p->in, p->from + first * p->out,
                                p->where_given + first * p->out, last - first, p->window);
}

static void threaded(pooling *p, int64_t planes, void (*body)(void *, int64_t, int64_t))
{
    p->in = p->window->in[0] * p->window->in[1];
    p->out = p->window->out[0] * p->window->out[1];
    ts_par_for(planes, 1 + GRAIN / (p->in + p->out + 1), body, p);
}

void TS_NAME(avg_pool_forward)(real *y, const real *x, int64_t planes, const ts_window *window)
{
    threaded(&(pooling){.to = y, .from = x, .window = window}, planes, avg_forward);
}

void TS_NAME(avg_pool_backward)(real *dx, const real *dy, int64_t planes, const ts_window *window)
{
    threaded(&(pooling){.to = dx, .from = dy, .window = window}, planes, avg_backward);
}

void TS_NAME(max_pool_forward)(real *y, int64_t *where, const real *x, int64_t planes,
                               const ts_window *window)
{
    threaded(&(pooling){.to = y, .from = x, .where = where, .window = window}, planes, max_forward);
}

void TS_NAME(max_pool_backward)(real *dx, const real *dy, const int64_t *where, int64_t planes,
                                const ts_window *window)
{
    threaded(&(pooling){.to = dx, .from = dy, .where_given = where, .window = window}, planes,
             max_backward);
}
