/* dcn.c: deep and cross network, vector form, in one collective.
 *
 *     x_0 = vec(E),  x_(l+1) = x_0 (w_l . x_l) + b_l + x_l,  u = w_out . x_L
 *
 * Source:       Wang et al. 2017 (DCN), eq. 3; the substitution is derived
 * Substitution: message_r = (w_0 . x_0r, ..., w_(L-1) . x_0r, w_out . x_0r), x_0r from own features;
 *               m = L + 1 instead of F k
 *               top: with p_l the sum over r of w_l . x_0r and c_l = b_0 + ... + b_(l-1),
 *                   a_0 = 1,  s_l = a_l p_l + w_l . c_l,  a_(l+1) = a_l + s_l
 *                   u = a_L p_out + w_out . c_L
 * Proof:        by induction x_l = a_l x_0 + c_l: it holds for l = 0, and x_(l+1) = x_0 (a_l p_l + w_l
 *               . c_l) + b_l + a_l x_0 + c_l = (a_l + s_l) x_0 + c_(l+1). So u needs x_0 only through
 *               p, which is linear in x_0.
 * Backward:     dL/dx_0r = sum over l of dL/dp_l w_l + dL/dp_out w_out, local. The weights meet x_0r
 *               below the sum: an all-reduce of (L + 1) F k numbers; through c_l, above it: none
 * Pitfalls:     gains nothing where a deep part needs E anyway; DCN-v2 (matrices) is no such form
 * Test:         tests/des/test_dcn.c                         Golden: des/dcn */
#include "ref/des/operator.h"

enum { CROSS_WEIGHT, CROSS_BIAS, CROSS_OUT };

static int64_t width(const ts_des_part *p)
{
    return p->dense[CROSS_WEIGHT].size[0] + 1;
}

static int64_t back(const ts_des_part *p)
{
    return width(p) * p->shard->fields * p->k * (int64_t)ts_dtype_size(p->comm->ctx->compute);
}

static ts_tensor row_of(ts_ctx *ctx, ts_tensor out)
{
    return ts_reshape(ctx, out, 2, (const int64_t[]){1, ts_size(out, -1)});
}

static ts_tensor message(const ts_des_part *p)
{
    ts_ctx *ctx = p->comm->ctx;
    const ts_tensor rows[2] = {p->dense[CROSS_WEIGHT], row_of(ctx, p->dense[CROSS_OUT])};
    const ts_tensor all = ts_replicated(p->comm, ts_concat(ctx, rows, 2, 0));
    return ts_linear(ctx, ts_des_embedded(p), all, (ts_tensor){0});
}

ts_tensor ts_des_cross(ts_ctx *ctx, ts_tensor p, ts_tensor weight, ts_tensor bias, ts_tensor out)
{
    if (ctx->status)
        return (ts_tensor){0};
    const int64_t layers = weight.size[0], samples = p.size[0];
    ts_tensor a = ts_shift(ctx, ts_new_zero(ctx, ctx->compute, 2, (const int64_t[]){samples, 1}), 1.0);
    ts_tensor c = {0};
    for (int64_t l = 0; l < layers && !ctx->status; l++) {
        const ts_tensor w = ts_slice(ctx, weight, 0, l, 1), b = ts_slice(ctx, bias, 0, l, 1);
        ts_tensor s = ts_mul(ctx, a, ts_des_columns(ctx, p, l, 1));
        if (l > 0)
            s = ts_add(ctx, s, ts_linear(ctx, c, w, (ts_tensor){0}));
        a = ts_add(ctx, a, s);
        c = l > 0 ? ts_add(ctx, c, b) : b;
    }
    ts_tensor u = ts_mul(ctx, a, ts_des_columns(ctx, p, layers, 1));
    if (layers > 0)
        u = ts_add(ctx, u, ts_linear(ctx, c, row_of(ctx, out), (ts_tensor){0}));
    return ts_reshape(ctx, u, 1, &samples);
}

static ts_tensor top(const ts_des_part *p, ts_tensor sum)
{
    return ts_des_cross(p->comm->ctx, sum, p->dense[CROSS_WEIGHT], p->dense[CROSS_BIAS],
                        p->dense[CROSS_OUT]);
}

const ts_des_operator ts_des_dcn = {"dcn", width, message, top, NULL, back};
