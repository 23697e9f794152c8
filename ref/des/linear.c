/* linear.c: the wide part, which alone is logistic regression.
 *
 *     y_n = b + sum over i in n of x_ni w_i
 *
 * Substitution: message_r = l_nr = sum over the i in n that r owns of x_ni w_i;  m = 1
 *               top         = b + sum over r of l_nr
 * Proof:        addition is associative, and every i has one owner.
 * Backward:     dL/dw_i = sum over n of x_ni dL/dy_n;  dL/db = sum over n of dL/dy_n, on every rank
 *               the same numbers: nothing is sent.
 * Pitfalls:     the bias is added once, by the top; a sample without features gives b
 * Test:         tests/des/test_linear.c                      Golden: des/linear_* */
#include "ref/des/operator.h"

static int64_t width(const ts_des_part *p)
{
    (void)p;
    return 1;
}

static ts_tensor top(const ts_des_part *p, ts_tensor sum)
{
    return ts_des_logit(p->comm->ctx, sum, p->bias);
}

const ts_des_operator ts_des_linear = {"linear", width, ts_des_linear_part, top, NULL, NULL};
