/* suspects.c: selections with one mistake each. See suspects.h; who uses it: verdict.c.
 * Test: tests/topk/test_suspects.c */
#include "ref/topk/suspects.h"

#include <math.h>
#include <stdlib.h>

const ts_suspect ts_suspects_mstopk[] = {
    {.text = "thresholds are compared with > instead of >=", .strict = true},
    {.text = "the mean is a sum in float32", .mean = 1},
    {.text = "mean and thresholds are computed in float32", .mean = 2},
    {.text = "one step of the search too few", .steps = -1},
    {.text = "one step of the search too many", .steps = 1},
    {.text = "threshold 1 begins at 0 instead of infinity", .zero = true},
    {.text = "values are compared instead of magnitudes", .signs = true},
    {.text = "the mean divides by the size rounded up to a multiple of 32", .mean = 32},
    {.text = "the mean divides by the size rounded up to a multiple of 256", .mean = 256},
    {.text = "the mean divides by the size rounded up to a multiple of 1024", .mean = 1024},
    {.text = NULL}};

const ts_suspect ts_suspects_exact[] = {
    {.text = "of equal magnitudes the higher index is taken", .high = true},
    {.text = "values are compared instead of magnitudes", .signs = true},
    {.text = NULL}};

static bool reaches(const ts_suspect *s, double a, double threshold)
{
    return s->strict ? a > threshold : a >= threshold;
}

static double mean_of(const ts_suspect *s, const ts_suspect_room *a, int64_t d)
{
    double sum = 0.0;
    float narrow = 0.0f;
    for (int64_t i = 0; i < d; i++) {
        sum += a[i].a;
        narrow += (float)a[i].a;
    }
    if (s->mean == 1 || s->mean == 2)
        return (double)(narrow / (float)d);
    const int64_t n = s->mean > 2 ? (d + s->mean - 1) / s->mean * s->mean : d;
    return sum / (double)n;
}

typedef struct {
    double t1, t2;
    int64_t n1, n2;
} found;

static found search(const ts_suspect *s, const ts_suspect_room *a, int64_t d, int64_t k, int64_t steps)
{
    double most = a[0].a, l = 0.0, r = 1.0;
    found f = {s->zero ? 0.0 : (double)INFINITY, s->signs ? -(double)INFINITY : 0.0, 0, d};
    for (int64_t i = 0; i < d; i++)
        most = a[i].a > most ? a[i].a : most;
    const double mean = fmin(mean_of(s, a, d), most);
    for (int64_t step = 0; step < steps + s->steps; step++) {
        const double ratio = l + (r - l) / 2;
        const double t = s->mean == 2 ? (double)((float)mean + (float)ratio * (float)(most - mean))
                                      : mean + ratio * (most - mean);
        int64_t n = 0;
        for (int64_t i = 0; i < d; i++)
            n += reaches(s, a[i].a, t);
        if (n <= k) {
            r = ratio;
            if (n > f.n1) {
                f.n1 = n;
                f.t1 = t;
            }
        } else {
            l = ratio;
            if (n < f.n2) {
                f.n2 = n;
                f.t2 = t;
            }
        }
    }
    return f;
}

static int64_t by_search(const ts_suspect *s, int64_t *out, const ts_suspect_room *a, int64_t d, int64_t k,
                         int64_t steps, int64_t start)
{
    const found f = search(s, a, d, k, steps);
    int64_t n = 0, place = 0;
    for (int64_t i = 0; i < d && n < k; i++)
        if (reaches(s, a[i].a, f.t1))
            out[n++] = i;
    for (int64_t i = 0; i < d && n < k; i++)
        if (!reaches(s, a[i].a, f.t1) && (reaches(s, a[i].a, f.t2) || f.n2 == d) && place++ >= start)
            out[n++] = i;
    return n;
}

/* Larger ones first, equal ones by index: the lower or the higher first. */
static int lower_first(const void *p, const void *q)
{
    const ts_suspect_room *x = p, *y = q;
    return x->a != y->a ? (x->a < y->a) - (x->a > y->a) : (x->i > y->i) - (x->i < y->i);
}

static int higher_first(const void *p, const void *q)
{
    const ts_suspect_room *x = p, *y = q;
    return x->a != y->a ? (x->a < y->a) - (x->a > y->a) : (x->i < y->i) - (x->i > y->i);
}

static int64_t exactly(const ts_suspect *s, int64_t *out, ts_suspect_room *a, int64_t d, int64_t k)
{
    qsort(a, (size_t)d, sizeof *a, s->high ? higher_first : lower_first);
    for (int64_t j = 0; j < k; j++)
        out[j] = a[j].i;
    return k;
}

int64_t ts_suspect_selects(const ts_suspect *s, int64_t *out, ts_suspect_room *room, const double *x,
                           int64_t d, int64_t k, int64_t steps, int64_t start)
{
    if (d < 1 || k >= d)
        return 0;
    for (int64_t i = 0; i < d; i++)
        room[i] = (ts_suspect_room){s->signs ? x[i] : fabs(x[i]), i};
    return steps < 0 ? exactly(s, out, room, d, k)
                     : by_search(s, out, room, d, k, steps, start);
}
