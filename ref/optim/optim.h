/* optim.h: optimisers: one interface, six methods.
 *
 *     ts_optim_settings s = ts_optim_defaults("lars");
 *     s.lr = 25.0;
 *     ts_optim *o = ts_optim_new(ctx, "lars", &s);            its settings are group 0
 *     for each parameter:  ts_optim_add(ctx, o, 0, name, p);  the memory stays the caller's
 *     for each step:       ts_optim_group(o, 0)->lr = ...;    a schedule (schedule.h)
 *                          ts_optim_step(ctx, o, gradient);   gradient[i] of the i-th added
 *     ts_optim_close(o);
 *
 *     sgd      momentum, dampening, Nesterov                      sgd.c
 *     lars     the rate of each tensor by its norms               lars.c
 *     adam     with L2 decay;  adamw: decay of the weight itself  adam.c
 *     lamb     Adam's step, its length by each tensor's norms     lamb.c
 *     prodigy  Adam with an estimated step size                   prodigy.c
 *
 * Parameters and state have the context's storage (F32 or F64) and change in place; with a context
 * that rounds (bf16, f16) both are rounded after the step. Inside a step everything is double: norms,
 * Prodigy's dot products and sums of magnitudes, powers of beta, and each element between one storage
 * and the next. Sums of a tensor run in pieces of TS_OPTIM_PIECE elements that are added in order,
 * sums over tensors in the order in which they were added: the bits depend on neither the number of
 * threads nor that of ranks.
 *
 * A gradient that is not finite fails the step, which then has changed nothing (nor does it without
 * memory; only ranks that lose each other may stop half-way); an empty one leaves
 * its parameter, its state and its count of steps as they were (PyTorch's `grad is None`). */
#ifndef TS_OPTIM_OPTIM_H
#define TS_OPTIM_OPTIM_H

#include "ref/comm/comm.h"
#include "ref/io/items.h"
#include "ref/io/safetensors.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_OPTIM_PIECE = 1 << 16 };

typedef enum {
    TS_LARS_YOU,     /* eta |w| / (|g| + decay |w| + eps): You, Gitman, Ginsburg; torchlars */
    TS_LARS_TF,      /* eta |w| / |g + decay w|: TensorFlow, "classic momentum" */
    TS_LARS_POPULAR, /* eta |w| / |u|, u the step after momentum: TensorFlow, "popular momentum" */
    TS_LARS_LARC     /* You's, at most lr if `clip`; a zero norm: no ratio and no decay: NVIDIA's LARC */
} ts_lars_kind;

/* Which fields a method reads stands behind them; the others do not matter. */
typedef struct {
    double lr, weight_decay, eps; /* all; eps: all but sgd */
    bool exclude;                 /* lars, lamb: no decay and a trust ratio of 1 (biases, norms) */

    double momentum, dampening; /* sgd; momentum: lars, too */
    bool nesterov;              /* sgd, lars */
    bool lr_inside;             /* sgd, lars: the rate enters the momentum (Keras, Caffe, You et al.);
                                 * otherwise it multiplies it (torch, LARC) */

    ts_lars_kind lars;
    double eta;                  /* lars: the trust coefficient */
    double min_trust, max_trust; /* lars, lamb: the ratio is kept within; 0 and infinity: free */
    bool clip;                   /* TS_LARS_LARC */
    bool skip_zero_gradient;     /* lars: where |g| = 0 only the momentum moves, without decay. A must
                                  * with sparse gradients, where a tensor may get nothing in a step */

    double beta1, beta2;  /* adam, adamw, lamb, prodigy */
    bool bias_correction; /* lamb, prodigy (adam: always) */
    bool decoupled;       /* lamb, prodigy: decay of the weight, not of the gradient */
    bool amsgrad;         /* adam, adamw */
    bool eps_hat;         /* adam, adamw: eps joins sqrt(v) before the bias correction (TensorFlow) */

    double min_norm, max_norm;     /* lamb: |w| is kept within */
    double max_gradient_norm;      /* lamb: of all gradients together; 0: free */
    bool gradient_averaging;       /* lamb: m = b1 m + (1 - b1) g, otherwise + g */
    bool adapt_without_decay;      /* lamb: tensors without decay have a ratio as well (NVLAMB) */

    double beta3;                  /* prodigy; negative: sqrt(beta2) */
    double d0, d_coef, growth_rate;
    bool safeguard_warmup;
    int64_t slice;                 /* prodigy: statistics of every slice-th element */
} ts_optim_settings;

/* The published defaults of a method; zeros for a name that is none. */
ts_optim_settings ts_optim_defaults(const char *method);

typedef struct ts_optim ts_optim;

/* NULL after a failure: an unknown method, a setting outside its range. */
ts_optim *ts_optim_new(ts_ctx *ctx, const char *method, const ts_optim_settings *settings);
void ts_optim_close(ts_optim *o); /* NULL is legal */

/* Another group of parameters with settings of its own; its number, or -1 after a failure. */
int ts_optim_add_group(ts_ctx *ctx, ts_optim *o, const ts_optim_settings *settings);

/* The settings of a group, to be changed between steps (they are checked in each); NULL: none. */
ts_optim_settings *ts_optim_group(ts_optim *o, int group);

/* A parameter: contiguous, of the context's storage; it must outlive the optimiser. No name twice. */
ts_status ts_optim_add(ts_ctx *ctx, ts_optim *o, int group, const char *name, ts_tensor p);

/* Trust ratios are computed by the ranks together (parallel.h) from here on; NULL: each for itself.
 * The steps' ctx must be comm->ctx, and all ranks must step with the same numbers. */
void ts_optim_share(ts_optim *o, ts_comm *comm);

/* One step: `gradient` has one tensor for each parameter, of its sizes and any type of float. */
ts_status ts_optim_step(ts_ctx *ctx, ts_optim *o, const ts_tensor *gradient);

const char *ts_optim_method_name(const ts_optim *o);
int64_t ts_optim_count(const ts_optim *o);
int64_t ts_optim_find(const ts_optim *o, const char *name); /* -1: no such parameter */

/* Parameter i itself. */
ts_tensor ts_optim_value(const ts_optim *o, int64_t i);

/* The state of parameter i: "momentum_buffer" (sgd, lars), "exp_avg", "exp_avg_sq", "max_exp_avg_sq"
 * (adam, lamb), "s", "p0" (prodigy). A view to read and to write; empty: the method keeps none. */
ts_tensor ts_optim_state(const ts_optim *o, int64_t i, const char *state);

/* How far the trust ratio of parameter i was in the last step; 1 without one. */
double ts_optim_trust(const ts_optim *o, int64_t i);

/* Prodigy's estimate of the step size; 0 for other methods. */
double ts_optim_d(const ts_optim *o);

/* State in files: state.c. --------------------------------------------------------------------- */

/* Everything that a bit-identical continuation needs besides parameters and settings, as views under
 * PREFIX.METHOD.steps, PREFIX.METHOD.scalars and PREFIX.METHOD.STATE.PARAMETER. */
ts_status ts_optim_collect(ts_ctx *ctx, ts_optim *o, const char *prefix, ts_items *items);

/* Takes it back from a file that holds it, for the same parameters in the same order; a failure
 * names the tensor that is missing or has other sizes, and changes nothing. */
ts_status ts_optim_restore(ts_ctx *ctx, ts_optim *o, const char *prefix,
                           const ts_safetensors *file);

/* A file of its own, prefix "optim". Atomic. */
ts_status ts_optim_write(ts_ctx *ctx, ts_optim *o, const char *path);
ts_status ts_optim_read(ts_ctx *ctx, ts_optim *o, const char *path);

#ifdef __cplusplus
}
#endif
#endif
