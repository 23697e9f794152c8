/* optim.c: groups, parameters, and what is the same in a step of every method.
 * Test: tests/optim/test_optim.c */
#include "ref/optim/optim.h"

#include "ref/ops/dispatch.h"
#include "ref/optim/inside.h"

#include <math.h>
#include <string.h>

static const ts_optim_method *const methods[] = {&ts_method_sgd,   &ts_method_lars,
                                                 &ts_method_adam,  &ts_method_adamw,
                                                 &ts_method_lamb,  &ts_method_prodigy};

static const ts_optim_method *method_named(const char *name)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i]->name, name) == 0)
            return methods[i];
    return NULL;
}

ts_optim_settings ts_optim_defaults(const char *method)
{
    ts_optim_settings s = {.lr = 1e-3, .eps = 1e-8, .beta1 = 0.9, .beta2 = 0.999, .slice = 1,
                           .beta3 = -1.0, .d0 = 1e-6, .d_coef = 1.0, .eta = 1e-3,
                           .bias_correction = true, .decoupled = true, .gradient_averaging = true,
                           .adapt_without_decay = true};
    s.growth_rate = s.max_norm = s.max_trust = (double)INFINITY;
    if (strcmp(method, "lars") == 0) {
        s.momentum = 0.9;
        s.eps = 0.0;
        s.lr_inside = true;
    } else if (strcmp(method, "adamw") == 0) {
        s.weight_decay = 0.01;
    } else if (strcmp(method, "lamb") == 0) {
        s.eps = 1e-6;
        s.weight_decay = 0.01;
    } else if (strcmp(method, "prodigy") == 0) {
        s.lr = 1.0;
        s.bias_correction = false;
    } else if (!method_named(method)) {
        memset(&s, 0, sizeof s);
    }
    return s;
}

/* Groups. -------------------------------------------------------------------------------------- */

static ts_status check(ts_ctx *ctx, const ts_optim_method *method, const ts_optim_settings *s)
{
    const char *reason = !(s->lr >= 0.0) || !isfinite(s->lr) ? "lr must be a number of at least 0"
                         : !(s->weight_decay >= 0.0) ? "weight_decay must not be negative"
                                                     : method->wrong(s);
    return reason ? ts_fail(ctx, TS_ERROR_USAGE, "%s: %s", method->name, reason) : ctx->status;
}

ts_optim *ts_optim_new(ts_ctx *ctx, const char *method, const ts_optim_settings *settings)
{
    const ts_optim_method *found = method_named(method);
    if (ctx->status)
        return NULL;
    if (!found) {
        ts_fail(ctx, TS_ERROR_USAGE,
                "no optimiser \"%s\": sgd, lars, adam, adamw, lamb or prodigy", method);
        return NULL;
    }
    ts_optim *o = ts_alloc_zero(1, sizeof *o);
    if (!o) {
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for an optimiser");
        return NULL;
    }
    o->method = found;
    o->storage = ctx->compute;
    if (ts_optim_add_group(ctx, o, settings) < 0) {
        ts_optim_close(o);
        return NULL;
    }
    return o;
}

void ts_optim_close(ts_optim *o)
{
    if (!o)
        return;
    for (int64_t i = 0; i < o->count; i++) {
        ts_free(o->parameter[i].name);
        for (int k = 0; k < TS_OPTIM_STATES; k++)
            ts_free(o->parameter[i].state[k].data);
    }
    ts_free(o->parameter);
    ts_free(o->steps);
    ts_free(o->trust);
    ts_free(o->group);
    ts_free(o);
}

int ts_optim_add_group(ts_ctx *ctx, ts_optim *o, const ts_optim_settings *settings)
{
    if (ctx->status || check(ctx, o->method, settings))
        return -1;
    ts_optim_settings *more = ts_realloc(o->group, ((size_t)o->groups + 1) * sizeof *more);
    if (!more) {
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a group of parameters");
        return -1;
    }
    o->group = more;
    o->group[o->groups] = *settings;
    return o->groups++;
}

ts_optim_settings *ts_optim_group(ts_optim *o, int group)
{
    return group >= 0 && group < o->groups ? &o->group[group] : NULL;
}

/* Parameters. ---------------------------------------------------------------------------------- */

static ts_status accept(ts_ctx *ctx, const ts_optim *o, int group, const char *name, ts_tensor p)
{
    char shape[TS_SHAPE_TEXT];
    if (group < 0 || group >= o->groups)
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: group %d of %d", name, group, o->groups);
    if (ts_optim_find(o, name) >= 0)
        return ts_fail(ctx, TS_ERROR_USAGE, "the optimiser has a parameter %s already", name);
    if (ts_is_empty(p) || p.dtype != o->storage || !ts_is_contiguous(p) || ts_numel(p) == 0)
        return ts_fail(ctx, TS_ERROR_SHAPE, "%s: expected a contiguous parameter %s, got %s", name,
                       ts_dtype_name(o->storage), ts_shape_text(shape, p));
    return ctx->status;
}

/* One entry longer; `array` stays what it is when there is no memory. */
static bool longer(void **array, int64_t count, size_t size)
{
    void *more = ts_realloc(*array, ((size_t)count + 1) * size);
    if (more)
        *array = more;
    return more != NULL;
}

ts_status ts_optim_add(ts_ctx *ctx, ts_optim *o, int group, const char *name, ts_tensor p)
{
    if (ctx->status || accept(ctx, o, group, name, p))
        return ctx->status;
    ts_optim_parameter new = {.group = group, .value = p, .name = ts_strdup(name)};
    bool fits = new.name && longer((void **)&o->parameter, o->count, sizeof *o->parameter) &&
                longer((void **)&o->steps, o->count, sizeof *o->steps) &&
                longer((void **)&o->trust, o->count, sizeof *o->trust);
    for (int k = 0; k < TS_OPTIM_STATES && o->method->state[k] && fits; k++) {
        const int64_t n = o->method->room(&o->group[group], k, ts_numel(p));
        if (n > 0) {
            new.state[k] = ts_tensor_of(ts_alloc_zero((size_t)n, ts_dtype_size(o->storage)),
                                        o->storage, 1, &n);
            fits = new.state[k].data != NULL;
        }
    }
    if (!fits) {
        ts_free(new.name);
        for (int k = 0; k < TS_OPTIM_STATES; k++)
            ts_free(new.state[k].data);
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the optimiser's state of %s", name);
    }
    o->steps[o->count] = 0;
    o->trust[o->count] = 1.0;
    o->parameter[o->count++] = new;
    return ctx->status;
}

void ts_optim_share(ts_optim *o, ts_comm *comm)
{
    o->comm = comm;
}

const char *ts_optim_method_name(const ts_optim *o)
{
    return o->method->name;
}

int64_t ts_optim_count(const ts_optim *o)
{
    return o->count;
}

int64_t ts_optim_find(const ts_optim *o, const char *name)
{
    for (int64_t i = 0; i < o->count; i++)
        if (strcmp(o->parameter[i].name, name) == 0)
            return i;
    return -1;
}

ts_tensor ts_optim_value(const ts_optim *o, int64_t i)
{
    return o->parameter[i].value;
}

ts_tensor ts_optim_state(const ts_optim *o, int64_t i, const char *state)
{
    for (int k = 0; k < TS_OPTIM_STATES && o->method->state[k]; k++)
        if (strcmp(o->method->state[k], state) == 0)
            return o->parameter[i].state[k];
    return (ts_tensor){0};
}

double ts_optim_trust(const ts_optim *o, int64_t i)
{
    return o->trust[i];
}

double ts_optim_d(const ts_optim *o)
{
    const ts_optim_method *m = o->method;
    return m != &ts_method_prodigy ? 0.0 : o->scalar[0] > 0.0 ? o->scalar[0] : o->group[0].d0;
}

/* A step. -------------------------------------------------------------------------------------- */

typedef struct {
    int64_t *bad; /* for each piece */
    ts_tensor x;
} finite;

static void finite_piece(ts_ctx *ctx, const void *arg, int64_t first, int64_t n)
{
    const finite *f = arg;
    int64_t *bad = &f->bad[first / TS_OPTIM_PIECE];
    TS_CALL(ctx, first_bad, bad, ts_at(f->x, first), n);
    *bad = *bad < 0 ? -1 : *bad + first;
}

/* The gradient in the context's storage, finite; the memory is the step's. */
static ts_status enter(ts_ctx *ctx, ts_optim *o, int64_t i, ts_tensor g)
{
    ts_optim_parameter *p = &o->parameter[i];
    char got[TS_SHAPE_TEXT], want[TS_SHAPE_TEXT];
    if (!ts_same_size(g, p->value) || !ts_dtype_is_float(g.dtype))
        return ts_fail(ctx, TS_ERROR_SHAPE, "gradient of %s: expected %s, got %s", p->name,
                       ts_shape_text(want, p->value), ts_shape_text(got, g));
    g = ts_laid_out(ctx, g);
    if (g.dtype != ctx->compute) {
        const ts_tensor to = ts_new(ctx, ctx->compute, g.rank, g.size);
        if (!ctx->status)
            ts_convert(to.data, to.dtype, g.data, g.dtype, ts_numel(g));
        g = to;
    }
    finite f = {ts_take(ctx, (size_t)ts_pieces(ts_numel(p->value)) * sizeof *f.bad), g};
    if (ctx->status)
        return ctx->status;
    ts_over_pieces(ctx, ts_numel(g), finite_piece, &f);
    for (int64_t k = 0; k < ts_pieces(ts_numel(g)); k++)
        if (f.bad[k] >= 0)
            return ts_fail(ctx, TS_ERROR_MISMATCH,
                           "gradient of %s: the number at place %lld is not finite", p->name,
                           (long long)f.bad[k]);
    p->gradient = g;
    return ctx->status;
}

/* All that a step may need, so that nothing can fail half-way. */
static ts_status prepare(ts_ctx *ctx, ts_optim *o, const ts_tensor *gradient)
{
    int64_t largest = 1;
    if (o->storage != ctx->compute)
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: parameters are %s, the context computes in %s",
                       o->method->name, ts_dtype_name(o->storage), ts_dtype_name(ctx->compute));
    for (int g = 0; g < o->groups; g++)
        if (check(ctx, o->method, &o->group[g]))
            return ctx->status;
    for (int64_t i = 0; i < o->count && !ctx->status; i++) {
        const int64_t n = ts_numel(o->parameter[i].value);
        largest = n > largest ? n : largest;
        o->parameter[i].gradient = (ts_tensor){0};
        if (!ts_is_empty(gradient[i]))
            enter(ctx, o, i, gradient[i]);
    }
    o->part = ts_take(ctx, 2 * (size_t)ts_pieces(largest) * sizeof *o->part);
    o->norm = ts_take(ctx, ((size_t)o->count * TS_OPTIM_NORMS + 1) * sizeof *o->norm);
    o->cost = ts_take(ctx, ((size_t)o->count + 1) * sizeof *o->cost);
    return ctx->status;
}

static void round_off(ts_ctx *ctx, ts_optim_parameter *p)
{
    ts_round_to(p->value.data, p->value.dtype, ctx->round, ts_numel(p->value));
    for (int k = 0; k < TS_OPTIM_STATES; k++)
        if (!ts_is_empty(p->state[k]))
            ts_round_to(p->state[k].data, p->state[k].dtype, ctx->round, ts_numel(p->state[k]));
}

ts_status ts_optim_step(ts_ctx *ctx, ts_optim *o, const ts_tensor *gradient)
{
    if (ctx->status)
        return ctx->status;
    const ts_scope scope = ts_scope_open(ctx);
    if (!prepare(ctx, o, gradient) && !o->method->step(ctx, o))
        for (int64_t i = 0; i < o->count; i++)
            if (!ts_is_empty(o->parameter[i].gradient)) {
                o->steps[i]++;
                if (ctx->round != TS_NONE)
                    round_off(ctx, &o->parameter[i]);
            }
    if (!ctx->gauges && !ctx->record) /* a gauge stays; ts_scope_close may fail, after the step */
        ts_arena_return(&ctx->arena, scope);
    return ctx->status;
}
