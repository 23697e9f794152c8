/* ops.h: the operations that models are written in.
 *
 * An operation is an expression: it returns a view of memory in the context's arena. Once the
 * context has failed every further operation does nothing and returns an empty tensor; the status
 * is asked for where results leave (ts_ctx_status). Inputs may be strided views; results are
 * contiguous, of the context's storage type, and rounded to its format. Weights may be of any
 * floating type and are widened as they are read. Optional inputs are given as (ts_tensor){0}.
 * Gradients flow to every float input that wants one. */
#ifndef TS_OPS_OPS_H
#define TS_OPS_OPS_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Products. ------------------------------------------------------------------------------------ */

/* y (..., n) = x (..., k) w^T + b;  w (n, k), b (n) or empty. */
ts_tensor ts_linear(ts_ctx *ctx, ts_tensor x, ts_tensor w, ts_tensor b);

/* y (..., m, n) = a (..., m, k) b (..., k, n); leading axes equal, or absent in b. */
ts_tensor ts_matmul(ts_ctx *ctx, ts_tensor a, ts_tensor b);

typedef struct {
    int64_t stride[2];                  /* down, across; 0 counts as 1 */
    int64_t top, bottom, left, right;   /* padding with zeros */
    int64_t groups;                     /* 0 counts as 1 */
} ts_conv;

/* y (B, O, H', W') = cross-correlation of x (B, C, H, W) with w (O, C / groups, kh, kw), + b (O). */
ts_tensor ts_conv2d(ts_ctx *ctx, ts_tensor x, ts_tensor w, ts_tensor b, ts_conv config);

enum { TS_MAX_SEGMENTS = 8 };

/* What is added to attention scores before the softmax: all parts that are given, together. Nothing
 * here is L x L unless the caller brings such a mask. */
typedef struct {
    ts_tensor mask; /* broadcastable to (B, H, Lq, Lk): U8 or BOOL, not 0 = may attend; or a float
                       that is added (it may want a gradient). Empty: none. */
    bool causal;    /* query i sees keys 0 .. i */
    int segments;   /* > 0: queries and keys are cut alike at start[0 .. segments], and the pair of
                       segments (i, j) adds between[i][j]; -INFINITY: does not see */
    int64_t start[TS_MAX_SEGMENTS + 1];
    double between[TS_MAX_SEGMENTS][TS_MAX_SEGMENTS];
} ts_attention_bias;

/* y (B, H, Lq, dv) = softmax(scale q k^T + bias) v;  q (B, H, Lq, d), k (B, H, Lk, d), v (B, H, Lk,
 * dv). A row that sees no key is 0. bias may be NULL. Source: Vaswani et al. 2017, eq. (1). */
ts_tensor ts_attention(ts_ctx *ctx, ts_tensor q, ts_tensor k, ts_tensor v, double scale,
                       const ts_attention_bias *bias);

/* Norms, over the last axis but for group and batch norm. w and b may be empty. ----------------- */

ts_tensor ts_layer_norm(ts_ctx *ctx, ts_tensor x, ts_tensor w, ts_tensor b, double eps);
ts_tensor ts_rms_norm(ts_ctx *ctx, ts_tensor x, ts_tensor w, double eps);
ts_tensor ts_group_norm(ts_ctx *ctx, ts_tensor x, ts_tensor w, ts_tensor b, int64_t groups,
                        double eps); /* x (B, C, ...) */
ts_tensor ts_batch_norm(ts_ctx *ctx, ts_tensor x, ts_tensor w, ts_tensor b, ts_tensor mean,
                        ts_tensor var, double eps); /* eval mode: given mean and variance (C) */

/* Training mode: mean and variance of the batch itself, more than one number a channel. moments may
 * be NULL; otherwise it receives what running averages are made of, the mean and the unbiased
 * variance (n / (n - 1) times the one that y is made with), (C) each, without gradients. */
ts_tensor ts_batch_norm_train(ts_ctx *ctx, ts_tensor x, ts_tensor w, ts_tensor b, double eps,
                              ts_tensor moments[2]);
ts_tensor ts_softmax(ts_ctx *ctx, ts_tensor x);

/* One number in, one number out. ---------------------------------------------------------------- */

ts_tensor ts_silu(ts_ctx *ctx, ts_tensor x);
ts_tensor ts_gelu(ts_ctx *ctx, ts_tensor x);      /* x Phi(x), by erf */
ts_tensor ts_gelu_tanh(ts_ctx *ctx, ts_tensor x); /* the tanh form */
ts_tensor ts_quick_gelu(ts_ctx *ctx, ts_tensor x);
ts_tensor ts_relu(ts_ctx *ctx, ts_tensor x);
ts_tensor ts_hard_swish(ts_ctx *ctx, ts_tensor x);
ts_tensor ts_hard_sigmoid(ts_ctx *ctx, ts_tensor x); /* relu6(x + 3) / 6 */
ts_tensor ts_sigmoid(ts_ctx *ctx, ts_tensor x);
ts_tensor ts_tanh_of(ts_ctx *ctx, ts_tensor x);
ts_tensor ts_exp_of(ts_ctx *ctx, ts_tensor x);
ts_tensor ts_clamp(ts_ctx *ctx, ts_tensor x, double low, double high);

/* x / (1 - p), or 0 with probability p: a function of the key and of the place alone (Philox), p in
 * [0, 1). Layers of a model number themselves; ranks of a training have seeds of their own. */
typedef struct {
    uint64_t seed;
    int64_t step;
    int64_t layer; /* below 65536 */
} ts_dropout_key;
ts_tensor ts_dropout(ts_ctx *ctx, ts_tensor x, double p, ts_dropout_key key);

/* Arithmetic. add and mul broadcast as NumPy does. ---------------------------------------------- */

ts_tensor ts_add(ts_ctx *ctx, ts_tensor a, ts_tensor b);
ts_tensor ts_sub(ts_ctx *ctx, ts_tensor a, ts_tensor b);
ts_tensor ts_mul(ts_ctx *ctx, ts_tensor a, ts_tensor b);
ts_tensor ts_scale(ts_ctx *ctx, ts_tensor x, double factor);
ts_tensor ts_shift(ts_ctx *ctx, ts_tensor x, double offset); /* x + offset */
ts_tensor ts_lerp(ts_ctx *ctx, ts_tensor a, ts_tensor b, double t); /* a (1 - t) + b t */

/* x (B, L, C) (1 + scale) + shift, scale and shift (B, C): adaptive layer norm. */
ts_tensor ts_modulate(ts_ctx *ctx, ts_tensor x, ts_tensor scale, ts_tensor shift);

/* x (B, L, C) + gate (B, C) y (B, L, C). */
ts_tensor ts_add_gated(ts_ctx *ctx, ts_tensor x, ts_tensor gate, ts_tensor y);

/* act(gate) * x, element by element: gated products (T5: gelu_tanh). */
typedef enum { TS_GATE_GELU_TANH, TS_GATE_GELU, TS_GATE_SILU, TS_GATE_SIGMOID } ts_gate_kind;
ts_tensor ts_gated(ts_ctx *ctx, ts_tensor gate, ts_tensor x, ts_gate_kind kind);

/* Positions. ------------------------------------------------------------------------------------ */

/* Rotary embedding of interleaved pairs: x (B, H, L, d), cos and sin (L, d), each angle twice. */
ts_tensor ts_rotate(ts_ctx *ctx, ts_tensor x, ts_tensor cos, ts_tensor sin);

/* The tables of ts_rotate for position ids (L, axes): axis a owns dims[a] of the d columns, angle =
 * id * theta^(-2i / dims[a]) in double. Both results (L, sum of dims). */
void ts_rope_tables(ts_ctx *ctx, ts_tensor *cos, ts_tensor *sin, ts_tensor ids, int axes,
                    const int64_t *dims, double theta);

/* (n, dim) of t (n): [cos | sin] (or [sin | cos]) of t * period^(-i / (dim/2 - shift)). With
 * ctx->sinusoid_f32 frequency and angle are floats, as the published model has them. */
ts_tensor ts_sinusoid(ts_ctx *ctx, ts_tensor t, int64_t dim, double period, bool cos_first,
                      double shift);

/* Rows of a table: (…, n) of ids (…; integer type) and table (rows, n). */
ts_tensor ts_embedding(ts_ctx *ctx, ts_tensor table, ts_tensor ids);

/* (1, heads, lq, lk): table (buckets, heads) at the T5 bucket of (key position - query position). */
ts_tensor ts_relative_bias(ts_ctx *ctx, ts_tensor table, int64_t lq, int64_t lk, bool bidirectional,
                           int64_t max_distance);
int64_t ts_t5_bucket(int64_t relative, bool bidirectional, int64_t buckets, int64_t max_distance);

/* Pictures (B, C, H, W). ------------------------------------------------------------------------ */

ts_tensor ts_resize_nearest(ts_ctx *ctx, ts_tensor x, int64_t h, int64_t w); /* floor(i in / out) */
ts_tensor ts_resize_bilinear(ts_ctx *ctx, ts_tensor x, int64_t h, int64_t w, bool align_corners);
ts_tensor ts_resize_linear(ts_ctx *ctx, ts_tensor x, int64_t n); /* last axis, corners not aligned */

typedef struct {
    int64_t size[2], stride[2];       /* stride 0: as size */
    int64_t top, bottom, left, right; /* padding */
    bool count_padding;               /* avg: divide by the whole window (torch's default) */
} ts_pool;
ts_tensor ts_avg_pool(ts_ctx *ctx, ts_tensor x, ts_pool config);
ts_tensor ts_max_pool(ts_ctx *ctx, ts_tensor x, ts_pool config);
ts_tensor ts_adaptive_avg_pool(ts_ctx *ctx, ts_tensor x, int64_t h, int64_t w); /* to h x w */

/* FLUX's 2x2 packing: (B, C, H, W) -> (B, H/2 W/2, 4 C), feature 4 c + 2 py + px; and back. */
ts_tensor ts_pack(ts_ctx *ctx, ts_tensor x);
ts_tensor ts_unpack(ts_ctx *ctx, ts_tensor x, int64_t h, int64_t w);

/* Views and joins. ------------------------------------------------------------------------------ */

ts_tensor ts_slice(ts_ctx *ctx, ts_tensor x, int axis, int64_t first, int64_t count); /* a view */
ts_tensor ts_transpose(ts_ctx *ctx, ts_tensor x, int a, int b);                       /* a view */
ts_tensor ts_permute(ts_ctx *ctx, ts_tensor x, const int *order);                     /* a view */
ts_tensor ts_reshape(ts_ctx *ctx, ts_tensor x, int rank, const int64_t *size); /* copies if strided */
ts_tensor ts_contiguous(ts_ctx *ctx, ts_tensor x);
ts_tensor ts_concat(ts_ctx *ctx, const ts_tensor *parts, int count, int axis);
ts_tensor ts_split_heads(ts_ctx *ctx, ts_tensor x, int64_t heads); /* (B, L, H d) -> (B, H, L, d) */
ts_tensor ts_merge_heads(ts_ctx *ctx, ts_tensor x);                /* and back */

/* Losses: results of rank 0. -------------------------------------------------------------------- */

/* mean of (a - b)^2, or with weight (broadcastable to a): mean of (weight a - weight b)^2. */
ts_tensor ts_mse(ts_ctx *ctx, ts_tensor a, ts_tensor b, ts_tensor weight);

/* mean over rows of -log softmax(z)[target];  z (rows, classes), target (rows) integer. */
ts_tensor ts_cross_entropy(ts_ctx *ctx, ts_tensor z, ts_tensor target);

/* The same with a share `smoothing` in [0, 1] of each target spread evenly over all classes. */
ts_tensor ts_cross_entropy_smooth(ts_ctx *ctx, ts_tensor z, ts_tensor target, double smoothing);

/* Connectionist temporal classification (Graves et al. 2006): -log p of each label, (B). log_p (T,
 * B, classes) are log-probabilities; labels (B, S) integer, lengths given; blank is a class. An
 * impossible label gives infinity, or 0 with zero_infinity. */
ts_tensor ts_ctc(ts_ctx *ctx, ts_tensor log_p, ts_tensor labels, ts_tensor input_lengths,
                 ts_tensor label_lengths, int64_t blank, bool zero_infinity);
ts_tensor ts_log_softmax(ts_ctx *ctx, ts_tensor x);
ts_tensor ts_sum(ts_ctx *ctx, ts_tensor x);  /* of all elements */
ts_tensor ts_mean(ts_ctx *ctx, ts_tensor x); /* of all elements */

#ifdef __cplusplus
}
#endif
#endif
