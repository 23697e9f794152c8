/* ctc.c: plain's kernels, one sample of the batch a thread. Equations: ref/ops/plain/ctc.c. */
#include "ref/base/par.h"
#include "ref/ops/kernels.h"

typedef struct {
    real *out;
    double *alpha, *beta;
    const double *saved;
    const real *dy, *log_p;
    const ts_ctc_labels *labels;
} batch;

static void some_forward(void *arg, int64_t first, int64_t last)
{
    const batch *b = arg;
    ts_ctc_labels part = *b->labels;
    part.first = first;
    part.last = last;
    TS_PLAIN(ctc_forward)(b->out, b->alpha, b->log_p, &part);
}

static void some_backward(void *arg, int64_t first, int64_t last)
{
    const batch *b = arg;
    ts_ctc_labels part = *b->labels;
    part.first = first;
    part.last = last;
    TS_PLAIN(ctc_backward)(b->out, b->beta, b->dy, b->saved, b->log_p, &part);
}

void TS_NAME(ctc_forward)(real *y, double *alpha, const real *log_p, const ts_ctc_labels *labels)
{
    batch b = {.out = y, .alpha = alpha, .log_p = log_p, .labels = labels};
    ts_par_for(labels->batch, 1, some_forward, &b);
}

void TS_NAME(ctc_backward)(real *dlog_p, double *beta, const real *dy, const double *alpha,
                           const real *log_p, const ts_ctc_labels *labels)
{
    batch b = {.out = dlog_p, .beta = beta, .dy = dy, .saved = alpha, .log_p = log_p,
               .labels = labels};
    ts_par_for(labels->batch, 1, some_backward, &b);
}
