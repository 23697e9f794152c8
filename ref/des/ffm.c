/* ffm.c: field-aware factorisation machine.
 *
 *     y_n = b + sum over i of x_i w_i + sum over pairs i < j of <v_i,f(j), v_j,f(i)> x_i x_j
 *
 * Source:       Juan et al. 2016, eq. 4, with linear part; pairs of one field are included
 * Substitution, features or fields: with A_fg = sum over i of field f of x_i v_i,g and
 *               q = sum over i of |x_i v_i,f(i)|^2, message_r = (A_r, t_r), t_r = l_r - q_r / 2;
 *               m = F^2 k + 1;  top = b + t + sum over f, g of <A_fg, A_gf> / 2
 * Substitution, width: the same on own columns: message_r = l_r (rank 0) + the rest; m = 1
 * Proof:        sum over f, g of <A_fg, A_gf> = sum over all i, j of <v_i,f(j), v_j,f(i)> x_i x_j =
 *               twice the pairs + q. A, l, q are sums over features; <,> is a sum over columns.
 * Pitfalls:     axis 1 of the rows is the partner's field. Pays only where F B is less than the
 *               number of distinct ids.
 * Test:         tests/des/test_ffm.c                         Golden: des/ffm, des/ffm_mess */
#include "ref/des/operator.h"

static int64_t width(const ts_des_part *p)
{
    const int64_t F = p->shard->fields;
    return p->shard->how == TS_BY_WIDTH ? 1 : F * F * p->k + 1;
}

/* (B, 1): -q / 2. Row i F + f of the table (rows F, columns) is feature i for partners of field f. */
static ts_tensor own_squares(const ts_des_part *p)
{
    ts_ctx *ctx = p->comm->ctx;
    const int64_t F = p->shard->fields, n = p->shard->sample.count;
    ts_bag *bag = ts_take(ctx, sizeof *bag);
    int64_t *row = ts_take(ctx, (size_t)n * sizeof *row);
    double *square = ts_take(ctx, (size_t)n * sizeof *square);
    if (ctx->status)
        return (ts_tensor){0};
    *bag = p->shard->sample;
    for (int64_t i = 0; i < n; i++) {
        row[i] = bag->row[i] * F + p->shard->field.segment[i] % F;
        square[i] = bag->value[i] * bag->value[i];
    }
    bag->row = row;
    bag->value = square;
    bag->rows = p->shard->rows * F;
    ts_bag_index(ctx, bag);
    const ts_tensor v = ts_reshape(ctx, p->rows, 2, (const int64_t[]){bag->rows, ts_size(p->rows, -1)});
    return ts_des_total(ctx, ts_bag_sum(ctx, ts_mul(ctx, v, v), bag), -0.5);
}

/* (B, F, F, own columns) */
static ts_tensor sums(const ts_des_part *p)
{
    ts_ctx *ctx = p->comm->ctx;
    const int64_t F = p->shard->fields, columns = ts_size(p->rows, -1);
    const ts_tensor v = ts_reshape(ctx, p->rows, 2, (const int64_t[]){p->shard->rows, F * columns});
    return ts_reshape(ctx, ts_bag_sum(ctx, v, &p->shard->field), 4,
                      (const int64_t[]){p->shard->samples, F, F, columns});
}

static ts_tensor pairs(ts_ctx *ctx, ts_tensor a)
{
    return ts_des_total(ctx, ts_mul(ctx, a, ts_transpose(ctx, a, 1, 2)), 0.5);
}

static ts_tensor message(const ts_des_part *p)
{
    ts_ctx *ctx = p->comm->ctx;
    const int64_t flat[2] = {p->shard->samples, width(p) - 1};
    ts_tensor t = ts_des_linear_part(p);
    if (ctx->status || ts_size(p->rows, -1) == 0)
        return t;
    t = ts_add(ctx, t, own_squares(p));
    const ts_tensor a = sums(p);
    if (p->shard->how == TS_BY_WIDTH)
        return ts_add(ctx, t, pairs(ctx, a));
    return ts_concat(ctx, (ts_tensor[]){ts_reshape(ctx, a, 2, flat), t}, 2, 1);
}

static ts_tensor top(const ts_des_part *p, ts_tensor sum)
{
    ts_ctx *ctx = p->comm->ctx;
    const int64_t F = p->shard->fields, n = width(p) - 1, deep[4] = {p->shard->samples, F, F, p->k};
    if (n == 0)
        return ts_des_logit(ctx, sum, p->bias);
    const ts_tensor a = ts_reshape(ctx, ts_des_columns(ctx, sum, 0, n), 4, deep);
    return ts_des_logit(ctx, ts_add(ctx, ts_des_columns(ctx, sum, n, 1), pairs(ctx, a)), p->bias);
}

const ts_des_operator ts_des_ffm = {"ffm", width, message, top, NULL, NULL};
