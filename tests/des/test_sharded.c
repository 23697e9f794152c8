#include "tests/support/des.h"

#include "ref/base/trace.h"
#include "ref/ops/tape.h"

#include <stdlib.h>
#include <string.h>

static int64_t one(const ts_des_part *p)
{
    (void)p;
    return 1;
}

static ts_tensor pass(const ts_des_part *p, ts_tensor sum)
{
    (void)p;
    return sum;
}

/* Ranks that sum among themselves, without the last: it is never used. */
static ts_tensor among_few(const ts_des_part *p, ts_tensor own)
{
    ts_comm few;
    ts_comm_split(p->comm, &few, p->comm->rank == p->comm->size - 1, p->comm->rank);
    const ts_tensor y = ts_contiguous(p->comm->ctx, own);
    ts_ordered_all_reduce(&few, y.data, ts_numel(y), y.dtype, TS_SUM);
    ts_comm_free(&few);
    return y;
}

/* All messages are sent, but each rank adds something of its own. */
static ts_tensor with_rank(const ts_des_part *p, ts_tensor sum)
{
    return ts_shift(p->comm->ctx, sum, p->comm->rank == 2 ? 1.0 : 0.0);
}

static ts_tensor twice(const ts_des_part *p, ts_tensor own)
{
    return ts_sum_over_ranks(p->comm, ts_scale(p->comm->ctx, ts_sum_over_ranks(p->comm, own), 0.5));
}

static int64_t too_much(const ts_des_part *p)
{
    (void)p;
    return 40;
}

static float weight[DES_ROWS], bias[1];

static ts_sharded with(const ts_des_operator *op)
{
    for (int i = 0; i < DES_ROWS; i++)
        weight[i] = (float)op_value(i);
    return (ts_sharded){.op = op, .batch = des_batch(false), .row = des_row, .ranks = 3,
                        .weight = ts_tensor_of(weight, TS_F32, 1, (const int64_t[]){DES_ROWS}),
                        .bias = ts_tensor_of(bias, TS_F32, 1, (const int64_t[]){1})};
}

static void refused(const ts_des_operator *op, bool back, const char *words)
{
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    ts_sharded s = with(op);
    ts_want_grad(&ctx, &s.weight, "weight");
    const ts_tensor y = ts_sharded_apply(&ctx, &s);
    if (back) {
        assert_int_equal(ctx.status, TS_OK);
        ts_seed_grad(&ctx, y, y);
        ts_tape_backward(&ctx);
    } else
        assert_true(ts_is_empty(y));
    assert_int_equal(ctx.status, TS_ERROR_MISMATCH);
    if (!strstr(ctx.message, words))
        fail_msg("%s", ctx.message);
    ts_ctx_close(&ctx);
}

static void a_rank_that_is_never_used(void **state)
{
    (void)state;
    const ts_des_operator op = {"odd", one, ts_des_linear_part, pass, among_few, NULL};
    refused(&op, false, "des.odd: rank 0 sent 24 bytes of messages, its formula says 32");
}

static void messages_sent_twice(void **state)
{
    (void)state;
    const ts_des_operator op = {"odd", one, ts_des_linear_part, pass, twice, NULL};
    refused(&op, false, "des.odd: rank 0 sent 64 bytes of messages, its formula says 32");
}

static void ranks_that_disagree(void **state)
{
    (void)state;
    const ts_des_operator op = {"odd", one, ts_des_linear_part, with_rank, NULL, NULL};
    refused(&op, false, "des.odd: rank 2 has another result than rank 0");
}

static void other_bytes_on_the_way_back(void **state)
{
    (void)state;
    const ts_des_operator op = {"odd", one, ts_des_linear_part, pass, NULL, too_much};
    refused(&op, true, "des.odd: 0 bytes were sent on the way back, the formula says 160");
}

/* Counted: 2 (N - 1) B m numbers of four bytes; every message is traced, and they add up. */
static void counts(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    ts_sharded s = with(&ts_des_linear);
    s.facts = json_object();
    ctx.trace = ts_trace_new();
    ts_want_grad(&ctx, &s.weight, "weight");
    const ts_tensor y = ts_sharded_apply(&ctx, &s);
    ts_seed_grad(&ctx, y, y);
    assert_int_equal(ts_tape_backward(&ctx), TS_OK);
    assert_int_equal(json_integer_value(json_object_get(s.facts, "bytes_forward")),
                     2 * 2 * DES_SAMPLES * 4);
    assert_int_equal(json_integer_value(json_object_get(s.facts, "bytes_backward")), 0);
    assert_int_equal(json_integer_value(json_object_get(s.facts, "message_numbers")), 1);
    assert_int_equal(json_array_size(json_object_get(s.facts, "bytes_of_ranks")), 3);
    assert_int_equal(ts_trace_count(ctx.trace), 3);
    for (int n = 0; n < DES_SAMPLES; n++) {
        float sum = 0;
        for (int r = 0; r < 3; r++) {
            assert_int_equal(ts_numel(ts_trace_value(ctx.trace, r)), DES_SAMPLES);
            sum += ((const float *)ts_trace_value(ctx.trace, r).data)[n];
        }
        assert_true(sum == ((const float *)y.data)[n]);
    }
    assert_string_equal(ts_trace_name(ctx.trace, 2), "message.2");
    ts_trace_free(ctx.trace);
    json_decref(s.facts);
    ts_ctx_close(&ctx);
}

/* Every allocation of a world of one rank fails once, forward and back. */
static void memory(void **state)
{
    (void)state;
    int failed = 0, fine = 0;
    for (long n = 1; fine < 3; n++) {
        ts_ctx ctx;
        ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
        ts_sharded s = with(&ts_des_linear);
        s.ranks = 1;
        ts_plant_fault(n);
        ts_want_grad(&ctx, &s.weight, "weight");
        const ts_tensor y = ts_sharded_apply(&ctx, &s);
        if (!ctx.status) {
            ts_seed_grad(&ctx, y, y);
            ts_tape_backward(&ctx);
        }
        ts_plant_fault(0);
        assert_true(!ctx.status || ctx.status == TS_ERROR_MEMORY);
        assert_int_equal(ctx.status != TS_OK, ctx.message[0] != '\0');
        failed += ctx.status != TS_OK;
        fine = ctx.status ? 0 : fine + 1;
        ts_ctx_close(&ctx);
    }
    assert_true(failed > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rank_that_is_never_used),
        cmocka_unit_test(messages_sent_twice),
        cmocka_unit_test(ranks_that_disagree),
        cmocka_unit_test(other_bytes_on_the_way_back),
        cmocka_unit_test(counts),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
