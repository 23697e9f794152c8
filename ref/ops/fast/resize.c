/* resize.c: plain's kernels, some planes a thread. Equations: ref/ops/plain/resize.c. */
#include "ref/base/par.h"
#include "ref/ops/kernels.h"

enum { GRAIN = 1 << 14 };

typedef struct {
    real *to;
    const real *from;
    const int64_t *size;
    int64_t to_plane, from_plane;
    void (*kernel)(real *, const real *, int64_t, const int64_t *);
} planes_of;

static void some(void *arg, int64_t first, int64_t last)
{
    const planes_of *p = arg;
    p->kernel(p->to + first * p->to_plane, p->from + first * p->from_plane, last - first, p->size);
}

static void threaded(planes_of *p, int64_t planes)
{
    ts_par_for(planes, 1 + GRAIN / (p->to_plane + p->from_plane + 1), some, p);
}

void TS_NAME(resize_nearest_forward)(real *y, const real *x, int64_t planes, const int64_t *size)
{
    planes_of p = {y, x, size, size[2] * size[3], size[0] * size[1],
                   TS_PLAIN(resize_nearest_forward)};
    threaded(&p, planes);
}

void TS_NAME(resize_nearest_backward)(real *dx, const real *dy, int64_t planes,
                                      const int64_t *size)
{
    planes_of p = {dx, dy, size, size[0] * size[1], size[2] * size[3],
                   TS_PLAIN(resize_nearest_backward)};
    threaded(&p, planes);
}
