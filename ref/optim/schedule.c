/* schedule.c: learning rates as functions of the step. With x the part of the way after the warm-up:
 *
 *     linear       base + (end - base) x
 *     cosine       end + (base - end) max(0, (1 + cos(2 pi cycles x)) / 2)
 *     polynomial   end + (base - end) (1 - x)^power
 *     steps, knots a table
 *
 * Source:   transformers' get_scheduler (linear, cosine, polynomial, constant with warm-up), torch's
 *           MultiStepLR (steps); knots are what record entries use: up to 25 in 14 epochs, down to 0.2,
 *           and the momentum the other way round. Cosine: Loshchilov, Hutter 2017
 * Pitfalls: steps count from 0; the first step of a warm-up from 0 has a rate of 0. Published cosines
 *           rise again behind `total`; ours stays at its end
 * Test:     tests/optim/test_schedule.c         Golden: optim/schedules.json */
#include "ref/optim/schedule.h"

#include "ref/base/mathf.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {"constant", "linear", "cosine", "polynomial", "steps", "knots"};

bool ts_schedule_named(const char *name, ts_schedule_kind *kind)
{
    for (int i = 0; i <= TS_SCHEDULE_KNOTS; i++)
        if (strcmp(names[i], name) == 0) {
            *kind = (ts_schedule_kind)i;
            return true;
        }
    return false;
}

ts_status ts_schedule_check(ts_ctx *ctx, const ts_schedule *s)
{
    const bool table = s->kind == TS_SCHEDULE_STEPS || s->kind == TS_SCHEDULE_KNOTS;
    const char *reason = NULL;
    if (!isfinite(s->base) || !isfinite(s->end) || !isfinite(s->warmup_from) ||
        !isfinite(s->power) || !isfinite(s->cycles))
        reason = "its numbers must be finite";
    else if (s->warmup < 0 || s->total < 0)
        reason = "warmup and total must not be negative";
    else if (!table && s->kind != TS_SCHEDULE_CONSTANT && s->total <= s->warmup)
        reason = "total must be more than warmup";
    else if (s->kind == TS_SCHEDULE_POLYNOMIAL && !(s->power > 0.0))
        reason = "power must be positive";
    else if (table && (s->points < 1 || s->points > TS_SCHEDULE_POINTS))
        reason = "a table needs 1 to 32 points";
    for (int i = 0; table && !reason && i < s->points; i++)
        if (!isfinite(s->value[i]) || (i && s->at[i] <= s->at[i - 1]))
            reason = "points must be finite and their steps must rise";
    return reason ? ts_fail(ctx, TS_ERROR_USAGE, "schedule: %s", reason) : ctx->status;
}

static double of_table(const ts_schedule *s, int64_t step)
{
    int i = 0;
    while (i < s->points && s->at[i] <= step)
        i++;
    if (s->kind == TS_SCHEDULE_STEPS)
        return i ? s->value[i - 1] : s->base;
    if (i == 0 || i == s->points)
        return s->value[i ? i - 1 : 0];
    const double x = (double)(step - s->at[i - 1]) / (double)(s->at[i] - s->at[i - 1]);
    return s->value[i - 1] + (s->value[i] - s->value[i - 1]) * x;
}

double ts_schedule_at(const ts_schedule *s, int64_t step)
{
    const double pi = 3.14159265358979323846;
    if (step < s->warmup)
        return s->warmup_from +
               (s->base - s->warmup_from) * ((double)step / (double)s->warmup);
    if (s->kind == TS_SCHEDULE_STEPS || s->kind == TS_SCHEDULE_KNOTS)
        return of_table(s, step);
    if (s->kind == TS_SCHEDULE_CONSTANT)
        return s->base;
    const double way = (double)(step - s->warmup) / (double)(s->total - s->warmup);
    const double x = way < 1.0 ? way : 1.0, range = s->base - s->end;
    if (s->kind == TS_SCHEDULE_LINEAR)
        return s->end + range * (1.0 - x);
    if (s->kind == TS_SCHEDULE_POLYNOMIAL)
        return x < 1.0 ? s->end + range * ts_pow(1.0 - x, s->power) : s->end;
    const double wave = 0.5 * (1.0 + ts_cos(2.0 * pi * s->cycles * x));
    return s->end + range * (wave > 0.0 ? wave : 0.0);
}
