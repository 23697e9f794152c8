/* inside.h: what the methods of optim.h share. Not for users of the room. */
#ifndef TS_OPTIM_INSIDE_H
#define TS_OPTIM_INSIDE_H

#include "ref/optim/optim.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_OPTIM_STATES = 4, TS_OPTIM_SCALARS = 4, TS_OPTIM_NORMS = 3, TS_OPTIM_NAME = 1024 };

typedef struct {
    char *name;
    int group;
    ts_tensor value;
    ts_tensor state[TS_OPTIM_STATES]; /* (n) or empty, in the order of the method's names */
    ts_tensor gradient;               /* of this step; empty: none */
} ts_optim_parameter;

typedef struct {
    const char *name;
    const char *state[TS_OPTIM_STATES]; /* ended by NULL where there are fewer */
    /* How many numbers state k of a parameter of n numbers has under these settings; 0: none. */
    int64_t (*room)(const ts_optim_settings *s, int k, int64_t n);
    const char *(*wrong)(const ts_optim_settings *s); /* a sentence about a setting, or NULL */
    /* One step with the gradients of o->parameter. Scratch is there: o->part, o->norm. */
    ts_status (*step)(ts_ctx *ctx, ts_optim *o);
} ts_optim_method;

extern const ts_optim_method ts_method_sgd, ts_method_lars, ts_method_adam, ts_method_adamw,
    ts_method_lamb, ts_method_prodigy;

struct ts_optim {
    const ts_optim_method *method;
    ts_dtype storage;
    ts_optim_settings *group;
    int groups;
    ts_optim_parameter *parameter;
    int64_t count;
    int64_t *steps;                   /* that a parameter has taken */
    double *trust;                    /* of the last step */
    double scalar[TS_OPTIM_SCALARS];  /* Prodigy's */
    ts_comm *comm;
    double *part;                     /* during a step: sums of pieces of the largest tensor, twice */
    double *norm;                     /* during a step: TS_OPTIM_NORMS a parameter */
    int64_t *cost;                    /* during a step: elements a parameter, for parallel.h */
};

/* The tensor of that name in a file must be there, of the type and sizes of `to`; it is copied into it
 * if `copy`. */
ts_status ts_optim_take(ts_ctx *ctx, const ts_safetensors *file, const char *name, ts_tensor to,
                        bool copy);

/* Element i of a tensor; NULL of an empty one. */
static inline void *ts_at(ts_tensor t, int64_t i)
{
    return t.data ? (char *)t.data + i * (int64_t)ts_dtype_size(t.dtype) : NULL;
}

/* fn for each piece of [0, n), by the threads of the context. */
void ts_over_pieces(ts_ctx *ctx, int64_t n, void (*fn)(ts_ctx *, const void *, int64_t, int64_t),
                    const void *job);
int64_t ts_pieces(int64_t n);

/* The sum of (a x + b y + c z)^2 over the n elements; y and z may be empty. part has room for
 * ts_pieces(n) numbers. */
double ts_optim_square_sum(ts_ctx *ctx, double *part, const ts_tensor xyz[3],
                           const double factor[3], int64_t n);
/* |x| */
double ts_optim_norm(ts_ctx *ctx, double *part, ts_tensor x);

/* For each parameter with a gradient, f's TS_OPTIM_NORMS numbers into o->norm: by all ranks together
 * where the optimiser is shared. */
typedef ts_status ts_optim_norms_of(ts_ctx *ctx, ts_optim *o, int64_t i, double *out);
ts_status ts_optim_norms(ts_ctx *ctx, ts_optim *o, ts_optim_norms_of *f);

#ifdef __cplusplus
}
#endif
#endif
