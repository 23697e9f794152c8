#include "tests/support/golden.h"

#include "ref/models/layers.h"

#include <math.h>
#include <string.h>

enum { MANY = 50000 };

static float single[MANY];
static double whole[MANY];

static void begin(ts_init init, double scale, uint64_t stream)
{
    const int64_t n = MANY;
    const ts_layer_tensor t = {.rank = 1, .size = {MANY}, .init = init, .scale = scale};
    ts_layer_begin(ts_tensor_of(single, TS_F32, 1, &n), &t, 5, stream);
    ts_layer_begin(ts_tensor_of(whole, TS_F64, 1, &n), &t, 5, stream);
    for (int i = 0; i < MANY; i++)
        assert_true((double)single[i] == whole[i]);
}

/* Mean and deviation within five of their own deviations. */
static void moments(double deviation)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < MANY; i++) {
        sum += whole[i];
        squares += whole[i] * whole[i];
    }
    assert_true(fabs(sum / MANY) < 5 * deviation / sqrt(MANY));
    assert_true(fabs(sqrt(squares / MANY) / deviation - 1) < 5 / sqrt(2.0 * MANY));
}

static void draws(void **state)
{
    (void)state;
    static double first[MANY];
    begin(TS_INIT_FAN_OUT, 0.3, 1);
    moments(0.3);
    memcpy(first, whole, sizeof first);
    begin(TS_INIT_NORMAL, 0.3, 1);
    assert_memory_equal(first, whole, sizeof first); /* the same stream, the same numbers */
    begin(TS_INIT_NORMAL, 0.3, 2);
    assert_true(memcmp(first, whole, sizeof first) != 0);
    begin(TS_INIT_UNIFORM, 0.5, 1);
    moments(0.5 / sqrt(3.0));
    for (int i = 0; i < MANY; i++)
        assert_true(whole[i] >= -0.5 && whole[i] <= 0.5);
}

static void constants(void **state)
{
    (void)state;
    begin(TS_INIT_ONE, 0, 1);
    assert_true(whole[0] == 1 && whole[MANY - 1] == 1);
    begin(TS_INIT_ZERO, 0, 1);
    assert_true(whole[0] == 0 && whole[MANY - 1] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws),
        cmocka_unit_test(constants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
