/* ctc.c: connectionist temporal classification: -log of the probability of a label sequence.
 *
 * A label l_1 .. l_L is spread over T steps: each symbol may last, blanks may stand anywhere, and
 * must stand between equal neighbours. The states of that walk are blank l_1 blank l_2 ... blank, S =
 * 2 L + 1 of them; x_t(s) is log p of state s at step t.
 *
 *     a_t(s) = x_t(s) + log sum of exp a_(t-1)(s'),   s' = s, s - 1, and s - 2 if s may be jumped to
 *     b_t(s) = log sum of exp (b_(t+1)(s') + x_(t+1)(s')),   s' = s, s + 1, and s + 2 likewise
 *     y = -log(exp a_T(S) + exp a_T(S - 1))
 *
 * and a state's share of all paths at step t is exp(a_t(s) + b_t(s) + y).
 *
 * Source:   Graves et al. 2006, section 4.1, in logarithms; torch.nn.functional.ctc_loss
 * Shapes:   log_p, dlog_p (T, B, classes); y, dy (B); alpha (B, T, W), beta (B, 2, W), W = 2 longest
 *           + 1
 * Pitfalls: dlog_p is torch's: exp(log_p) minus the shares, which is the gradient after a
 *           log-softmax, not of y alone; a label that cannot be written in T steps gives infinity
 *           and NaN gradients, or zeros; steps beyond a sample's own length have gradient 0
 * Test:     tests/ops/test_ctc.c             Golden: ops/ctc */
#include "ref/base/mathf.h"
#include "ref/ops/kernels.h"

#include <math.h>

/* One sample of the batch. */
typedef struct {
    const real *x;          /* step t begins at x + t * stride */
    const int64_t *symbols; /* its label */
    int64_t stride, steps, states, blank, width;
} sample;

static sample sample_of(const ts_ctc_labels *l, const real *log_p, int64_t i)
{
    return (sample){log_p + i * l->classes, l->labels + i * l->longest, l->batch * l->classes,
                    l->input_length[i], 2 * l->label_length[i] + 1, l->blank, 2 * l->longest + 1};
}

static int64_t symbol(const sample *m, int64_t state)
{
    return state % 2 ? m->symbols[state / 2] : m->blank;
}

static wide at(const sample *m, int64_t step, int64_t state)
{
    return (wide)m->x[step * m->stride + symbol(m, state)];
}

/* May a path go from state - 2 to state, over a blank? */
static bool may_jump(const sample *m, int64_t state)
{
    return state % 2 && state >= 3 && symbol(m, state) != symbol(m, state - 2);
}

static wide log_add(wide a, wide b)
{
    const wide high = a > b ? a : b, low = a > b ? b : a;
    if (!(low > -(wide)INFINITY))
        return isnan(a) || isnan(b) ? (wide)NAN : high;
    return high + (wide)ts_log1p(ts_exp((double)(low - high)));
}

/* alpha of one sample */
static void forward_walk(const sample *m, double *alpha)
{
    for (int64_t s = 0; s < m->states && m->steps > 0; s++)
        alpha[s] = s < 2 ? (double)at(m, 0, s) : -(double)INFINITY;
    for (int64_t t = 1; t < m->steps; t++) {
        const double *before = alpha + (t - 1) * m->width;
        for (int64_t s = 0; s < m->states; s++) {
            wide from = (wide)before[s];
            if (s >= 1)
                from = log_add(from, (wide)before[s - 1]);
            if (may_jump(m, s))
                from = log_add(from, (wide)before[s - 2]);
            alpha[t * m->width + s] = (double)(from + at(m, t, s));
        }
    }
}

/* -log p, from alpha */
static wide loss_of(const sample *m, const double *alpha)
{
    if (m->steps == 0)
        return m->states == 1 ? 0 : (wide)INFINITY;
    const double *last = alpha + (m->steps - 1) * m->width;
    const wide end = (wide)last[m->states - 1];
    return -(m->states > 1 ? log_add(end, (wide)last[m->states - 2]) : end);
}

void TS_NAME(ctc_forward)(real *y, double *alpha, const real *log_p, const ts_ctc_labels *labels)
{
    for (int64_t i = labels->first; i < labels->last; i++) {
        const sample m = sample_of(labels, log_p, i);
        double *a = alpha + i * labels->steps * m.width;
        forward_walk(&m, a);
        const wide loss = loss_of(&m, a);
        y[i] = labels->zero_infinity && loss == (wide)INFINITY ? 0 : (real)loss;
    }
}

/* b of step t into beta, from that of step t + 1 in after */
static void backward_step(const sample *m, double *beta, const double *after, int64_t t)
{
    for (int64_t s = 0; s < m->states; s++) {
        if (t + 1 == m->steps) {
            beta[s] = s + 2 >= m->states ? 0.0 : -(double)INFINITY;
            continue;
        }
        wide to = (wide)after[s] + at(m, t + 1, s);
        if (s + 1 < m->states)
            to = log_add(to, (wide)after[s + 1] + at(m, t + 1, s + 1));
        if (s + 2 < m->states && may_jump(m, s + 2))
            to = log_add(to, (wide)after[s + 2] + at(m, t + 1, s + 2));
        beta[s] = (double)to;
    }
}

/* dL/dlog_p_c = dy (exp log_p_c - sum of the shares of the states of c), one step of one sample */
static void step_gradient(real *dx, const sample *m, const double *alpha, const double *beta,
                          wide loss, wide dy, int64_t t)
{
    for (int64_t s = 0; s < m->states; s++) {
        const int64_t c = symbol(m, s);
        bool seen = false;
        for (int64_t k = s % 2 ? 1 : 0; k < s && !seen; k += 2)
            seen = symbol(m, k) == c;
        if (seen)
            continue; /* counted with the first state of that symbol */
        accumulator shares = {0};
        for (int64_t k = s; k < m->states; k++)
            if (symbol(m, k) == c)
                accumulate(&shares, (wide)ts_exp((double)((wide)alpha[k] + (wide)beta[k] + loss)));
        const wide p = (wide)ts_exp((double)m->x[t * m->stride + c]);
        dx[c] = (real)(dy * (p - total(&shares)));
    }
}

/* All steps of one sample, the last first. */
static void sample_gradient(real *dx, double *beta, const sample *m, const double *alpha,
                            const ts_ctc_labels *labels, wide dy)
{
    const wide loss = loss_of(m, alpha);
    const bool impossible = loss == (wide)INFINITY;
    for (int64_t t = labels->steps - 1; t >= 0; t--) {
        real *row = dx + t * m->stride;
        double *now = beta + t % 2 * m->width;
        for (int64_t c = 0; c < labels->classes; c++) {
            const wide p = (wide)ts_exp((double)m->x[t * m->stride + c]);
            row[c] = t >= m->steps || (impossible && labels->zero_infinity) ? 0
                     : impossible ? (real)NAN : (real)(dy * p);
        }
        if (t >= m->steps || impossible)
            continue;
        backward_step(m, now, beta + (t + 1) % 2 * m->width, t);
        step_gradient(row, m, alpha + t * m->width, now, loss, dy, t);
    }
}

void TS_NAME(ctc_backward)(real *dlog_p, double *beta, const real *dy, const double *alpha,
                           const real *log_p, const ts_ctc_labels *labels)
{
    for (int64_t i = labels->first; i < labels->last; i++) {
        const sample m = sample_of(labels, log_p, i);
        sample_gradient(dlog_p + i * labels->classes, beta + 2 * i * m.width, &m,
                        alpha + i * labels->steps * m.width, labels, (wide)dy[i]);
    }
}

#if defined(TS_GAUGES)
/* In floats a_t(s) is off by its own rounding, |a| + |x| + 3, and whatever it is off counts in y by
 * the state's share of the paths. most: the largest instead of the mean, for the shares themselves. */
static double walk_gauge(const sample *m, double *beta, const double *alpha, const double *gx,
                         bool most)
{
    const double loss = (double)loss_of(m, alpha);
    double sum = 0.0;
    for (int64_t t = m->steps - 1; t >= 0 && loss < (double)INFINITY; t--) {
        double *now = beta + t % 2 * m->width, largest = 0.0;
        backward_step(m, now, beta + (t + 1) % 2 * m->width, t);
        for (int64_t s = 0; s < m->states; s++) {
            const double a = alpha[t * m->width + s], share = ts_exp(a + now[s] + loss);
            if (!(share > 0.0))
                continue;
            const double off = fabs(a) + fabs((double)at(m, t, s)) + 3.0 +
                               (gx ? gx[t * m->stride + symbol(m, s)] : 0.0);
            largest = fmax(largest, off + fabs(now[s]));
            sum += most ? 0.0 : share * off;
        }
        sum += most ? largest : 0.0;
    }
    return sum;
}

void TS_NAME(ctc_gauge)(double *g, double *beta, const double *alpha, const real *log_p,
                        const double *glog_p, const ts_ctc_labels *labels)
{
    for (int64_t i = labels->first; i < labels->last; i++) {
        const sample m = sample_of(labels, log_p, i);
        g[i] = walk_gauge(&m, beta + 2 * i * m.width, alpha + i * labels->steps * m.width,
                          glog_p ? glog_p + i * labels->classes : NULL, false);
    }
}

/* |dy| (p (|x| + gx + 2) + share G) + gdy (p + share), G the gauge of the whole walk */
void TS_NAME(ctc_backward_gauge)(double *g, double *beta, const ts_ctc_gauge_in *in,
                                 const double *alpha, const real *log_p,
                                 const ts_ctc_labels *labels)
{
    for (int64_t i = labels->first; i < labels->last; i++) {
        const sample m = sample_of(labels, log_p, i);
        const double *a = alpha + i * labels->steps * m.width, *gx = in->glog_p;
        double *b = beta + 2 * i * m.width;
        gx = gx ? gx + i * labels->classes : NULL;
        const double walk = 2.0 * walk_gauge(&m, b, a, gx, true), d = fabs(in->dy[i]);
        const double loss = (double)loss_of(&m, a), gd = in->gdy ? in->gdy[i] : 0.0;
        for (int64_t t = labels->steps - 1; t >= 0; t--) {
            double *row = g + t * m.stride + i * labels->classes, *now = b + t % 2 * m.width;
            const bool counts = t < m.steps && loss < (double)INFINITY;
            for (int64_t c = 0; c < labels->classes; c++) {
                const double x = (double)m.x[t * m.stride + c], p = counts ? ts_exp(x) : 0.0;
                const double off = p > 0.0 ? fabs(x) + 2.0 + (gx ? gx[t * m.stride + c] : 0.0) : 0.0;
                row[c] = p * (d * off + gd);
            }
            if (!counts)
                continue;
            backward_step(&m, now, b + (t + 1) % 2 * m.width, t);
            for (int64_t s = 0; s < m.states; s++)
                row[symbol(&m, s)] += ts_exp(a[t * m.width + s] + now[s] + loss) * (d * walk + gd);
        }
    }
}
#endif
