/* ema.h: the exponential moving average of parameters: what is evaluated and shipped.
 *
 *     ts_ema *e = ts_ema_new(ctx, &(ts_ema_settings){.decay = 0.9999});
 *     for each parameter:  ts_ema_add(ctx, e, name, p);    the average begins as p
 *     after each step:     ts_ema_step(ctx, e);
 *     to evaluate:         ts_ema_swap(e); ... ts_ema_swap(e); */
#ifndef TS_OPTIM_EMA_H
#define TS_OPTIM_EMA_H

#include "ref/io/items.h"
#include "ref/io/safetensors.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    double decay;
    bool grows;             /* the decay of diffusers' EMAModel, which grows towards `decay` */
    int64_t after;          /* grows: parameters are copied until so many steps are over */
    double gamma, power;    /* grows, gamma > 0: 1 - (1 + t / gamma)^-power, else (1 + t) / (10 + t) */
    double least;           /* grows: never below */
} ts_ema_settings;

typedef struct ts_ema ts_ema;

/* NULL after a failure. */
ts_ema *ts_ema_new(ts_ctx *ctx, const ts_ema_settings *settings);
void ts_ema_close(ts_ema *e); /* NULL is legal */

/* p: contiguous, of the context's storage; its memory stays the caller's. */
ts_status ts_ema_add(ts_ctx *ctx, ts_ema *e, const char *name, ts_tensor p);

/* average = decay average + (1 - decay) p, for all. */
ts_status ts_ema_step(ts_ctx *ctx, ts_ema *e);

/* The decay of the t-th step, from 1. */
double ts_ema_decay(const ts_ema_settings *s, int64_t t);

/* Averages and parameters change places; no step in between. */
void ts_ema_swap(ts_ema *e);

int64_t ts_ema_count(const ts_ema *e);
const char *ts_ema_name(const ts_ema *e, int64_t i);
ts_tensor ts_ema_value(const ts_ema *e, int64_t i);

/* State as PREFIX.ema_steps and PREFIX.ema.PARAMETER, and back; a failure changes nothing. */
ts_status ts_ema_collect(ts_ctx *ctx, ts_ema *e, const char *prefix, ts_items *items);
ts_status ts_ema_restore(ts_ctx *ctx, ts_ema *e, const char *prefix, const ts_safetensors *file);

#ifdef __cplusplus
}
#endif
#endif
