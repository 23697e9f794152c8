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
    void (*linear)(real *, const real *, int64_t, const int64_t *, bool); /* instead of kernel */
    bool align;
} planes_of;

static void some(void *arg, int64_t first, int64_t last)
{
    const planes_of *p = arg;
    real *to = p->to + first * p->to_plane;
    const real *from = p->from + first * p->from_plane;
    if (p->linear)
        p->linear(to, from, last - first, p->size, p->align);
    else
        p->kernel(to, from, last - first, p->size);
}

static void threaded(planes_of *p, int64_t planes)
{
    ts_par_for(planes, 1 + GRAIN / (p->to_plane + p->from_plane + 1), some, p);
}

void TS_NAME(resize_nearest_forward)(real *y, const real *x, int64_t planes, const int64_t *size)
{
    planes_of p = {.to = y, .from = x, .size = size, .to_plane = size[2] * size[3],
                   .from_plane = size[0] * size[1], .kernel = TS_PLAIN(resize_nearest_forward)};
    threaded(&p, planes);
}

void TS_NAME(resize_nearest_backward)(real *dx, const real *dy, int64_t planes,
                                      const int64_t *size)
{
    planes_of p = {.to = dx, .from = dy, .size = size, .to_plane = size[0] * size[1],
                   .from_plane = size[2] * size[3], .kernel = TS_PLAIN(resize_nearest_backward)};
    threaded(&p, planes);
}

void TS_NAME(resize_bilinear_forward)(real *y, const real *x, int64_t planes, const int64_t *size,
                                      bool align)
{
    planes_of p = {.to = y, .from = x, .size = size, .to_plane = size[2] * size[3],
                   .from_plane = size[0] * size[1], .linear = TS_PLAIN(resize_bilinear_forward),
                   .align = align};
    threaded(&p, planes);
}

void TS_NAME(resize_bilinear_backward)(real *dx, const real *dy, int64_t planes,
                                       const int64_t *size, bool align)
{
    planes_of p = {.to = dx, .from = dy, .size = size, .to_plane = size[0] * size[1],
                   .from_plane = size[2] * size[3], .linear = TS_PLAIN(resize_bilinear_backward),
                   .align = align};
    threaded(&p, planes);
}
