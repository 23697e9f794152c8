/* rows.c: row optimisers, each an equation.
 *
 * g is the row's gradient of the mean loss, summed over its occurrences (plus decay w, if there is
 * one), w the values. Numbers of a row are updated in pieces, in double, and rounded once when they
 * are stored.
 *
 * Which optimisers the paper of DES used is not known. Sources: Adagrad: Duchi, Hazan, Singer 2011;
 * row-wise as in DLRM and TorchRec. Adam: Kingma and Ba 2015; lazy as in TensorFlow's LazyAdam and
 * torch.optim.SparseAdam. FTRL: McMahan et al. 2013 (Ad click prediction), algorithm 1; with n0 = 0.1,
 * beta = 0 and 2 l2 as in TensorFlow. Group lasso: Ni et al. 2019 (Feature selection for Facebook-scale
 * CTR by group lasso), in the form with sqrt(width). A published one (Monolith, ftrl_optimizer.cc) takes
 * C's signbit(z), which is 0 or 1, for the sign: it shrinks by l1 in no case as it should.
 *
 * A set of rows belongs to one rank, which alone updates them: workers that overwrite each other's
 * rows, or add differences to them, do not occur here.
 *
 * Easy to get wrong: row-wise Adagrad and the group lasso need the whole row, so they differ when a row
 * is cut by columns. Test: tests/des/test_rows.c; golden: scripts/golden/rows.py. */
#include "ref/des/rows.h"

#include "ref/base/clones.h"
#include "ref/base/mathf.h"

#include <math.h>
#include <string.h>

enum { PIECE = 64 };

/* Some columns of a row. */
typedef struct {
    double w[PIECE], g[PIECE], s[2][PIECE];
} piece;

/* What is the same for the whole row. */
typedef struct {
    double rate;    /* of this step */
    double root;    /* Adam: what the root is divided by; row-wise Adagrad: the root itself */
    double shrink;  /* group lasso: 0 when the row goes */
} whole;

/* w -= lr g */
TS_INTO_LOOPS void sgd(piece *p, const ts_row_optimizer *o, int64_t n)
{
    for (int64_t j = 0; j < n; j++)
        p->w[j] -= o->lr * p->g[j];
}

/* a += g^2; w -= lr g / (sqrt(a) + eps), and nothing where that is 0 / 0.
 * torch: a0 = 0, eps = 1e-10; TensorFlow and Monolith: a0 = 0.1, no eps. */
TS_INTO_LOOPS void adagrad(piece *p, const ts_row_optimizer *o, int64_t n)
{
    for (int64_t j = 0; j < n; j++) {
        const double a = p->s[0][j] + p->g[j] * p->g[j], under = sqrt(a) + o->epsilon;
        p->s[0][j] = a;
        p->w[j] -= o->lr * p->g[j] / (under > 0.0 ? under : 1.0);
    }
}

/* a += mean of g^2 over the row (one a); w -= lr g / (sqrt(a) + eps) */
TS_INTO_LOOPS void adagrad_mean(piece *p, const whole *row, const ts_row_optimizer *o, int64_t n)
{
    const double under = row->root + o->epsilon;
    for (int64_t j = 0; j < n; j++)
        p->w[j] -= o->lr * p->g[j] / (under > 0.0 ? under : 1.0);
}

/* m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2;
 * torch:      w -= lr / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + eps)
 * TensorFlow: w -= lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + eps) */
TS_INTO_LOOPS void adam(piece *p, const whole *row, const ts_row_optimizer *o, int64_t n)
{
    for (int64_t j = 0; j < n; j++) {
        const double m = o->beta1 * p->s[0][j] + (1.0 - o->beta1) * p->g[j];
        const double v = o->beta2 * p->s[1][j] + (1.0 - o->beta2) * p->g[j] * p->g[j];
        const double under = sqrt(v / row->root) + o->epsilon;
        p->s[0][j] = m;
        p->s[1][j] = v;
        p->w[j] -= row->rate * m / (under > 0.0 ? under : 1.0);
    }
}

/* sigma = (sqrt(n + g^2) - sqrt(n)) / alpha; z += g - sigma w; n += g^2 */
TS_INTO_LOOPS void ftrl_sums(piece *p, const ts_row_optimizer *o, int64_t count)
{
    for (int64_t j = 0; j < count; j++) {
        const double n = p->s[1][j], more = n + p->g[j] * p->g[j];
        const double sigma = (sqrt(more) - sqrt(n)) / o->lr;
        p->s[0][j] += p->g[j] - sigma * p->w[j];
        p->s[1][j] = more;
    }
}

TS_INTO_LOOPS double soft(double z, double l1)
{
    return fabs(z) <= l1 ? 0.0 : z - copysign(l1, z);
}

/* w = -shrink soft(z, l1) / ((beta + sqrt(n)) / alpha + l2); shrink is 1 without a group lasso */
TS_INTO_LOOPS void ftrl_values(piece *p, const whole *row, const ts_row_optimizer *o, int64_t count)
{
    for (int64_t j = 0; j < count; j++) {
        const double u = row->shrink * soft(p->s[0][j], o->l1);
        const double under = (o->beta + sqrt(p->s[1][j])) / o->lr + o->l2;
        p->w[j] = u == 0.0 ? 0.0 : -u / under;
    }
}

/* The row's memory. --------------------------------------------------------------------------- */

typedef struct {
    void *values, *state;
    const void *g;
    ts_dtype dtype;
    int64_t width;
} memory;

TS_INTO_LOOPS void load(double *to, const void *from, ts_dtype dtype, int64_t first, int64_t n)
{
    if (dtype == TS_F32)
        for (int64_t j = 0; j < n; j++)
            to[j] = (double)((const float *)from)[first + j];
    else
        memcpy(to, (const double *)from + first, (size_t)n * sizeof *to);
}

TS_INTO_LOOPS void store(void *to, const double *from, ts_dtype dtype, int64_t first, int64_t n)
{
    if (dtype == TS_F32)
        for (int64_t j = 0; j < n; j++)
            ((float *)to)[first + j] = (float)from[j];
    else
        memcpy((double *)to + first, from, (size_t)n * sizeof *from);
}

TS_INTO_LOOPS int64_t fetch(piece *p, const memory *m, const ts_row_optimizer *o, int slots, int64_t first)
{
    const int64_t n = m->width - first < PIECE ? m->width - first : PIECE;
    load(p->w, m->values, m->dtype, first, n);
    load(p->g, m->g, m->dtype, first, n);
    for (int s = 0; s < slots; s++)
        load(p->s[s], m->state, m->dtype, s * m->width + first, n);
    if (o->decay > 0.0)
        for (int64_t j = 0; j < n; j++)
            p->g[j] += o->decay * p->w[j];
    return n;
}

TS_INTO_LOOPS void keep(const piece *p, const memory *m, int slots, int64_t first, int64_t n)
{
    store(m->values, p->w, m->dtype, first, n);
    for (int s = 0; s < slots; s++)
        store(m->state, p->s[s], m->dtype, s * m->width + first, n);
}

/* An extra number stands behind the slots. */
TS_INTO_LOOPS double extra(const memory *m, int slots, double plus)
{
    double x;
    load(&x, m->state, m->dtype, slots * m->width, 1);
    x += plus;
    store(m->state, &x, m->dtype, slots * m->width, 1);
    load(&x, m->state, m->dtype, slots * m->width, 1);
    return x;
}

/* What a rule must know of the whole row before its values change. ------------------------------ */

TS_INTO_LOOPS double mean_square(const memory *m, const ts_row_optimizer *o)
{
    piece p;
    double sum = 0.0;
    for (int64_t first = 0; first < m->width; first += PIECE) {
        const int64_t n = fetch(&p, m, o, 0, first);
        for (int64_t j = 0; j < n; j++)
            sum += p.g[j] * p.g[j];
    }
    return m->width > 0 ? sum / (double)m->width : 0.0;
}

/* 1 - lambda sqrt(width) / |u|, u = soft(z, l1) of the new z; 0 where that is negative */
TS_INTO_LOOPS double group_shrink(const memory *m, const ts_row_optimizer *o)
{
    piece p;
    double sum = 0.0;
    for (int64_t first = 0; first < m->width; first += PIECE) {
        const int64_t n = fetch(&p, m, o, 2, first);
        ftrl_sums(&p, o, n);
        for (int64_t j = 0; j < n; j++)
            sum += soft(p.s[0][j], o->l1) * soft(p.s[0][j], o->l1);
    }
    const double norm = sqrt(sum), bound = o->group * sqrt((double)m->width);
    return norm <= bound ? 0.0 : 1.0 - bound / norm;
}

TS_INTO_LOOPS whole of_row(const memory *m, const ts_row_optimizer *o, int64_t step)
{
    whole row = {o->lr, 1.0, 1.0};
    if (o->rule == TS_ROW_ADAGRAD_MEAN)
        row.root = sqrt(extra(m, 0, mean_square(m, o)));
    else if (o->rule == TS_ROW_FTRL_GROUP)
        row.shrink = group_shrink(m, o);
    else if (o->rule == TS_ROW_ADAM) {
        const double t = o->own_steps ? extra(m, 2, 1.0) : (double)step;
        const double first = 1.0 - ts_pow(o->beta1, t), second = 1.0 - ts_pow(o->beta2, t);
        row.rate = o->corrected ? o->lr / first : o->lr * sqrt(second) / first;
        row.root = o->corrected ? second : 1.0;
    }
    return row;
}

TS_INTO_LOOPS void update(const memory *m, const ts_row_optimizer *o, int64_t step, int slots)
{
    const whole row = of_row(m, o, step);
    piece p;
    for (int64_t first = 0; first < m->width; first += PIECE) {
        const int64_t n = fetch(&p, m, o, slots, first);
        switch (o->rule) {
        case TS_ROW_ADAGRAD: adagrad(&p, o, n); break;
        case TS_ROW_ADAGRAD_MEAN: adagrad_mean(&p, &row, o, n); break;
        case TS_ROW_ADAM: adam(&p, &row, o, n); break;
        case TS_ROW_FTRL:
        case TS_ROW_FTRL_GROUP:
            ftrl_sums(&p, o, n);
            ftrl_values(&p, &row, o, n);
            break;
        default: sgd(&p, o, n); break;
        }
        keep(&p, m, slots, first, n);
    }
}

/* The same lines for either type, so that the compiler knows it inside the loops. */
TS_CLONES static void update_f32(const memory *m, const ts_row_optimizer *o, int64_t step, int slots)
{
    memory known = *m;
    known.dtype = TS_F32;
    update(&known, o, step, slots);
}

TS_CLONES static void update_f64(const memory *m, const ts_row_optimizer *o, int64_t step, int slots)
{
    memory known = *m;
    known.dtype = TS_F64;
    update(&known, o, step, slots);
}

void ts_row_update(void *values, void *state, const void *g, const ts_row_optimizer *o, ts_dtype dtype,
                   int64_t width, int64_t step)
{
    const memory m = {values, state, g, dtype, width};
    (dtype == TS_F32 ? update_f32 : update_f64)(&m, o, step, ts_row_layout_of(o).slots);
}

/* Names, settings, layouts. --------------------------------------------------------------------- */

static const struct {
    const char *name;
    ts_row_optimizer o;
} named[] = {
    {"sgd", {.rule = TS_ROW_SGD, .lr = 0.1}},
    {"adagrad", {.rule = TS_ROW_ADAGRAD, .lr = 0.01, .epsilon = 1e-10}},
    {"adagrad-tf", {.rule = TS_ROW_ADAGRAD, .lr = 0.001, .start = 0.1}},
    {"adagrad-row", {.rule = TS_ROW_ADAGRAD_MEAN, .lr = 0.01, .epsilon = 1e-8}},
    {"adam", {.rule = TS_ROW_ADAM, .lr = 0.001, .epsilon = 1e-8, .beta1 = 0.9, .beta2 = 0.999,
              .corrected = true}},
    {"adam-tf", {.rule = TS_ROW_ADAM, .lr = 0.001, .epsilon = 1e-8, .beta1 = 0.9, .beta2 = 0.999}},
    {"ftrl", {.rule = TS_ROW_FTRL, .lr = 0.1, .beta = 1.0}},
    {"ftrl-tf", {.rule = TS_ROW_FTRL, .lr = 0.001, .start = 0.1}},
    {"ftrl-group", {.rule = TS_ROW_FTRL_GROUP, .lr = 0.1, .beta = 1.0}},
};

const char *ts_row_optimizer_name(int i)
{
    return i >= 0 && i < (int)(sizeof named / sizeof *named) ? named[i].name : NULL;
}

bool ts_row_optimizer_named(ts_row_optimizer *o, const char *name)
{
    for (int i = 0; ts_row_optimizer_name(i); i++)
        if (strcmp(name, named[i].name) == 0) {
            *o = named[i].o;
            return true;
        }
    return false;
}

ts_status ts_row_optimizer_check(ts_ctx *ctx, const ts_row_optimizer *o)
{
    const struct {
        const char *name;
        double value, above; /* -1: from 0 on */
    } setting[] = {{"lr", o->lr, 0.0},      {"epsilon", o->epsilon, -1.0}, {"start", o->start, -1.0},
                   {"beta", o->beta, -1.0}, {"l1", o->l1, -1.0},           {"l2", o->l2, -1.0},
                   {"group", o->group, -1.0}, {"decay", o->decay, -1.0},   {"beta1", o->beta1, -1.0},
                   {"beta2", o->beta2, -1.0}};
    if (ctx->status)
        return ctx->status;
    if (o->rule < TS_ROW_SGD || o->rule >= TS_ROW_RULES)
        return ts_fail(ctx, TS_ERROR_USAGE, "row optimizer: there is no rule %d", (int)o->rule);
    for (size_t i = 0; i < sizeof setting / sizeof *setting; i++) {
        const double x = setting[i].value;
        const bool factor = strncmp(setting[i].name, "beta", 4) == 0 && setting[i].name[4];
        if (!isfinite(x) || x < 0.0 || x <= setting[i].above || (factor && x >= 1.0))
            return ts_fail(ctx, TS_ERROR_USAGE, "row optimizer: %s is %g, expected %s%s",
                           setting[i].name, x, setting[i].above < 0.0 ? "at least 0" : "above 0",
                           factor ? ", below 1" : "");
    }
    return TS_OK;
}

ts_row_layout ts_row_layout_of(const ts_row_optimizer *o)
{
    switch (o->rule) {
    case TS_ROW_ADAGRAD: return (ts_row_layout){1, 0, {o->start}};
    case TS_ROW_ADAGRAD_MEAN: return (ts_row_layout){0, 1, {o->start}};
    case TS_ROW_ADAM: return (ts_row_layout){2, o->own_steps, {0.0, 0.0, 0.0}};
    case TS_ROW_FTRL:
    case TS_ROW_FTRL_GROUP: return (ts_row_layout){2, 0, {0.0, o->start}};
    default: return (ts_row_layout){0, 0, {0.0}};
    }
}

void ts_row_begin(void *state, ts_dtype dtype, int64_t width, const ts_row_layout *layout)
{
    const int64_t slots = layout->slots * width, n = slots + layout->extras;
    for (int64_t i = 0; i < n; i++) {
        const double x = layout->start[i < slots ? i / width : layout->slots + i - slots];
        if (dtype == TS_F32)
            ((float *)state)[i] = (float)x;
        else
            ((double *)state)[i] = x;
    }
}
