/* fc.c: the first fully connected layer, pushed below the sum.
 *
 *     z_n = W vec(E_n) + b,  E_n (F, k) the sum-pooled fields, field by field; no activation
 *
 * Source:       derived; the pooled matrix itself would be a message of F k numbers
 * Substitution: message_r = W vec(E_nr), with E_nr the sums over own features;  m = H
 *               top       = b + the sum of the messages
 * Proof:        W is linear: W sum over r of vec(E_r) = sum over r of W vec(E_r).
 * Backward:     dL/dE_r = W^T dL/dz, local. dL/dW = sum over r of (dL/dz)^T vec(E_r): all hold W, each
 *               has its term, so an all-reduce of H F k numbers a step, independent of the batch
 * Pitfalls:     worth it when H < F k. The bias is added once.
 * Test:         tests/des/test_fc.c                          Golden: des/fc, des/fc_field */
#include "ref/des/operator.h"

static int64_t width(const ts_des_part *p)
{
    return p->dense[0].size[0];
}

static int64_t back(const ts_des_part *p)
{
    return ts_numel(p->dense[0]) * (int64_t)ts_dtype_size(p->comm->ctx->compute);
}

static ts_tensor message(const ts_des_part *p)
{
    return ts_linear(p->comm->ctx, ts_des_embedded(p), ts_replicated(p->comm, p->dense[0]),
                     (ts_tensor){0});
}

static ts_tensor top(const ts_des_part *p, ts_tensor sum)
{
    return ts_add(p->comm->ctx, sum, p->dense[1]);
}

const ts_des_operator ts_des_fc = {"fc", width, message, top, NULL, back};
